//! Twilio: the URL as configured at the sender, then the parameters of a form. For any other body the URL contains its
//! digest.
//!
//! The rules are those of Twilio's libraries, `RequestValidator` in twilio-python
//! (<https://github.com/twilio/twilio-python/blob/main/twilio/request_validator.py>) and `validateRequest` in
//! twilio-node (<https://github.com/twilio/twilio-node/blob/main/src/webhooks/webhooks.ts>): parameters are sorted by
//! name and then by value, and a repeated pair counts once. Twilio signs the URL sometimes with and sometimes without its
//! port, and some characters of the query sometimes with and sometimes without their escapes, so all of these are tried: at most
//! eight URLs.

use std::borrow::Cow;

use countersign_core::{Delivery, Headers, Rejection};
use sha2::{Digest as _, Sha256};

use super::Rewritten;
use super::form::Form;
use crate::form::{is_form, values_of};

/// The parameter of the URL with the SHA-256 of a body that is not a form, in hex.
const DIGEST: &str = "bodySHA256";

pub(super) fn rewrite<'a, H: Headers + ?Sized>(delivery: &Delivery<'a, H>) -> Result<Rewritten<'a>, Rejection> {
    let mut form = Form::parse(if is_form(delivery.headers)? { delivery.body } else { b"" })?;
    form.sort_and_dedup();
    let body = form.join();
    // An empty form adds nothing to the signed text, so it needs a digest like any other body.
    if body.is_empty() {
        check_digest(delivery.url, delivery.body)?;
    }

    let mut urls = vec![Cow::Borrowed(delivery.url)];
    urls.extend(with_other_port(delivery.url).map(Cow::Owned));
    for url in spellings(delivery.url) {
        urls.extend(with_other_port(&url).map(Cow::Owned));
        urls.push(Cow::Owned(url));
    }
    Ok(Rewritten::new(urls, Cow::Owned(body)))
}

/// Compares the digest in the URL with that of the body. Without a digest the body must be empty, as in a GET request.
fn check_digest(url: &str, body: &[u8]) -> Result<(), Rejection> {
    let url = url.split('#').next().unwrap_or_default();
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let Some(expected) = values_of(query.as_bytes(), DIGEST.as_bytes()).next() else {
        return if body.is_empty() { Ok(()) } else { Err(Rejection::MissingPart) };
    };
    // Neither digest is secret, so the comparison need not be constant-time.
    let digest = const_hex::encode(Sha256::digest(body));
    if digest.as_bytes().eq_ignore_ascii_case(&expected) { Ok(()) } else { Err(Rejection::Mismatch) }
}

/// The characters of a query that Twilio signs with or without their escapes. They have no meaning in a query.
const ESCAPES: [(char, &str); 3] = [('\'', "%27"), (':', "%3A"), ('@', "%40")];

/// Returns the other spellings of a URL: with only the apostrophes of its query escaped, as by `new URL` of JavaScript; with
/// all three characters escaped, as by `querystring.stringify` and others; and with none of them escaped.
fn spellings(url: &str) -> Vec<String> {
    let (rest, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let Some((path, query)) = rest.split_once('?') else { return Vec::new() };
    let escaped = |escapes: &[(char, &str)]| {
        escapes.iter().fold(query.to_owned(), |query, (character, escape)| query.replace(*character, escape))
    };
    let plain = ESCAPES.iter().fold(query.to_owned(), |query, (character, escape)| {
        let character = character.to_string();
        query.replace(escape, &character).replace(&escape.to_ascii_lowercase(), &character)
    });
    let mut queries = Vec::new();
    for other in [escaped(&ESCAPES[..1]), escaped(&ESCAPES), plain] {
        if other != query && !queries.contains(&other) {
            queries.push(other);
        }
    }
    queries.into_iter().map(|query| format!("{path}?{query}{fragment}")).collect()
}

/// Returns the URL without its port, or with the default port of its scheme if it has none.
fn with_other_port(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let default_port = match scheme {
        _ if scheme.eq_ignore_ascii_case("https") => 443,
        _ if scheme.eq_ignore_ascii_case("http") => 80,
        _ => return None,
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    // A colon can also be a part of a password or an IPv6 address.
    Some(match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(['@', ']']) => format!("{scheme}://{host}{path}"),
        _ => format!("{scheme}://{authority}:{default_port}{path}"),
    })
}

#[cfg(test)]
mod tests {
    use super::super::oracle;
    use super::*;

    const FORM: &[(&str, &str)] = &[("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")];
    const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];

    /// The signature of each text that the sender may have signed.
    fn signatures(url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Vec<String>, Rejection> {
        let rewritten = rewrite(&Delivery { method: "POST", url, headers, body })?;
        let signed = |url: &Cow<'_, str>| [url.as_bytes(), &rewritten.body].concat();
        Ok(rewritten.urls.iter().map(|url| oracle::sha1(b"12345", &signed(url))).collect())
    }

    fn accepts(url: &str, headers: &[(&str, &str)], body: &[u8], signature: &str) -> bool {
        signatures(url, headers, body).is_ok_and(|valid| valid.iter().any(|text| text == signature))
    }

    /// Test values of twilio-python and twilio-node:
    /// <https://github.com/twilio/twilio-python/blob/306691e79/tests/unit/test_request_validator.py>,
    /// <https://github.com/twilio/twilio-node/blob/45d3d65a4/spec/validation.spec.js>.
    mod published {
        use super::*;

        const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
        const BODY: &[u8] =
            b"To=%2B18005551212&CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309";

        #[test]
        fn forms() {
            assert!(accepts(URL, FORM, BODY, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
            let twice = b"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234";
            assert!(accepts(URL, FORM, twice, "IK+Dwps556ElfBT0I3Rgjkr1wJU="));
            for list in [
                &b"MessagingBinding.Address=%2B1325xxxxxxx&MessagingBinding.Address=%2B1415xxxxxxx"[..],
                b"MessagingBinding.Address=%2B1415xxxxxxx&MessagingBinding.Address=%2B1325xxxxxxx",
            ] {
                assert!(accepts(URL, FORM, list, "83O6e2vORAoJHUNzJjDWN1jz+BA="));
            }
        }

        #[test]
        fn ports() {
            for (url, signature) in [
                ("https://mycompany.com:1234/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
                ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
                (URL, "kvajT1Ptam85bY51eRf/AJRuM3w="),
                ("http://mycompany.com/myapp.php?foo=1&bar=2", "0ZXoZLH/DfblKGATFgpif+LLRf4="),
                ("https://user:pass@mycompany.com/myapp.php?foo=1&bar=2", "CukzLTc1tT5dXEDIHm/tKBanW10="),
                ("https://user:pass@mycompany.com/myapp.php?foo=1&bar=2", "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="),
                ("https://user@mycompany.com/myapp.php?foo=1&bar=2", "2YRLlVAflCqxaNicjMpJcSTgzSs="),
            ] {
                assert!(accepts(url, FORM, BODY, signature), "{url} {signature}");
            }
        }

        #[test]
        fn digests() {
            let body = br#"{"property": "value", "boolean": true}"#;
            let digest = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
            let url = format!("{URL}&bodySHA256={digest}");
            assert!(accepts(&url, JSON, body, "a9nBmqA0ju/hNViExpshrM61xv4="));
            let url = format!("https://mycompany.com/myapp.php?bodySHA256={digest}");
            assert!(accepts(&url, JSON, body, "y77kIzt2vzLz71DgmJGsen2scGs="));
            let digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
            assert!(accepts(&format!("{URL}&bodySHA256={digest}"), JSON, b"{}", "Ldidvp12m26NI7eqEvxnEpkd9Hc="));
        }
    }

    #[test]
    fn the_digest_in_the_url_must_be_that_of_the_body() {
        let digest = const_hex::encode(Sha256::digest(b"{}"));
        let url = format!("https://example.com/?a=b&body%53HA256={}&bodySHA256=0#x", digest.to_uppercase());
        assert!(signatures(&url, JSON, b"{}").is_ok());
        assert!(signatures(&url, &[], b"{}").is_ok());
        for (url, headers, body, expected) in [
            (url.as_str(), JSON, &b"{ }"[..], Rejection::Mismatch),
            (&url, JSON, b"", Rejection::Mismatch),
            // Neither an empty form nor an empty body may replace the signed body.
            (&url, FORM, b"&&", Rejection::Mismatch),
            (&url, FORM, b"=&=", Rejection::Mismatch),
            ("https://example.com/?bodySHA256", JSON, b"{}", Rejection::Mismatch),
            ("https://example.com/?a=b", JSON, b"{}", Rejection::MissingPart),
            ("https://example.com/?a=b", FORM, b"&", Rejection::MissingPart),
            ("https://example.com/?a=b", FORM, b"=", Rejection::MissingPart),
            ("https://example.com/#?bodySHA256=0", JSON, b"{}", Rejection::MissingPart),
            ("", &[], b"{}", Rejection::MissingPart),
        ] {
            assert_eq!(signatures(url, headers, body), Err(expected), "{url}");
        }
    }

    #[test]
    fn an_empty_body_needs_no_digest() {
        assert!(signatures("https://example.com/?a=b", &[], b"").is_ok());
        assert!(signatures("https://example.com/?a=b", FORM, b"").is_ok());
    }

    #[test]
    fn the_port_is_removed_or_added() {
        for (url, expected) in [
            ("https://example.com", Some("https://example.com:443")),
            ("HTTP://example.com:80?a", Some("HTTP://example.com?a")),
            ("http://[::1]/a:b", Some("http://[::1]:80/a:b")),
            ("http://u:p@[::1]:8080/@:", Some("http://u:p@[::1]/@:")),
            ("https://u:p@example.com#:1", Some("https://u:p@example.com:443#:1")),
            ("ftp://example.com", None),
            ("/path", None),
            ("", None),
        ] {
            assert_eq!(with_other_port(url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn the_query_is_also_tried_in_other_spellings() {
        for (url, expected) in [
            ("https://example.com/:'@", vec![]),
            ("https://example.com/'?a=b#'", vec![]),
            ("https://example.com/'?a=b'#'", vec!["https://example.com/'?a=b%27#'"]),
            ("https://e.com/?a=x:y@z", vec!["https://e.com/?a=x%3Ay%40z"]),
            ("https://e.com/?a=x%3ay%40z", vec!["https://e.com/?a=x:y@z"]),
            ("https://e.com/?a=':", vec!["https://e.com/?a=%27:", "https://e.com/?a=%27%3A"]),
            (
                "https://e.com/?a='&b=%3A&c=@",
                vec![
                    "https://e.com/?a=%27&b=%3A&c=@",
                    "https://e.com/?a=%27&b=%3A&c=%40",
                    "https://e.com/?a='&b=:&c=@",
                ],
            ),
            ("https://e.com/?a=%253A%26%3D", vec![]),
        ] {
            let found = spellings(url);
            assert_eq!(found, expected, "{url}");
        }
        let url = "https://example.com/?a='&b=%3A&c=@";
        assert_eq!(signatures(url, FORM, b"a=b").map(|found| found.len()), Ok(8));
    }

    #[test]
    fn a_repeated_content_type_is_rejected() {
        let twice = [FORM, JSON].concat();
        assert_eq!(signatures("https://example.com/", &twice, b"a=b"), Err(Rejection::RepeatedSignature));
    }
}
