//! Flat XML: one root whose elements hold text and nothing else, as some payment services send it.
//!
//! Whatever else XML has (attributes, comments, nested elements, a document type) is refused, so that no two readers see
//! different fields.

/// The elements below the root, in order, with their text; `None` for every other body.
pub(super) fn elements(body: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let text = str::from_utf8(body).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
    let text = match text.strip_prefix("<?xml ") {
        Some(rest) => rest.split_once("?>")?.1.trim_start(),
        None => text,
    };
    let (root, mut rest) = open_tag(text)?;
    let mut elements = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(end) = close_tag(rest, root) {
            return end.trim().is_empty().then_some(elements);
        }
        if elements.len() >= super::limit::MAX_FIELDS {
            return None;
        }
        let (name, after) = open_tag(rest)?;
        let (value, after) = content(after)?;
        rest = close_tag(after, name)?;
        elements.push((name.to_owned(), value.into_bytes()));
    }
}

/// The name in an opening tag without attributes, and the text behind the tag.
fn open_tag(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.strip_prefix('<')?.split_once('>')?;
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    (!name.is_empty() && name.chars().all(is_name)).then_some((name, rest))
}

/// The text behind the closing tag of `name`.
fn close_tag<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.strip_prefix("</")?.strip_prefix(name)?.strip_prefix('>')
}

/// The text of an element up to its closing tag, and what follows: characters, entities and CDATA sections.
fn content(mut text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    loop {
        if let Some(section) = text.strip_prefix("<![CDATA[") {
            let (inside, rest) = section.split_once("]]>")?;
            value.push_str(inside);
            text = rest;
        } else if text.starts_with('<') {
            return Some((value, text));
        } else if let Some(entity) = text.strip_prefix('&') {
            let (name, rest) = entity.split_at_checked(entity.find(';')?)?;
            value.push(character(name)?);
            text = rest.get(1..)?;
        } else {
            let (characters, rest) = text.split_at_checked(text.find(['<', '&'])?)?;
            value.push_str(characters);
            text = rest;
        }
    }
}

/// The character of an entity, which every reader knows.
fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let number = match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(number.ok()?)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_in_order() {
        let read = |text: &str| {
            let found = elements(text.as_bytes()).unwrap();
            found.iter().map(|(name, value)| format!("{name}={}", str::from_utf8(value).unwrap())).collect::<Vec<_>>()
        };
        assert_eq!(read("<xml><b>1</b><a><![CDATA[x & <y>]]></a></xml>"), ["b=1", "a=x & <y>"]);
        assert_eq!(
            read("<?xml version=\"1.0\"?>\n<xml>\n  <a>1 &amp; &#x41;&#66;</a>\n <b></b>\n</xml>\n"),
            ["a=1 & AB", "b="]
        );
        assert_eq!(read("<xml></xml>"), [""; 0]);
    }

    #[test]
    fn whatever_two_readers_could_see_differently_is_refused() {
        for text in [
            "",
            "x",
            "<xml>",
            "<xml><a>1</a>",
            "<xml><a>1</a></xml><xml></xml>",
            "<xml><a>1</b></xml>",
            "<xml><a b=\"c\">1</a></xml>",
            "<xml><!-- x --><a>1</a></xml>",
            "<xml><a><b>1</b></a></xml>",
            "<xml><a>1<!-- x --></a></xml>",
            "<xml>text<a>1</a></xml>",
            "<xml><a/></xml>",
            "<!DOCTYPE x [<!ENTITY y \"z\">]><xml><a>&y;</a></xml>",
            "<xml><a>&y;</a></xml>",
            "<xml><a>&amp</a></xml>",
            "<xml><a>&#xD800;</a></xml>",
            "<xml><a><![CDATA[x</a></xml>",
        ] {
            assert_eq!(elements(text.as_bytes()), None, "{text}");
        }
        assert_eq!(elements(b"<xml><a>\xff</a></xml>"), None);
    }
}
