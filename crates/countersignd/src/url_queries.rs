//! URLs in texts of others, without what may be secret in them.

/// The text, and of its URLs no query, no fragment and no user: signatures and passwords stand there.
pub(crate) fn without_queries(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, url) = rest.split_at(at + 3);
        shown.push_str(before);
        let ends = |c: char| c.is_whitespace() || "\"'`<>(){}|\\".contains(c);
        let (url, behind) = url.split_at(url.find(ends).unwrap_or(url.len()));
        let (path, has_query) = match url.find(['?', '#']) {
            Some(at) => (&url[..at], true),
            None => (url, false),
        };
        let authority_end = path.find('/').unwrap_or(path.len());
        let from = path[..authority_end].rfind('@').map_or(0, |at| at + 1);
        shown.push_str(&path[from..]);
        shown.push_str(if has_query { "?…" } else { "" });
        rest = behind;
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_in_a_url_is_left_out() {
        for (text, shown) in [
            ("no URL?", "no URL?"),
            ("at https://a.example/b?sv=1&sig=S failed?", "at https://a.example/b?… failed?"),
            ("(https://a.example?sig=S)", "(https://a.example?…)"),
            ("\"https://u:p@a.example/b@c\" and http://x#S", "\"https://a.example/b@c\" and http://x?…"),
            ("https://u:p/q@a.example", "https://u:p/q@a.example"),
            ("https://", "https://"),
        ] {
            assert_eq!(without_queries(text), shown, "{text}");
        }
    }
}
