//! HubSpot, version 3: some escapes of the URL are undone before it is signed.
//!
//! HubSpot's page "Validating requests" lists them
//! (<https://developers.hubspot.com/docs/api/webhooks/validating-requests>). All other escapes stay unchanged.

use std::borrow::Cow;

/// Decodes the escapes of HubSpot's list in a URL, once.
pub(super) fn decode_listed(url: &str) -> Cow<'_, str> {
    let mut parts = url.split('%');
    let first = parts.next().unwrap_or_default();
    if first.len() == url.len() {
        return Cow::Borrowed(url);
    }
    let mut result = String::with_capacity(url.len());
    result.push_str(first);
    for part in parts {
        let escape = part.split_at_checked(2).and_then(|(digits, rest)| Some((character(digits)?, rest)));
        let (character, rest) = escape.unwrap_or(('%', part));
        result.push(character);
        result.push_str(rest);
    }
    Cow::Owned(result)
}

/// Returns the character that two hex digits encode, if it is on HubSpot's list.
fn character(digits: &str) -> Option<char> {
    Some(match digits {
        "21" => '!',
        "24" => '$',
        "27" => '\'',
        "28" => '(',
        "29" => ')',
        "2A" | "2a" => '*',
        "2C" | "2c" => ',',
        "2F" | "2f" => '/',
        "3A" | "3a" => ':',
        "3B" | "3b" => ';',
        "3F" | "3f" => '?',
        "40" => '@',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::oracle;

    /// The example of <https://developers.hubspot.com/docs/api/webhooks/validating-requests>, version 3.
    #[test]
    fn the_published_example() {
        let body = concat!(
            r#"[{"eventId":531833541,"subscriptionId":3923621,"portalId":48807704,"appId":16111050,"#,
            r#""occurredAt":1752613920733,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":138017612137,"#,
            r#""changeFlag":"CREATED","changeSource":"CRM_UI","sourceId":"userId:76023669"}]"#,
        );
        let url = decode_listed("https://webhook.site/335453f5-94b3-49d9-b684-a55354d4b8df");
        let signed = [b"POST", url.as_bytes(), body.as_bytes(), b"1752613922216"].concat();
        let signature = oracle::sha256_base64(b"cfc68c0b-4b4e-4ef8-b764-95350e4ea479", &signed);
        assert_eq!(signature, "gbj1XPRvUt0noT7i7fXfTzOD4sLzQmf0VT28ZYq0EYg=");
    }

    #[test]
    fn only_the_listed_escapes_are_decoded() {
        for byte in 0..=255_u8 {
            let url = format!("%{byte:02X}.%{byte:02x}");
            let expected = match char::from(byte) {
                c @ ('!' | '$' | '\'' | '(' | ')' | '*' | ',' | '/' | ':' | ';' | '?' | '@') => format!("{c}.{c}"),
                _ => url.clone(),
            };
            assert_eq!(decode_listed(&url), expected);
        }
    }

    #[test]
    fn escapes_are_decoded_once() {
        for (url, expected) in [
            ("https://example.com/a?b=c", "https://example.com/a?b=c"),
            ("https://example.com/%3a%20%2f?b=%26%3B", "https://example.com/:%20/?b=%26;"),
            ("%253A%", "%253A%"),
            ("%%3A%3", "%:%3"),
            ("%2%2F", "%2/"),
            ("%é3A%3é", "%é3A%3é"),
            ("", ""),
        ] {
            assert_eq!(decode_listed(url), expected, "{url}");
        }
        assert!(matches!(decode_listed("https://example.com/"), Cow::Borrowed(_)));
    }
}
