//! Formats in which the message lists what is signed, and plain hashes: signers and verifiers agree, what is altered is
//! rejected, and each setting of a scheme counts. The vectors have the published values and every rejection.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign::{Cause, ConfigErrorKind, Delivery, Message, Rejection, Scheme, Secret, Tolerance, Verifier};
use proptest::prelude::*;

const NOW: u64 = 1_760_000_000;
const URL: &str = "https://hooks.example.com/in?shop=1&name=a+b";

/// A scheme of each kind, which takes all that it can from the message.
const SCHEMES: [&str; 6] = [
    r#"{"signature": {"header": "Signature", "format": "rfc9421", "key_id": "k1", "tag": "shop",
                      "components": ["@method", "@target-uri", "@authority", "@query-param;name=\"name\"", "content-digest", "date"]},
        "algorithm": "SHA_256", "timestamp": {"from": "signature:created", "unit": "s", "tolerance": 300}}"#,
    r#"{"signature": {"header": "X-Sig", "format": "rfc9421", "label": "mine", "components": ["@path", "@query", "date", "content-digest"]},
        "algorithm": "SHA_512", "secret": "BASE64", "timestamp": {"from": "header:Date", "unit": "http_date", "tolerance": 300}}"#,
    r#"{"signature": {"header": "Authorization", "format": "draft-cavage", "components": ["(request-target)", "(created)", "(expires)", "digest"]},
        "algorithm": "SHA_256", "timestamp": {"from": "signature:created", "unit": "s", "tolerance": 300}}"#,
    r#"{"signature": {"header": "Signature", "format": "draft-cavage", "key_id": "k1", "components": ["@request-target", "date", "content-digest"]},
        "algorithm": "SHA_1", "timestamp": {"from": "header:Date", "unit": "http_date", "tolerance": 300}}"#,
    r#"{"signature": {"header": "Authorization", "format": "jwt", "claims": {"iss": "shop"},
                      "body_hash": {"claim": "h", "algorithm": "SHA_512", "encoding": "BASE64"},
                      "url_hash": {"claim": "u", "algorithm": "SHA_256", "encoding": "HEXA_DECIMAL"}},
        "algorithm": "SHA_384", "timestamp": {"from": "signature:iat", "unit": "s", "tolerance": 300}}"#,
    r#"{"signature": {"header": "X-Sig", "format": "prefixed", "prefix": "v1="}, "plain_hash": "SHA_256", "encoding": "BASE64",
        "signed": "{timestamp}{method}{url}{secret}{body}", "timestamp": {"from": "header:X-Time", "unit": "s", "tolerance": 300}}"#,
];

fn time(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn secret(name: &str) -> Secret {
    // In base64 too, for the scheme that wants it.
    Secret::new(name)
}

/// The verdict on a message that was signed as it is given here.
fn judge(
    verifier: &Verifier,
    headers: &[(String, String)],
    method: &str,
    url: &str,
    body: &[u8],
    now: u64,
) -> Result<Option<u8>, Rejection> {
    let delivery = Delivery { method, url, headers, body };
    verifier.verify(&delivery, time(now)).map(|verified| verified.secret_index)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_is_signed_is_accepted_and_nothing_else(body in proptest::collection::vec(any::<u8>(), 1..200), position in any::<prop::sample::Index>()) {
        for json in SCHEMES {
            let scheme = Scheme::from_json(json).unwrap();
            let signer = scheme.signer(secret("c2VjcmV0LW9mLXRoZS10ZXN0cw==")).unwrap();
            let verifier = scheme.verifier([secret("YW5vdGhlcg=="), secret("c2VjcmV0LW9mLXRoZS10ZXN0cw==")]).unwrap();
            let message = Message { method: "PUT", url: URL, now: time(NOW), ..Message::new(&body) };
            let headers = signer.headers(&message).unwrap();
            let check = |method: &str, url: &str, body: &[u8], now| judge(&verifier, &headers, method, url, body, now);
            prop_assert_eq!(check("PUT", URL, &body, NOW), Ok(Some(1)), "{}", json);
            let mut altered = body.clone();
            let index = position.index(altered.len());
            altered[index] ^= 1;
            prop_assert_eq!(check("PUT", URL, &altered, NOW), Err(Rejection::Mismatch), "{}", json);
            prop_assert_eq!(check("PUT", &URL.replace("shop=1", "shop=2"), &body, NOW), Err(Rejection::Mismatch), "{}", json);
            prop_assert_eq!(check("PUT", "", &body, NOW), Err(Rejection::MissingPart), "{}", json);
            prop_assert_eq!(check("PUT", URL, &body, NOW + 301), Err(Rejection::Expired), "{}", json);
            prop_assert_eq!(check("PUT", URL, &body, NOW - 301), Err(Rejection::FromFuture), "{}", json);
            // Authentic comes first: what is forged is not called old.
            prop_assert_eq!(check("PUT", URL, &altered, NOW + 301), Err(Rejection::Mismatch), "{}", json);
            // Every byte of every header that the signer made counts. By draft-cavage some are free, such as the name of the key.
            if json.contains("draft-cavage") {
                continue;
            }
            for line in 0..headers.len() {
                for byte in 0..headers[line].1.len() {
                    let mut headers = headers.clone();
                    let mut value = std::mem::take(&mut headers[line].1).into_bytes();
                    value[byte] = if value[byte] == b'x' { b'y' } else { b'x' };
                    headers[line].1 = String::from_utf8(value).unwrap();
                    let verdict = judge(&verifier, &headers, "PUT", URL, &body, NOW);
                    prop_assert!(verdict.is_err(), "{}: {:?} at {}", json, headers[line], byte);
                }
            }
        }
    }

    /// No text makes a parser panic, whatever the header, and nothing is authentic by chance.
    #[test]
    fn texts_that_are_no_signatures_are_rejected(first in "[ -~]{0,80}", second in "[ -~]{0,80}", third in "[ -~]{0,80}") {
        for json in SCHEMES {
            let scheme = Scheme::from_json(json).unwrap();
            let verifier = scheme.verifier(secret("c2VjcmV0")).unwrap();
            let headers = [(verifier.header().to_owned(), first.clone()), ("Signature-Input".to_owned(), second.clone()), ("Content-Digest".to_owned(), third.clone()), ("X-Time".to_owned(), NOW.to_string())];
            let verdict = judge(&verifier, &headers, "PUT", URL, b"{}", NOW);
            prop_assert!(verdict.is_err());
        }
    }
}

#[test]
fn a_message_is_identified_by_its_signed_text() {
    for json in SCHEMES {
        let scheme = Scheme::from_json(json).unwrap();
        let signer = scheme.signer(secret("c2VjcmV0")).unwrap();
        let verifier = scheme.verifier(secret("c2VjcmV0")).unwrap();
        let identity = |body: &[u8], now| {
            let headers = signer.headers(&Message { url: URL, now: time(now), ..Message::new(body) }).unwrap();
            verifier.identify(&Delivery { method: "POST", url: URL, headers: &headers[..], body }).unwrap()
        };
        assert_eq!(identity(b"1", NOW), identity(b"1", NOW), "{json}");
        assert_ne!(identity(b"1", NOW), identity(b"2", NOW), "{json}");
        assert_ne!(identity(b"1", NOW), identity(b"1", NOW + 1), "{json}");
        assert!(verifier.streaming().is_err_and(|error| error.kind() == ConfigErrorKind::Unsupported), "{json}");
    }
}

/// A tolerance can be set where a time is signed, and what the message says of itself needs none.
#[test]
fn a_tolerance_can_be_set_where_a_time_is_signed() {
    for json in SCHEMES {
        let scheme = Scheme::from_json(json).unwrap();
        assert_eq!(scheme.tolerance(), Some(Tolerance::both(300)));
        let scheme = scheme.with_tolerance(Tolerance::both(5)).unwrap();
        let signer = scheme.signer(secret("c2VjcmV0")).unwrap();
        let headers = signer.headers(&Message { url: URL, now: time(NOW), ..Message::new(b"{}") }).unwrap();
        let verifier = scheme.verifier(secret("c2VjcmV0")).unwrap();
        assert_eq!(judge(&verifier, &headers, "POST", URL, b"{}", NOW + 5), Ok(Some(0)), "{json}");
        assert_eq!(judge(&verifier, &headers, "POST", URL, b"{}", NOW + 6), Err(Rejection::Expired), "{json}");
    }
    assert!(Scheme::preset("netlify").unwrap().with_tolerance(Tolerance::both(5)).is_err());
    assert!(Scheme::preset("hubspot-v1").unwrap().with_tolerance(Tolerance::both(5)).is_err());
}

#[test]
fn a_signer_names_what_a_message_lacks() {
    let expected = "the URL as the sender calls it";
    for json in SCHEMES {
        let scheme = Scheme::from_json(json).unwrap();
        let signer = scheme.signer(secret("c2VjcmV0")).unwrap();
        let message = Message { now: time(NOW), ..Message::new(b"{}") };
        let missing: Vec<String> = signer.missing_parts(&message).iter().map(ToString::to_string).collect();
        assert_eq!(missing, [expected], "{json}");
        let error = signer.headers(&message).unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains('\u{1}'), "{error}");
    }
}

/// Whoever keeps headers to verify a delivery again must keep these.
#[test]
fn the_headers_that_a_verification_reads_are_known() {
    let scheme = |index: usize| Scheme::from_json(SCHEMES[index]).unwrap();
    assert_eq!(scheme(0).other_headers(), ["Signature-Input", "content-digest", "date"]);
    assert_eq!(scheme(2).other_headers(), ["digest"]);
    assert_eq!(Scheme::preset("plivo-v2").unwrap().other_headers(), ["X-Plivo-Signature-V2-Nonce"]);
    assert!(Scheme::preset("stripe").unwrap().other_headers().is_empty());
    let input = br#"a=("@method" "x-one"), b=("x-two";sf);created=1"#;
    assert_eq!(scheme(0).listed_headers(input), ["x-one", "x-two"]);
    assert_eq!(
        scheme(2).listed_headers(br#"Signature keyId="1",headers="(created) Date X-One",signature="AA==""#),
        ["date", "x-one"]
    );
    let hook0 = Scheme::preset("hook0").unwrap();
    assert_eq!(hook0.listed_headers(b"t=1,h=X-Event x-id,v1=00"), ["x-event", "x-id"]);
    assert!(hook0.listed_headers(b"t=1,v1=00").is_empty());
    assert!(scheme(0).listed_headers(b"a").is_empty() && scheme(4).listed_headers(input).is_empty());
}

/// A plain hash is never called an HMAC.
#[test]
fn a_scheme_says_whether_it_is_an_hmac() {
    for (name, is_hmac, is_core_alone) in [
        ("github", true, true),
        ("twilio", true, false),
        ("vonage", true, false),
        ("gitlab-token", false, true),
        ("hubspot-v1", false, false),
        ("cloudinary", false, false),
    ] {
        let scheme = Scheme::preset(name).unwrap();
        assert_eq!((scheme.is_hmac(), scheme.is_core_alone()), (is_hmac, is_core_alone), "{name}");
    }
}

/// What anyone can do who holds one delivery of such a sender. The guide and the note of the preset warn of it.
#[test]
fn a_plain_hash_can_be_extended() {
    let verifier = Scheme::preset("hubspot-v1").unwrap().verifier(Secret::new("0123456789abcdef")).unwrap();
    // SHA-256 pads 16 bytes of the secret and 2 of the body to one block; the rest is hashed from its chaining value.
    let padding = [&[0x80][..], &[0; 37], &(18_u64 * 8).to_be_bytes()].concat();
    let body = [b"{}", &padding[..], b"more"].concat();
    let hash = <sha2::Sha256 as sha2::Digest>::digest([b"0123456789abcdef", &body[..]].concat());
    let headers = [("X-HubSpot-Signature", const_hex::encode(hash))];
    assert!(
        verifier.verify(&Delivery { method: "POST", url: "", headers: &headers[..], body: &body }, time(NOW)).is_ok()
    );
}

/// The secret stands where the template has it, whatever a sender writes: here what stands for it inside, and its name.
#[test]
fn a_sender_cannot_place_the_secret() {
    let scheme = Scheme::from_json(
        r#"{"signature": {"header": "X-Sig"}, "plain_hash": "SHA_256", "encoding": "HEXA_DECIMAL",
            "signed": "{header:X-Kind}.{secret}&{{{secret}{sha256:body}.{body}"}"#,
    )
    .unwrap();
    let verifier = scheme.verifier(Secret::new("key")).unwrap();
    for body in ["0\u{1}0", "{secret}", ""] {
        let digest = const_hex::encode(<sha2::Sha256 as sha2::Digest>::digest(body));
        for (placed, is_accepted) in [(body, true), ("key", false)] {
            let text = format!("{body}.key&{{key{digest}.{placed}");
            let hash = const_hex::encode(<sha2::Sha256 as sha2::Digest>::digest(text));
            let headers = [("X-Sig", hash), ("X-Kind", body.to_owned())];
            let delivery = Delivery { method: "POST", url: "", headers: &headers[..], body: body.as_bytes() };
            let is_empty = body.is_empty();
            assert_eq!(verifier.verify(&delivery, time(NOW)).is_ok(), is_accepted && !is_empty, "{body:?} {placed}");
        }
    }
}

#[test]
fn explanations_fit_these_kinds_too() {
    let explain = |json: &str, key: &str, body: &[u8], now| {
        let scheme = Scheme::from_json(json).unwrap();
        let signer = scheme.signer(secret("c2VjcmV0")).unwrap();
        let headers = signer.headers(&Message { url: URL, now: time(NOW), ..Message::new(b"{\"a\":1}") }).unwrap();
        let lines: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        scheme
            .explain(Secret::new(key), &Delivery { method: "POST", url: URL, headers: &lines, body }, time(now))
            .unwrap()
            .cause()
    };
    for json in SCHEMES {
        assert_eq!(explain(json, "c2VjcmV0", b"{\"a\":1}\n", NOW), Some(Cause::BodyNewlineAdded), "{json}");
        assert_eq!(explain(json, "c2VjcmV0\n", b"{\"a\":1}", NOW), Some(Cause::SecretWhitespace), "{json}");
        assert_eq!(explain(json, "c2VjcmV0", b"{\"a\":1}", NOW + 1000), Some(Cause::ClockOff), "{json}");
        assert_eq!(explain(json, "YW5vdGhlcg==", b"{\"a\":1}", NOW), None, "{json}");
    }
    // What the header must hold is said of this kind, and not of the core's.
    let scheme = Scheme::preset("vonage").unwrap();
    let headers = [("Authorization", &b"Bearer abc"[..])];
    let delivery = Delivery { method: "POST", url: URL, headers: &headers[..], body: b"{}" };
    let explanation = scheme.explain(Secret::new("s"), &delivery, time(NOW)).unwrap();
    assert_eq!(explanation.cause(), Some(Cause::HeaderForm));
    assert!(explanation.to_string().contains("JSON Web Token"), "{explanation}");
}
