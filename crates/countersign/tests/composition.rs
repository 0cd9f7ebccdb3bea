//! Schemes that sign values of the URL or of the body: no delivery makes them panic, and no other delivery has the same
//! signed text.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign::{Delivery, Message, Rejection, Scheme, Secret, Verifier, presets};
use proptest::collection::vec;
use proptest::prelude::*;

const SECRET: &str = "a secret of usual length";

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_760_000_000)
}

fn scheme(fields: &str) -> Scheme {
    let json = format!(
        r#"{{"signature": {{"header": "X-Sign"}}, "algorithm": "SHA_256", "encoding": "HEXA_DECIMAL", {fields}}}"#
    );
    Scheme::from_json(&json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// A scheme that is refused has an error which says what its author may write. A placeholder of the composition that is
/// right is never called unknown, whatever else is wrong.
#[test]
fn an_error_names_the_wrong_placeholder_and_what_is_allowed() {
    let error = |fields: &str| {
        let json = format!(
            r#"{{"signature": {{"header": "X-Sign"}}, "algorithm": "SHA_256", "encoding": "HEXA_DECIMAL", {fields}}}"#
        );
        Scheme::from_json(&json).unwrap_err().to_string()
    };
    for (signed, start) in [
        (
            "{qurey:id}.{body}",
            "\"{qurey:id}\" at character 1: unknown placeholder; did you mean \"{query:id}\"? If not, ",
        ),
        ("é{nope}{body}", "\"{nope}\" at character 2: unknown placeholder; allowed are {body}, "),
        (
            "{sha256:body}.{json:/a}.{boby}",
            "\"{boby}\" at character 25: unknown placeholder; did you mean \"{body}\"? ",
        ),
        (
            "{body}.{5c8f0a}",
            "at character 8: unknown placeholder, which is not repeated here, since it could be a secret; ",
        ),
        ("{json:a}.{body}", "\"{json:a}\" at character 1: json: needs a pointer "),
        ("{sha256:body}.{query:}", "\"{query:}\" at character 15: the name is empty"),
        (
            "{sha256:body}}",
            "\"}\" at character 14: a closing brace without an opening one; a literal brace is written }}",
        ),
        ("{sha256:body", "\"{sha256:body\" at character 1: an opening brace without a closing one; "),
    ] {
        // The same whether the core alone would suffice or not.
        for other in ["", r#", "covers_body": true"#] {
            let error = error(&format!(r#""signed": "{signed}"{other}"#));
            assert!(error.starts_with(&format!("line 1: signed: {start}")), "{signed}: {error}");
            let all = ["{query:NAME}", "{json:/POINTER}", "{form:NAME}", "{xml:NAME}", "{path}", "sha256:"];
            let names_all = all.iter().all(|allowed| error.contains(allowed));
            assert!(names_all || !error.contains("unknown placeholder"), "{signed}: {error}");
        }
    }
    let second = error(r#""signed": "{body}.{body}""#);
    assert_eq!(second, "line 1: signed: \"{body}\" at character 8: {body} stands more than once");
}

/// The signature of a message.
fn sign(scheme: &Scheme, url: &str, body: &str) -> Option<String> {
    let signer = scheme.signer(Secret::new(SECRET)).unwrap();
    signer.signature(&Message { url, now: now(), ..Message::new(body.as_bytes()) }).ok()
}

fn verify(verifier: &Verifier, url: &str, body: &str, signature: &str) -> Result<(), Rejection> {
    let headers = [("X-Sign", signature)];
    verifier.verify(&Delivery { method: "POST", url, headers: &headers, body: body.as_bytes() }, now()).map(|_| ())
}

/// The fields of a form or query; `None` if a name stands twice.
fn fields(form: &str) -> Option<BTreeMap<Vec<u8>, Vec<u8>>> {
    let decode = |text: &str| percent(text.as_bytes());
    let mut found = BTreeMap::new();
    for part in form.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        if found.insert(decode(name), decode(value)).is_some() {
            return None;
        }
    }
    Some(found)
}

/// Undoes the escapes of a form.
fn percent(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut decoded = Vec::new();
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        rest = after;
        decoded.push(match (byte, after) {
            (b'%', [high, low, behind @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    rest = behind;
                    u8::try_from(high * 16 + low).unwrap()
                }
                _ => b'%',
            },
            (b'+', _) => b' ',
            _ => *byte,
        });
    }
    decoded
}

/// Texts in which marks and escapes are frequent.
fn marks() -> impl Strategy<Value = String> {
    vec(prop::sample::select(vec!["a", "b", "=", "&", "%26", "%3D", "%61", "+", "."]), 0..9)
        .prop_map(|parts| parts.concat())
}

static VERIFIERS: LazyLock<Vec<Verifier>> = LazyLock::new(verifiers);

/// Every preset that signs values of the URL or of the body, and a scheme for each kind of place.
fn verifiers() -> Vec<Verifier> {
    let presets = presets().iter().map(|preset| Scheme::preset(preset.name()).unwrap());
    let unsigned = r#""covers_body": false"#;
    let own = [
        format!(r#""signed": "{{json:/a/0}}.{{xml:a}}.{{form:a}}.{{query:a}}.{{target}}", {unsigned}"#),
        r#""signed": "{php:json:/a}|{md5:body}|{upper:path}", "unpack": true"#.to_owned(),
        format!(r#""signed": "{{fields}}", "fields": {{"from": "xml", "join": "&", "pair": "=", "skip_empty": true}}, {unsigned}"#),
        r#""signed": "{fields}", "fields": {"from": "form", "join": "&", "pair": "=", "repeated": {"join": ","}}, "ambiguous": true"#
            .to_owned(),
    ];
    let own = own.iter().map(|fields| scheme(fields));
    let secret = || Secret::new("whsec_YSBzZWNyZXQgb2YgdXN1YWwgbGVuZ3Ro");
    let hex = || Secret::new("44782def547aaa06c910c43932b1eb0c");
    presets
        .chain(own)
        .filter(|scheme| !scheme.is_core_alone())
        .map(|scheme| scheme.verifier(secret()).or_else(|_| scheme.verifier(hex())).unwrap())
        .collect()
}

/// The signature is found in another header, and in one of several.
#[test]
fn the_header_of_a_composition_can_change() {
    let one = scheme(r#""signed": "{sha256:body}.{query:a}""#);
    let url = "https://example.com/?a=1";
    let signature = sign(&one, url, "body").unwrap();
    let two = one_of_two(r#""signed": "{sha256:body}.{query:a}", "timestamp": {"from": "query:a", "unit": "s"}"#);
    let elsewhere = one.verifier(Secret::new(SECRET)).unwrap().in_header("X-Other").unwrap();
    for (verifier, name) in [(&elsewhere, "X-Other"), (&two, "X-A"), (&two, "X-B")] {
        let verdict = |name: &str| {
            let headers = [(name, signature.as_str())];
            let delivery = Delivery { method: "POST", url, headers: &headers, body: b"body" };
            verifier.verify(&delivery, now()).map(|verified| verified.covers_body)
        };
        assert_eq!(verdict(name), Ok(true), "{name}");
        assert_eq!(verdict("X-Sign"), Err(Rejection::MissingSignature), "{name}");
    }
    let in_query = Scheme::preset("vnpay").unwrap().verifier(Secret::new(SECRET)).unwrap();
    assert!(in_query.in_header("X-Sign").is_err());
}

fn one_of_two(fields: &str) -> Verifier {
    let json = format!(
        r#"{{"signature": {{"header": ["X-A", "X-B"]}}, "algorithm": "SHA_256", "encoding": "HEXA_DECIMAL", {fields}}}"#
    );
    Scheme::from_json(&json).unwrap().verifier(Secret::new(SECRET)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_delivery_makes_a_verifier_panic(
        url in "(https?://)?[a-z.:@\\[\\]%]{0,8}[/?#]?\\PC{0,30}",
        body in prop_oneof![
            vec(any::<u8>(), 0..60),
            "[\\[\\]{}\":,a0 \\\\u]{0,40}".prop_map(String::into_bytes),
            "<xml>[<>/a&;!\\[\\]-]{0,30}</xml>".prop_map(String::into_bytes),
            marks().prop_map(String::into_bytes),
        ],
        value in "\\PC{0,40}",
    ) {
        for verifier in VERIFIERS.iter() {
            let headers = [(verifier.header(), value.as_str()), ("Content-Encoding", "gzip"), ("merchant", &value)];
            for headers in [&headers[..], &headers[..1]] {
                let delivery = Delivery { method: "POST", url: &url, headers, body: &body };
                prop_assert!(verifier.verify(&delivery, now()).is_err());
                let _ = verifier.identify(&delivery);
            }
        }
    }

    /// The signature of one form fits another only if both have the same fields.
    #[test]
    fn joined_fields_can_be_cut_in_one_way_only(first in marks(), second in marks()) {
        for spelling in ["decoded", "received"] {
            for (from, more) in [("form", ""), ("query", r#", "covers_body": false"#)] {
                let rule = format!(
                    r#""signed": "{{fields}}", "fields": {{"from": "{from}", "pair": "=", "join": "&", "spelling": "{spelling}"}}{more}"#
                );
                let scheme = scheme(&rule);
                let verifier = scheme.verifier(Secret::new(SECRET)).unwrap();
                let place = |text: &str| match from {
                    "form" => ("https://example.com/".to_owned(), text.to_owned()),
                    _ => (format!("https://example.com/?{text}"), String::new()),
                };
                let ((url, body), (other_url, other_body)) = (place(&first), place(&second));
                let Some(signature) = sign(&scheme, &url, &body) else { continue };
                prop_assert!(fields(&first).is_some(), "a name stands twice: {first}");
                prop_assert_eq!(verify(&verifier, &url, &body, &signature), Ok(()));
                let fits = verify(&verifier, &other_url, &other_body, &signature).is_ok();
                prop_assert!(!fits || fields(&first) == fields(&second), "{first} {second}");
            }
        }
    }

    /// The signature of one value fits another only if both are the same, with the same body.
    #[test]
    fn values_can_be_cut_in_one_way_only(first in (marks(), marks()), second in (marks(), marks())) {
        for template in ["{query:v}.{body}", "{body}.{query:v}", "{query:v}a.{sha256:body}.a", "{timestamp}{body}&{query:v}"] {
            let timestamp = r#""timestamp": {"from": "query:t", "unit": "s"}"#;
            let scheme = scheme(&format!(r#""signed": "{template}", {timestamp}"#));
            let verifier = scheme.verifier(Secret::new(SECRET)).unwrap();
            let url = |value: &str| format!("https://example.com/?t=1760000000&v={}", value.replace('&', "%26"));
            let Some(signature) = sign(&scheme, &url(&first.0), &first.1) else { continue };
            prop_assert_eq!(verify(&verifier, &url(&first.0), &first.1, &signature), Ok(()), "{}", template);
            let fits = verify(&verifier, &url(&second.0), &second.1, &signature).is_ok();
            let value = |text: &str| percent(text.replace('&', "%26").as_bytes());
            prop_assert_eq!(fits, value(&first.0) == value(&second.0) && first.1 == second.1, "{}", template);
        }
    }
}
