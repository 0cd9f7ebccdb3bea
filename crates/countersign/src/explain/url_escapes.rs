//! Percent escapes in a URL, undone or written in other ways.

use percent_encoding::percent_decode;

/// The URL with its escapes undone, or written in another way, each with the difference in words.
pub(super) fn escapes(url: &str) -> Vec<(String, &'static str)> {
    let undone = |keep: fn(u8) -> bool| {
        let mut text = Vec::with_capacity(url.len());
        let mut rest = url.as_bytes();
        while let Some((first, more)) = rest.split_first() {
            let escaped = rest.get(..3).filter(|_| *first == b'%').and_then(|escape| percent_decode(escape).next());
            let escaped = escaped.filter(|byte| *byte != b'%' && !keep(*byte));
            text.push(escaped.unwrap_or(*first));
            rest = if escaped.is_some() { rest.get(3..).unwrap_or_default() } else { more };
        }
        String::from_utf8(text).ok()
    };
    let in_case = |change: fn(&str) -> String| {
        let mut text = String::with_capacity(url.len());
        let mut pieces = url.split('%');
        text.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let (digits, rest) = piece.split_at_checked(2).unwrap_or((piece, ""));
            text.extend(["%", &change(digits), rest]);
        }
        text
    };
    let (front, query) = url.split_at(url.find('?').unwrap_or(url.len()));
    let in_query = |from: &str, to: &str| format!("{front}{}", query.replace(from, to));
    // Written by libraries that escape more than is needed.
    let escaped = |set: &str| {
        let query = query.chars().flat_map(|c| match c {
            c if set.contains(c) => format!("%{:02X}", u32::from(c)).chars().collect::<Vec<_>>(),
            c => vec![c],
        });
        format!("{front}{}", query.collect::<String>())
    };
    let unescaped = "with escapes such as %3A undone";
    let all = [
        // What may stand in a query as it is, then what is not a separator there, then all that is printable.
        undone(|byte| !(byte.is_ascii_alphanumeric() || b"-._~:@!'()*,;$/?".contains(&byte)))
            .map(|text| (text, unescaped)),
        undone(|byte| !byte.is_ascii_graphic() || b"&=+#".contains(&byte)).map(|text| (text, unescaped)),
        undone(|byte| byte.is_ascii_control()).map(|text| (text, unescaped)),
        Some((in_case(str::to_ascii_uppercase), "with escapes in capital letters, such as %3A")),
        Some((in_case(str::to_ascii_lowercase), "with escapes in small letters, such as %3a")),
        Some((in_query("%20", "+"), "with + for a blank in the query")),
        Some((in_query("+", "%20"), "with %20 for a blank in the query")),
        Some((in_query("+", "%2B"), "with %2B for + in the query")),
        Some((escaped("@"), "with %40 for @ in the query")),
        Some((escaped(":@"), "with %3A for : and %40 for @ in the query")),
        Some((escaped(":@/,;$!'()*[]"), "with more escapes in the query")),
        Some((escaped("!'()*"), "with escapes for ! ' ( ) * in the query")),
    ];
    all.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_and_written_in_other_ways() {
        let texts = |url| escapes(url).into_iter().map(|(text, _)| text).collect::<Vec<_>>();
        let found = texts("https://h.example/?a=sip%3a1%40x&b=%26%25%0a");
        for expected in ["https://h.example/?a=sip:1@x&b=%26%25%0a", "https://h.example/?a=sip%3A1%40x&b=%26%25%0A"] {
            assert!(found.iter().any(|text| text == expected), "{found:?}");
        }
        assert!(texts("https://h.example/?a=1@b").contains(&"https://h.example/?a=1%40b".to_owned()));
        for url in ["%", "%4", "é%é%%", "?%f"] {
            assert!(!escapes(url).is_empty(), "{url}");
        }
    }
}
