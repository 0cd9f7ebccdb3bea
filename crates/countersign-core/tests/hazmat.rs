//! The module `hazmat`: the fast path recognises the two most common forms of a signature and no other. Verdicts alone
//! do not show that, since the general code returns the same ones.

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

/// The verdict of the fast path, if it recognises `signature`. Checks too that the verdict of `verify_signature` is the
/// same.
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
fn the_most_common_forms_are_on_the_fast_path() {
    for algorithm in Algorithm::ALL {
        for encoding in [Encoding::HexaDecimal, Encoding::Base64, Encoding::Base64Url] {
            let scheme = HmacScheme { algorithm: AlgorithmRule::Fixed(algorithm), encoding, ..BARE };
            let bare = Verifier::new(Scheme::Hmac(scheme), [key(algorithm)]).unwrap();
            let labelled = HmacScheme { format: Format::Labelled, ..scheme };
            let labelled = Verifier::new(Scheme::Hmac(labelled), [key(algorithm)]).unwrap();
            let two =
                Verifier::new(Scheme::Hmac(scheme), [Key::hmac(algorithm, b"old").unwrap(), key(algorithm)]).unwrap();

            let tag = key(algorithm).sign(&[BODY]).unwrap();
            let (correct, wrong) = (encode(encoding, tag.as_bytes()), encode(encoding, &vec![0; tag.as_bytes().len()]));
            let label = |text: &str| format!("{}={text}", algorithm.name().replace('_', "").to_lowercase());
            for (verifier, text) in [(&bare, correct.clone()), (&bare, label(&correct)), (&labelled, label(&correct))] {
                assert_eq!(fast(verifier, &text), Some(Ok((algorithm, 0))), "{text}");
            }
            assert_eq!(fast(&two, &correct), Some(Ok((algorithm, 1))));
            for (verifier, text) in [(&bare, wrong.clone()), (&bare, label(&wrong)), (&labelled, label(&wrong))] {
                assert_eq!(fast(verifier, &text), Some(Err(Rejection::Mismatch)), "{text}");
            }
            // Everything else is left to the general code, which accepts some of it.
            for text in
                [format!(" {correct}"), format!("x{correct}"), correct[1..].to_owned(), label(&correct).to_uppercase()]
            {
                assert_eq!(fast(&bare, &text), None, "{text}");
            }
            assert_eq!(fast(&labelled, &correct), None);
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
fn signature_line_returns_the_only_line_of_the_only_header() {
    let line = |scheme, names: &[&'static str]| {
        let headers: Vec<_> = names.iter().map(|name| (*name, "its value")).collect();
        verifier(scheme).signature_line(&headers[..]).map(<[u8]>::to_vec)
    };
    assert_eq!(line(BARE, &["Host", "x-sign"]).as_deref(), Some(&b"its value"[..]));
    assert_eq!(line(BARE, &["Host"]), None);
    assert_eq!(line(BARE, &["X-Sign", "x-sign"]), None);
    // A list of names is not a name, even if a header has exactly this name.
    let several = HmacScheme { header: "X-Sign, X-Other", ..BARE };
    assert_eq!(line(several, &["X-Sign", "X-Sign, X-Other"]), None);
    let token = Verifier::new(Scheme::token(TOKEN_HEADER), [Key::token(b"a token").unwrap()]).unwrap();
    assert_eq!(token.signature_line(&[(TOKEN_HEADER, "a token")][..]), None);
}

#[test]
fn a_claim_of_one_signature_needs_one_mac_for_each_key() {
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
fn claim_returns_the_verdict_if_there_is_no_signature_or_several() {
    let verdict = |scheme, headers: &[(&'static str, &str)]| {
        let delivery = Delivery { method: "", url: "", headers, body: BODY };
        verifier(scheme).claim(&Portable, SecretSet::ALL, &delivery, NOW, &mut Claim::empty(), |_| {}).unwrap_err()
    };
    assert_eq!(verdict(BARE, &[]), Err(Rejection::MissingSignature));
    let tag = |secret: &[u8]| {
        let key = Key::hmac(Algorithm::Sha256, secret).unwrap();
        encode(Encoding::HexaDecimal, key.sign(&[BODY]).unwrap().as_bytes())
    };
    let (correct, wrong) = (tag(b"a secret"), tag(b"another"));
    let verdict_on_two = |first: &str, second: &str| {
        let value = format!("v1,{first} v1,{second}");
        verdict(LISTED, &[("X-Sign", &value), ("X-Sent", "1614265330")]).map(|verified| verified.secret_index)
    };
    assert_eq!(verdict_on_two(&wrong, &correct), Ok(Some(0)));
    assert_eq!(verdict_on_two(&wrong, &wrong), Err(Rejection::Mismatch));
}
