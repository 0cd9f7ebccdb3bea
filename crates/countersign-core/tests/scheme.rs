//! Schemes as constants, as a program without a heap uses them.

#![allow(clippy::unwrap_used, clippy::similar_names, reason = "a test that cannot go on has failed")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_core::{
    Algorithm, AlgorithmRule, Delivery, Encoding, Format, Head, HmacScheme, Identity, Key, Rejection, Scheme,
    SecretSet, SetupError, Source, TimeUnit, Timestamp, TimestampRule, Tolerance, Verifier,
};

/// The published example of Standard Webhooks:
/// <https://github.com/standard-webhooks/standard-webhooks/tree/main/libraries>.
const STANDARD_WEBHOOKS: HmacScheme = HmacScheme {
    header: "webhook-signature",
    format: Format::List { separator: b' ', version: "v1" },
    algorithm: AlgorithmRule::Fixed(Algorithm::Sha256),
    encoding: Encoding::Base64,
    signed: Some("{id}.{timestamp}.{body}"),
    timestamp: Some(TimestampRule {
        from: Source::Header("webhook-timestamp"),
        unit: TimeUnit::Seconds,
        tolerance: Some(Tolerance::both(300)),
    }),
    id: Some(Source::Header("webhook-id")),
};
const HEADERS: [(&str, &str); 3] = [
    ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
    ("webhook-timestamp", "1614265330"),
    ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
];
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const NOW: Timestamp = Timestamp::from_seconds(1_614_265_330);

fn key() -> Key {
    let form = countersign_core::SecretForm::Base64;
    form.key(Algorithm::Sha256, b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()
}

fn delivery() -> Delivery<'static, [(&'static str, &'static str); 3]> {
    Delivery { method: "POST", url: "", headers: &HEADERS, body: BODY }
}

#[test]
fn a_published_delivery_is_authentic_at_once_and_in_pieces() {
    let verifier = Verifier::new(Scheme::Hmac(STANDARD_WEBHOOKS), [key()]).unwrap();
    let verified = verifier.verify(&delivery(), NOW).unwrap();
    assert_eq!((verified.algorithm, verified.secret_index), (Some(Algorithm::Sha256), Some(0)));
    for size in 1..=BODY.len() {
        let mut stream = verifier.streaming().unwrap().begin(&delivery().head(), NOW).unwrap();
        BODY.chunks(size).for_each(|chunk| stream.update(chunk));
        assert_eq!(stream.finish(), Ok(verified));
    }
    assert_eq!(verifier.verify(&delivery(), Timestamp::from_seconds(1_614_265_631)), Err(Rejection::Expired));
    assert_eq!(verifier.verify(&delivery(), Timestamp::from_seconds(1_614_265_029)), Err(Rejection::FromFuture));
    // A forgery is not reported as expired.
    let forged = Delivery { body: b"{}", ..delivery() };
    assert_eq!(verifier.verify(&forged, Timestamp::from_seconds(0)), Err(Rejection::Mismatch));
}

#[test]
fn only_usable_secrets_match() {
    let verifier =
        Verifier::new(Scheme::Hmac(STANDARD_WEBHOOKS), [Key::hmac(Algorithm::Sha256, b"old").unwrap(), key()]).unwrap();
    let index = |usable| verifier.verify_using(usable, &delivery(), NOW).map(|verified| verified.secret_index);
    assert_eq!(index(SecretSet::ALL), Ok(Some(1)));
    assert_eq!(index(SecretSet::NONE.with(1)), Ok(Some(1)));
    assert_eq!(index(SecretSet::NONE.with(0)), Err(Rejection::Mismatch));
    assert_eq!(index(SecretSet::NONE), Err(Rejection::Mismatch));
    let streaming = verifier.streaming().unwrap();
    let mut stream = streaming.begin_using(SecretSet::NONE.with(0), &delivery().head(), NOW).unwrap();
    stream.update(BODY);
    assert_eq!(stream.finish(), Err(Rejection::Mismatch));
}

#[test]
fn spaces_around_a_header_name_are_ignored() {
    for header in ["webhook-signature", " webhook-signature\t", "other, webhook-signature"] {
        let scheme = HmacScheme { header, ..STANDARD_WEBHOOKS };
        let verifier = Verifier::new(Scheme::Hmac(scheme), [key()]).unwrap();
        assert!(verifier.verify(&delivery(), NOW).is_ok(), "{header:?}");
    }
}

#[test]
fn a_scheme_that_signs_something_after_the_body_cannot_be_streamed() {
    let scheme = HmacScheme { signed: Some("{body}{timestamp}"), id: None, ..STANDARD_WEBHOOKS };
    let verifier = Verifier::new(Scheme::Hmac(scheme), [key()]).unwrap();
    let error = verifier.streaming().err();
    assert_eq!(error, Some(SetupError::NotStreamable));
    assert_eq!(error.map(SetupError::code), Some(69));
}

#[test]
fn parts_that_do_not_fit_together_are_refused_by_name() {
    let fault = |scheme: HmacScheme| {
        let scheme = Scheme::Hmac(scheme);
        let fault = scheme.check().unwrap_err();
        assert_eq!(Verifier::new(scheme, [key()]).err(), Some(SetupError::Scheme(fault)));
        fault.field()
    };
    let scheme = STANDARD_WEBHOOKS;
    assert_eq!(fault(HmacScheme { signed: None, ..scheme }), "timestamp.tolerance");
    assert_eq!(fault(HmacScheme { timestamp: None, ..scheme }), "signed");
    assert_eq!(fault(HmacScheme { id: None, ..scheme }), "signed");
    assert_eq!(fault(HmacScheme { header: "a b", ..scheme }), "signature.header");
    assert_eq!(fault(HmacScheme { id: Some(Source::Signature("id")), ..scheme }), "id.from");
    assert_eq!(
        fault(HmacScheme { format: Format::List { separator: b',', version: "v1" }, ..scheme }),
        "signature.separator"
    );
    assert_eq!(
        fault(HmacScheme { format: Format::Prefixed { prefix: "", separator: None }, ..scheme }),
        "signature.prefix"
    );
    assert_eq!(fault(HmacScheme { algorithm: AlgorithmRule::Infer { header: "X-Algorithm" }, ..scheme }), "algorithm");
    assert_eq!(Scheme::token("a b").check().unwrap_err().field(), "token.header");
    for allowed in [Scheme::Hmac(scheme), Scheme::token("X-Token"), Scheme::None] {
        assert_eq!(allowed.check(), Ok(()));
    }
}

#[test]
fn signs_url_and_signs_id_are_correct() {
    let signs_url_and_id = |scheme: HmacScheme| {
        let verifier = Verifier::new(Scheme::Hmac(scheme), [key()]).unwrap();
        (verifier.signs_url(), verifier.signs_id())
    };
    let signed = |signed| HmacScheme { signed: Some(signed), ..STANDARD_WEBHOOKS };
    assert_eq!(signs_url_and_id(STANDARD_WEBHOOKS), (false, true));
    assert_eq!(signs_url_and_id(signed("{url}{timestamp}{body}")), (true, false));
    // The id is signed too if its header is.
    assert_eq!(signs_url_and_id(signed("{header:Webhook-Id}.{timestamp}{body}")), (false, true));
    assert_eq!(signs_url_and_id(signed("{header:X-Other}.{timestamp}{body}")), (false, false));
    assert_eq!(signs_url_and_id(HmacScheme { id: None, ..signed("{timestamp}{body}") }), (false, false));
    let token = Verifier::new(Scheme::token("X-Token"), [Key::token(b"token").unwrap()]).unwrap();
    assert!(!token.signs_url() && !token.signs_id());
}

#[test]
fn a_url_is_delimited_by_what_no_url_has() {
    for (signed, expected) in [
        ("{body}", false),
        ("{url}{body}", false),
        ("{url}.{body}", false),
        ("{url}\n{body}", true),
        ("{url}. .{body}", true),
        ("{method} {url}{body}", false),
        ("{method}{url} {timestamp}{body}", true),
        ("{url}{timestamp}\n{body}", false),
        ("{body}{url}", false),
        ("{body}\n{method}{url}", false),
        ("{body}\n{url}{method}", true),
        ("{url}\n{url}{body}", false),
        ("{url}\n{body}\n{url}", true),
    ] {
        let scheme = HmacScheme { signed: Some(signed), id: None, ..STANDARD_WEBHOOKS };
        let scheme = if signed.contains("{timestamp}") { scheme } else { HmacScheme { timestamp: None, ..scheme } };
        let verifier = Verifier::new(Scheme::Hmac(scheme), [key()]).unwrap();
        assert_eq!(verifier.delimits_url(), expected, "{signed}");
    }
    let token = Verifier::new(Scheme::token("X-Token"), [Key::token(b"token").unwrap()]).unwrap();
    assert!(!token.delimits_url());
}

#[test]
fn in_header_changes_the_header_of_the_signature() {
    let moved = Verifier::new(Scheme::Hmac(STANDARD_WEBHOOKS), [key()]).unwrap().in_header("X-Moved").unwrap();
    assert_eq!(moved.verify(&delivery(), NOW), Err(Rejection::MissingSignature));
    let headers = [HEADERS[0], HEADERS[1], ("x-moved", HEADERS[2].1)];
    assert!(moved.verify(&Delivery { headers: &headers, ..delivery() }, NOW).is_ok());
    assert!(matches!(moved.in_header("a b"), Err(SetupError::Scheme(_))));
    let unchecked = Verifier::new(Scheme::None, [] as [Key; 0]).unwrap();
    let refused = unchecked.in_header("X-Moved").map(|_| ());
    assert!(matches!(refused, Err(SetupError::Scheme(fault)) if fault.field() == "signature.header"));

    let token = Verifier::new(Scheme::token("X-Token"), [Key::token(b"token").unwrap()]).unwrap();
    let moved = token.in_header("X-Moved").unwrap();
    let verdict = |name| {
        let delivery = Delivery { method: "", url: "", headers: &[(name, "token")], body: BODY };
        moved.verify(&delivery, NOW).map(|_| ())
    };
    assert_eq!((verdict("X-Moved"), verdict("X-Token")), (Ok(()), Err(Rejection::MissingSignature)));
}

/// One correct signature of several is enough, at any index.
#[test]
fn one_correct_signature_of_several_is_enough() {
    let verifier = Verifier::new(Scheme::Hmac(STANDARD_WEBHOOKS), [key()]).unwrap();
    let (correct, wrong) = (HEADERS[2].1, "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    for count in 1..=4 {
        for pattern in 0..1_u32 << count {
            let signatures: Vec<_> =
                (0..count).map(|at| if pattern >> at & 1 == 1 { correct } else { wrong }).collect();
            let value = signatures.join(" ");
            let headers = [HEADERS[0], HEADERS[1], (HEADERS[2].0, &*value)];
            let delivery = Delivery { headers: &headers, ..delivery() };
            let verdict = verifier.verify(&delivery, NOW);
            assert_eq!(verdict.map(|_| ()), if pattern == 0 { Err(Rejection::Mismatch) } else { Ok(()) }, "{value}");
        }
    }
}

/// `sign` makes the published signature, and `identify` the same identity for the same message.
#[test]
fn messages_are_signed_and_identified() {
    let verifier = Verifier::new(Scheme::Hmac(STANDARD_WEBHOOKS), [key()]).unwrap();
    let tag = verifier.sign(&delivery(), None, None).unwrap();
    assert_eq!(format!("v1,{}", STANDARD.encode(tag.as_bytes())), HEADERS[2].1);
    let without = [("webhook-timestamp", "1614265330")];
    let incomplete = Delivery { method: "", url: "", headers: &without, body: BODY };
    assert_eq!(verifier.sign(&incomplete, None, None).err(), Some(Rejection::MissingPart));

    let identity = verifier.identify(&delivery());
    assert!(identity.is_some() && identity == verifier.identify(&delivery()));
    let token = Verifier::new(Scheme::token("X-Token"), [Key::token(b"token").unwrap()]).unwrap();
    assert_eq!(token.identify(&delivery()), None);
}

/// Identities are stored for days, in databases that many processes share, so they must never change, even if secrets
/// do.
#[test]
fn identities_are_fixed_and_do_not_depend_on_the_secret() {
    let sha_256 = |text: &[u8]| -> [u8; Identity::LENGTH] {
        ring::digest::digest(&ring::digest::SHA256, text).as_ref().try_into().unwrap()
    };
    let id = HEADERS.iter().find(|(name, _)| *name == "webhook-id").unwrap().1;
    let timestamp = HEADERS.iter().find(|(name, _)| *name == "webhook-timestamp").unwrap().1;
    let body = String::from_utf8_lossy(BODY);
    let unsigned_id = HmacScheme { signed: Some("{timestamp}.{body}"), id: None, ..STANDARD_WEBHOOKS };
    for (scheme, text) in [(STANDARD_WEBHOOKS, format!("id\0{id}")), (unsigned_id, format!("text\0{timestamp}.{body}"))]
    {
        for key in [key(), Key::hmac(Algorithm::Sha256, b"another").unwrap()] {
            let identity = Verifier::new(Scheme::Hmac(scheme), [key]).unwrap().identify(&delivery());
            assert_eq!(identity, Some(Identity::from_bytes(sha_256(text.as_bytes()))));
            assert_eq!(identity.unwrap().as_bytes(), &sha_256(text.as_bytes()));
        }
    }
}

#[test]
fn a_signature_alone_is_enough_if_the_scheme_reads_no_other_header() {
    let stripe = HmacScheme {
        header: "Stripe-Signature",
        format: Format::Pairs { separator: b',', mark: b'=', key: "v1" },
        encoding: Encoding::HexaDecimal,
        signed: Some("{timestamp}.{body}"),
        timestamp: Some(TimestampRule {
            from: Source::Signature("t"),
            unit: TimeUnit::Seconds,
            tolerance: Some(Tolerance::both(300)),
        }),
        id: None,
        ..STANDARD_WEBHOOKS
    };
    let verifier = Verifier::new(Scheme::Hmac(stripe), [key()]).unwrap();
    let headers: [(&str, &str); 0] = [];
    let message = Delivery { method: "", url: "", headers: &headers, body: BODY };
    let tag = verifier.sign(&message, Some(b"1614265330"), None).unwrap();
    let value = format!("t=1614265330,v1={}", hex::encode(tag.as_bytes()));
    assert!(verifier.verify_signature(value.as_bytes(), BODY, NOW).is_ok());
    assert_eq!(verifier.header_fields(value.as_bytes()), (Some(&b"1614265330"[..]), None));
    // If there are several headers, the signature is taken as that of the first.
    let first = HmacScheme { header: "X-First, X-Second", timestamp: None, signed: None, ..stripe };
    let several = Verifier::new(Scheme::Hmac(first), [key()]).unwrap();
    let value = format!("v1={}", hex::encode(several.sign(&message, None, None).unwrap().as_bytes()));
    assert!(several.verify_signature(value.as_bytes(), BODY, NOW).is_ok());
    // If the timestamp is in another header, it is missing.
    let webhooks = Verifier::new(Scheme::Hmac(STANDARD_WEBHOOKS), [key()]).unwrap();
    let alone = webhooks.verify_signature(HEADERS[2].1.as_bytes(), BODY, NOW);
    assert_eq!(alone, Err(Rejection::MissingTimestamp));
    let head = Head { method: "", url: "", headers: &HEADERS };
    assert!(webhooks.streaming().unwrap().begin(&head, NOW).is_ok());
}
