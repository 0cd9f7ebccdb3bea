//! The parts of a verification, for crates that make the MACs: the fast path recognises the most common form of a signature and
//! nothing else. The verdict alone would not show that, since the full path gives the same one.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/encode.rs"]
mod encode;

use countersign_core::hazmat::{Backend, Claim, Portable};
use countersign_core::{
    Algorithm, AlgorithmRule, Delivery, Encoding, Format, HmacScheme, Key, Rejection, Scheme, SecretSet, Source,
    TOKEN_HEADER, TimeUnit, Timestamp, TimestampRule, Verifier,
};
use encode::encode;

const BODY: &[u8] = b"Hello, World!";
const NOW: Timestamp = Timestamp::from_seconds(1_614_265_330);
const BARE: HmacScheme = HmacScheme {
    header: "X-Sign",
    format: Format::Bare,
    algorithm: AlgorithmRule::Fixed(Algorithm::Sha256),
    encoding: Encoding::HexaDecimal,
    signed: None,
    timestamp: None,
    id: None,
};
/// Several signatures, and a timestamp that is not signed.
const LISTED: HmacScheme = HmacScheme {
    format: Format::List { separator: b' ', version: "v1" },
    timestamp: Some(TimestampRule { from: Source::Header("X-Sent"), unit: TimeUnit::Seconds, tolerance: None }),
    ..BARE
};

fn key(algorithm: Algorithm) -> Key {
    Key::hmac(algorithm, b"a secret").unwrap()
}

fn verifier(scheme: HmacScheme) -> Verifier<[Key; 1]> {
    Verifier::new(Scheme::Hmac(scheme), [key(Algorithm::Sha256)]).unwrap()
}

/// The verdict of the fast path, if it recognises `signature`. The verdict on the delivery is always the same one.
fn fast<const N: usize>(verifier: &Verifier<[Key; N]>, signature: &str) -> Option<Result<(Algorithm, u8), Rejection>> {
    let mut claim = Claim::empty();
    let is_fast = verifier.claim_fast(&Portable, SecretSet::ALL, signature.as_bytes(), &mut claim);
    let judged = is_fast.then(|| claim.judge(claim.keys().map(|key| Portable.mac(key, &[BODY]))));
    assert_eq!(claim.keys().count(), claim.count());
    let verdict = verifier.verify_signature(signature.as_bytes(), BODY, NOW);
    assert!(judged.is_none_or(|judged| judged == verdict), "{signature}");
    judged.map(|verdict| verdict.map(|verified| (verified.algorithm.unwrap(), verified.secret_index.unwrap())))
}

#[test]
fn the_most_common_form_is_on_the_fast_path() {
    for algorithm in Algorithm::ALL {
        for encoding in [Encoding::HexaDecimal, Encoding::Base64, Encoding::Base64Url] {
            let scheme = HmacScheme { algorithm: AlgorithmRule::Fixed(algorithm), encoding, ..BARE };
            let bare = Verifier::new(Scheme::Hmac(scheme), [key(algorithm)]).unwrap();
            let labelled = HmacScheme { format: Format::Labelled, ..scheme };
            let labelled = Verifier::new(Scheme::Hmac(labelled), [key(algorithm)]).unwrap();
            let two =
                Verifier::new(Scheme::Hmac(scheme), [Key::hmac(algorithm, b"old").unwrap(), key(algorithm)]).unwrap();

            let tag = key(algorithm).sign(&[BODY]).unwrap();
            let (right, wrong) = (encode(encoding, tag.as_bytes()), encode(encoding, &vec![0; tag.as_bytes().len()]));
            let label = |text: &str| format!("{}={text}", algorithm.name().replace('_', "").to_lowercase());
            for (verifier, text) in [(&bare, right.clone()), (&bare, label(&right)), (&labelled, label(&right))] {
                assert_eq!(fast(verifier, &text), Some(Ok((algorithm, 0))), "{text}");
            }
            assert_eq!(fast(&two, &right), Some(Ok((algorithm, 1))));
            for (verifier, text) in [(&bare, wrong.clone()), (&bare, label(&wrong)), (&labelled, label(&wrong))] {
                assert_eq!(fast(verifier, &text), Some(Err(Rejection::Mismatch)), "{text}");
            }
            // Everything else is left to the full path, where some of it is authentic too.
            for text in [format!(" {right}"), format!("x{right}"), right[1..].to_owned(), label(&right).to_uppercase()]
            {
                assert_eq!(fast(&bare, &text), None, "{text}");
            }
            assert_eq!(fast(&labelled, &right), None);
        }
    }
}

#[test]
fn other_schemes_have_no_fast_path() {
    let signature = encode(Encoding::HexaDecimal, key(Algorithm::Sha256).sign(&[BODY]).unwrap().as_bytes());
    let prefixed = Format::Prefixed { prefix: "v0=", separator: Some(b',') };
    let infer = AlgorithmRule::Infer { header: "X-Algorithm" };
    for scheme in [
        HmacScheme { format: prefixed, ..BARE },
        HmacScheme { algorithm: infer, ..BARE },
        HmacScheme { header: "X-Sign, X-Other", ..BARE },
        HmacScheme { signed: Some("{url}{body}"), ..BARE },
        HmacScheme { timestamp: LISTED.timestamp, ..BARE },
        HmacScheme { id: Some(Source::Header("X-Id")), ..BARE },
    ] {
        assert_eq!(fast(&verifier(scheme), &signature), None, "{scheme:?}");
    }
}

#[test]
fn the_line_of_the_only_header() {
    let line = |scheme, names: &[&'static str]| {
        let headers: Vec<_> = names.iter().map(|name| (*name, "its value")).collect();
        verifier(scheme).signature_line(&headers[..]).map(<[u8]>::to_vec)
    };
    assert_eq!(line(BARE, &["Host", "x-sign"]).as_deref(), Some(&b"its value"[..]));
    assert_eq!(line(BARE, &["Host"]), None);
    assert_eq!(line(BARE, &["X-Sign", "x-sign"]), None);
    // Several names are no name, not even of a header that is called so.
    let several = HmacScheme { header: "X-Sign, X-Other", ..BARE };
    assert_eq!(line(several, &["X-Sign", "X-Sign, X-Other"]), None);
    let token = Verifier::new(Scheme::token(TOKEN_HEADER), [Key::token(b"a token").unwrap()]).unwrap();
    assert_eq!(token.signature_line(&[(TOKEN_HEADER, "a token")][..]), None);
}

#[test]
fn a_claim_of_one_signature_wants_a_mac_for_each_key() {
    let (one, two) = (key(Algorithm::Sha256), Key::hmac(Algorithm::Sha256, b"another").unwrap());
    let signature = encode(Encoding::HexaDecimal, two.sign(&[BODY]).unwrap().as_bytes());
    for (scheme, value) in [(BARE, signature.clone()), (LISTED, format!("v1,{signature}"))] {
        let headers = [("X-Sign", &value[..]), ("X-Sent", "1614265330")];
        let delivery = Delivery { method: "", url: "", headers: &headers, body: BODY };
        let (alone, both) =
            (verifier(scheme), Verifier::new(Scheme::Hmac(scheme), [one.clone(), two.clone()]).unwrap());
        let (mut claim, mut parts) = (Claim::empty(), Vec::new());
        let all = SecretSet::ALL;
        alone.claim(&Portable, all, &delivery, NOW, &mut claim, |part| parts.push(part)).unwrap();
        assert_eq!((parts.concat().as_slice(), claim.count(), claim.keys().count()), (BODY, 1, 1));
        assert!(claim.only_key().is_some());
        assert_eq!(claim.judge([Portable.mac(&one, &[BODY])]), Err(Rejection::Mismatch));

        let mut claim = Claim::empty();
        both.claim(&Portable, all, &delivery, NOW, &mut claim, |_| {}).unwrap();
        assert_eq!((claim.count(), claim.keys().count()), (2, 2));
        assert!(claim.only_key().is_none());
        let judged = claim.judge([&one, &two].map(|key| Portable.mac(key, &[BODY])));
        assert_eq!(judged.unwrap().secret_index, Some(1));
    }
    assert!(Claim::empty().only_key().is_none());
}

#[test]
fn without_a_signature_and_with_several_the_verdict_is_there_at_once() {
    let verdict = |scheme, headers: &[(&'static str, &str)]| {
        let delivery = Delivery { method: "", url: "", headers, body: BODY };
        verifier(scheme).claim(&Portable, SecretSet::ALL, &delivery, NOW, &mut Claim::empty(), |_| {}).unwrap_err()
    };
    assert_eq!(verdict(BARE, &[]), Err(Rejection::MissingSignature));
    let tag = |secret: &[u8]| {
        let key = Key::hmac(Algorithm::Sha256, secret).unwrap();
        encode(Encoding::HexaDecimal, key.sign(&[BODY]).unwrap().as_bytes())
    };
    let (right, wrong) = (tag(b"a secret"), tag(b"another"));
    let of = |one: &str, other: &str| {
        let value = format!("v1,{one} v1,{other}");
        verdict(LISTED, &[("X-Sign", &value), ("X-Sent", "1614265330")]).map(|verified| verified.secret_index)
    };
    assert_eq!(of(&wrong, &right), Ok(Some(0)));
    assert_eq!(of(&wrong, &wrong), Err(Rejection::Mismatch));
}
