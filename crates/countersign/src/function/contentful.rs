//! Contentful: a canonical request of method, path, some headers and body.
//!
//! The rules are those of Contentful's node-apps-toolkit
//! (<https://github.com/contentful/node-apps-toolkit/tree/42bf35e/src/requests>) and its page "Request verification"
//! (<https://www.contentful.com/developers/docs/webhooks/request-verification/>). The canonical request is
//!
//! ```text
//! POST
//! /path
//! x-contentful-signed-headers:…;x-contentful-timestamp:…;x-other:…
//! body
//! ```
//!
//! `x-contentful-signed-headers` lists the signed headers, including itself and the timestamp. The function splits the
//! request at the value of the timestamp, so that the template can contain `{timestamp}`: the text before it becomes the
//! URL, the text after it the body.
//!
//! A request is rejected if it can be split in several ways: no value may contain `;`, the name of the next header and `:`,
//! nor `;x-contentful-signed-headers:`.

use std::borrow::Cow;

use countersign_core::http_header::{is_name, trim};
use countersign_core::{Delivery, Headers, Rejection};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Rewritten;
use crate::header_line::single_line;

const SIGNED_HEADERS: &str = "x-contentful-signed-headers";
const TIMESTAMP: &str = "x-contentful-timestamp";

/// The most headers that may be signed. Each of them is searched among all headers of the delivery.
const MAX_HEADERS: usize = 64;

/// The characters that JavaScript's `encodeURIComponent` escapes.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');
/// The characters that JavaScript's `encodeURI` escapes.
const URI: &AsciiSet = &COMPONENT
    .remove(b';')
    .remove(b',')
    .remove(b'/')
    .remove(b'?')
    .remove(b':')
    .remove(b'@')
    .remove(b'&')
    .remove(b'=')
    .remove(b'+')
    .remove(b'$')
    .remove(b'#');

pub(super) fn rewrite<'a, H: Headers + ?Sized>(delivery: &Delivery<'a, H>) -> Result<Rewritten<'a>, Rejection> {
    let list = single_line(delivery.headers, SIGNED_HEADERS)?.ok_or(Rejection::MissingPart)?.to_ascii_lowercase();
    let names = names(&list)?;
    let mut parts = names.split(|name| *name == TIMESTAMP);
    let (Some(before), Some(after)) = (parts.next(), parts.next()) else { return Err(Rejection::MissingPart) };
    if delivery.url.is_empty() || !names.contains(&SIGNED_HEADERS) {
        return Err(Rejection::MissingPart);
    }

    let mut headers_before = String::from("\n");
    for (i, name) in before.iter().enumerate() {
        push_header(&mut headers_before, delivery.headers, name, before.get(i + 1).unwrap_or(&TIMESTAMP))?;
        headers_before.push(';');
    }
    headers_before.push_str(TIMESTAMP);
    headers_before.push(':');

    let mut headers_after = String::new();
    for (i, name) in after.iter().enumerate() {
        headers_after.push(';');
        push_header(&mut headers_after, delivery.headers, name, after.get(i + 1).unwrap_or(&SIGNED_HEADERS))?;
    }
    headers_after.push('\n');

    let path = path(delivery.url);
    // The toolkit drops everything after a second `?`, so that text would not be signed.
    if path.matches('?').count() > 1 || path.ends_with('?') {
        return Err(Rejection::MissingPart);
    }
    let encoded = encode_path(&path);
    let mut urls = vec![Cow::Owned(format!("{encoded}{headers_before}"))];
    // The toolkit escapes the path before it signs it; the vendor's other examples sign it unchanged. A path with `%25`
    // could be one that the toolkit has escaped, so it is not tried unchanged.
    if encoded != path && !path.contains("%25") {
        urls.push(Cow::Owned(format!("{path}{headers_before}")));
    }
    Ok(Rewritten::new(urls, Cow::Owned([headers_after.as_bytes(), delivery.body].concat())))
}

/// The headers that a delivery lacks: the list, or those in it.
pub(crate) fn missing_headers<H: Headers + ?Sized>(headers: &H) -> Vec<String> {
    let is_absent = |name: &str| single_line(headers, name) == Ok(None);
    if is_absent(SIGNED_HEADERS) {
        return vec![SIGNED_HEADERS.to_owned()];
    }
    let list = single_line(headers, SIGNED_HEADERS).ok().flatten().unwrap_or_default().to_ascii_lowercase();
    let names = names(&list).unwrap_or_default();
    names.into_iter().filter(|name| is_absent(name)).map(str::to_owned).collect()
}

/// Splits the list of signed headers into names, in their order.
fn names(list: &[u8]) -> Result<Vec<&str>, Rejection> {
    // A name that contains `;` or `:` could be the end of a value.
    let name = |name| str::from_utf8(trim(name)).ok().filter(|name| is_name(name));
    let names = list.split(|&byte| byte == b',').take(MAX_HEADERS + 1);
    let names = names.map(|text| name(text).ok_or(Rejection::MalformedSignature));
    let names = names.collect::<Result<Vec<_>, _>>()?;
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if names.len() > MAX_HEADERS || sorted.len() < names.len() {
        return Err(Rejection::MalformedSignature);
    }
    Ok(names)
}

/// Appends `name:value`. The bytes of the value become the characters U+0000 to U+00FF, as in the vendor's library.
///
/// # Errors
/// `malformed_signature` if the end of the value is ambiguous: it contains `;`, the name of the next header or of the list,
/// and `:`.
fn push_header<H: Headers + ?Sized>(text: &mut String, headers: &H, name: &str, next: &str) -> Result<(), Rejection> {
    let value = single_line(headers, name)?.ok_or(Rejection::MissingPart)?;
    let contains_header = |name: &str| {
        let is_header = |text: &[u8]| text.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b":"));
        value.split(|&byte| byte == b';').skip(1).any(is_header)
    };
    // A line break would end the headers. No value that arrived over HTTP contains one.
    if value.contains(&b'\n') || contains_header(next) || contains_header(SIGNED_HEADERS) {
        return Err(Rejection::MalformedSignature);
    }
    text.push_str(name);
    text.push(':');
    text.extend(value.iter().map(|&byte| char::from(byte)));
    Ok(())
}

/// Returns the path and the query of a URL.
fn path(url: &str) -> Cow<'_, str> {
    let url = url.split('#').next().unwrap_or_default();
    if url.starts_with('/') {
        return Cow::Borrowed(url);
    }
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (_, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    if path.starts_with('/') { Cow::Borrowed(path) } else { Cow::Owned(format!("/{path}")) }
}

/// Escapes path and query as the toolkit does: the path with `encodeURI`, the query with `encodeURIComponent` and then
/// with `encodeURI`. Like the toolkit, it drops everything after a second `?`.
fn encode_path(path: &str) -> String {
    let mut parts = path.split('?');
    let mut encoded = utf8_percent_encode(parts.next().unwrap_or_default(), URI).to_string();
    let query = parts.next().unwrap_or_default();
    if !query.is_empty() {
        encoded.push('?');
        encoded.push_str(&utf8_percent_encode(query, COMPONENT).to_string().replace('%', "%25"));
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::super::oracle;
    use super::*;

    type Lines<'a> = &'a [(&'a str, &'a [u8])];

    /// The texts that the sender may have signed.
    fn signed(method: &str, url: &str, headers: Lines<'_>, body: &[u8]) -> Result<Vec<Vec<u8>>, Rejection> {
        let rewritten = rewrite(&Delivery { method, url, headers, body })?;
        let time = single_line(headers, TIMESTAMP)?.unwrap_or_default();
        let text = |url: &Cow<'_, str>| [method.as_bytes(), b"\n", url.as_bytes(), time, &rewritten.body].concat();
        Ok(rewritten.urls.iter().map(text).collect())
    }

    /// The toolkit publishes no MACs. A JavaScript program computed these by the vendor's rules, for the request of the
    /// toolkit's tests (<https://github.com/contentful/node-apps-toolkit/blob/42bf35e/src/requests/sign-request.spec.ts>).
    #[test]
    fn requests_of_the_toolkit() {
        let time = (TIMESTAMP, &b"1603379941037"[..]);
        let plain: Lines<'_> =
            &[(SIGNED_HEADERS, b"x-contentful-signed-headers,x-contentful-timestamp"), time, ("Other", b"1")];
        let more: Lines<'_> = &[
            ("X-Contentful-Webhook-Name", b" \xdcber "),
            ("X-CONTENTFUL-TOPIC", b"ContentManagement.Entry.publish"),
            time,
            (
                SIGNED_HEADERS,
                b"authorization,x-contentful-signed-headers,x-contentful-timestamp,x-contentful-topic,x-contentful-webhook-name",
            ),
            ("Authorization", b"Bearer TOKEN"),
        ];
        for (method, url, headers, body, expected) in [
            (
                "GET",
                "https://example.com/api/resources/1",
                plain,
                &b""[..],
                "3b21d63c31a2a92d38945394da0b1a2a0dc2d9bf13ef4dfd91b9f3fa1440b404",
            ),
            (
                "POST",
                "/api/resources?q=1&w=2",
                more,
                br#"{"a":1}"#,
                "ac8d7cfc637c7cfe7186bf8b5fe13e264821e67c3bc8ee37b741ce19d1f0287c",
            ),
        ] {
            let signed = signed(method, url, headers, body).expect(url);
            assert_eq!(const_hex::encode(oracle::sha256(&[b'a'; 64], &signed[0])), expected, "{url}");
        }
    }

    #[test]
    fn the_path_is_tried_escaped_and_unchanged() {
        let headers: Lines<'_> =
            &[(SIGNED_HEADERS, b" X-Contentful-Timestamp , x-contentful-signed-headers"), (TIMESTAMP, b"7")];
        let list = " X-Contentful-Timestamp , x-contentful-signed-headers".trim();
        let rest = format!("x-contentful-timestamp:7;x-contentful-signed-headers:{list}\nbody");
        let expected = [format!("PUT\n/a?b%253D1\n{rest}"), format!("PUT\n/a?b=1\n{rest}")];
        let found = signed("PUT", "http://u@example.com/a?b=1#c", headers, b"body").expect("well-formed");
        assert_eq!(found, expected.map(String::into_bytes));
    }

    #[test]
    fn signed_headers_must_be_present_once_and_unambiguous() {
        let list =
            |list: &'static [u8]| [(SIGNED_HEADERS, list), (TIMESTAMP, b"7"), ("a", b"1"), ("b", b"1"), ("B", b"2")];
        let good = b"a,x-contentful-signed-headers,x-contentful-timestamp";
        assert!(signed("GET", "/", &list(good), b"").is_ok());
        for (names, expected) in [
            (&b"x-contentful-timestamp"[..], Rejection::MissingPart),
            (b"x-contentful-signed-headers,a", Rejection::MissingPart),
            (b"c,x-contentful-signed-headers,x-contentful-timestamp", Rejection::MissingPart),
            (b"b,x-contentful-signed-headers,x-contentful-timestamp", Rejection::RepeatedSignature),
            (b"a,a,x-contentful-signed-headers,x-contentful-timestamp", Rejection::MalformedSignature),
            (b"x-contentful-signed-headers,,x-contentful-timestamp", Rejection::MalformedSignature),
            (b"\xff,x-contentful-signed-headers,x-contentful-timestamp", Rejection::MalformedSignature),
            (b"", Rejection::MalformedSignature),
        ] {
            assert_eq!(signed("GET", "/", &list(names), b""), Err(expected), "{}", names.escape_ascii());
        }
        assert_eq!(signed("GET", "/", &[], b""), Err(Rejection::MissingPart));
        assert_eq!(signed("GET", "", &list(good), b""), Err(Rejection::MissingPart));
        // The value of a header contains the beginning of the next one, or another list of names.
        for (names, value, expected) in [
            (
                &b"a,b,x-contentful-signed-headers,x-contentful-timestamp"[..],
                &b"1;b:2"[..],
                Err(Rejection::MalformedSignature),
            ),
            (
                b"a,b,x-contentful-signed-headers,x-contentful-timestamp",
                b"1;x-contentful-signed-headers:",
                Err(Rejection::MalformedSignature),
            ),
            (
                b"x-contentful-timestamp,b,x-contentful-signed-headers,a",
                b"1;x-contentful-signed-headers:",
                Err(Rejection::MalformedSignature),
            ),
            (
                b"a,x-contentful-timestamp,b,x-contentful-signed-headers",
                b"1;x-contentful-timestamp:",
                Err(Rejection::MalformedSignature),
            ),
            (b"a,b,x-contentful-signed-headers,x-contentful-timestamp", b"1;c:2;b=;B:", Ok(())),
            (b"b;,x-contentful-signed-headers,x-contentful-timestamp", b"1", Err(Rejection::MalformedSignature)),
            (b"b:,x-contentful-signed-headers,x-contentful-timestamp", b"1", Err(Rejection::MalformedSignature)),
        ] {
            let lines: Lines<'_> = &[(SIGNED_HEADERS, names), (TIMESTAMP, b"7"), ("a", value), ("b", b"2")];
            assert_eq!(signed("GET", "/", lines, b"").map(|_| ()), expected, "{}", value.escape_ascii());
        }
        let broken: Lines<'_> = &[(SIGNED_HEADERS, good), (TIMESTAMP, b"7"), ("a", b"1\n2")];
        assert_eq!(signed("GET", "/", broken, b""), Err(Rejection::MalformedSignature));
    }

    #[test]
    fn the_list_of_names_is_bounded() {
        let list = |count: usize| (0..count).map(|i| format!("n{i}")).collect::<Vec<_>>().join(",");
        assert!(names(list(MAX_HEADERS).as_bytes()).is_ok());
        assert_eq!(names(list(MAX_HEADERS + 1).as_bytes()), Err(Rejection::MalformedSignature));
    }

    /// The expected texts are those of JavaScript by the toolkit's rule.
    #[test]
    fn paths_are_escaped_as_in_javascript() {
        for (path, expected) in [
            ("/a b/é%20?x=é'(&y=%2F?z", "/a%20b/%C3%A9%2520?x%253D%25C3%25A9'(%2526y%253D%25252F"),
            ("/~!*'();,:@&=+$-_.", "/~!*'();,:@&=+$-_."),
            ("/a?", "/a"),
        ] {
            assert_eq!(encode_path(path), expected, "{path}");
        }
    }

    #[test]
    fn the_path_begins_after_the_host() {
        for (url, expected) in [
            ("https://example.com/a/b?c=/d#e", "/a/b?c=/d"),
            ("https://example.com", "/"),
            ("https://example.com?a", "/?a"),
            ("https://example.com#/a", "/"),
            ("/a?b=http://c/d", "/a?b=http://c/d"),
            ("example.com/a", "/a"),
        ] {
            assert_eq!(path(url), expected, "{url}");
        }
    }

    /// The toolkit does not sign text after a second `?`, and an escaped path must not match an unescaped one.
    #[test]
    fn no_two_paths_have_the_same_signed_text() {
        let headers: Lines<'_> =
            &[(SIGNED_HEADERS, b"x-contentful-signed-headers,x-contentful-timestamp"), (TIMESTAMP, b"1")];
        for url in ["/hook?a=1?admin=1", "/hook??a=1", "/hook?a=1?", "/hook?"] {
            assert_eq!(signed("POST", url, headers, b""), Err(Rejection::MissingPart), "{url}");
        }
        let unescaped = signed("POST", "/hook?a=1", headers, b"").unwrap();
        let escaped = signed("POST", "/hook?a%253D1", headers, b"").unwrap();
        assert!(unescaped.iter().all(|text| !escaped.contains(text)));
    }
}
