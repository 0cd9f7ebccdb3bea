//! A batch returns the same verdicts as single verifications, with every combination of instruction sets, in one thread
//! and in several.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/scheme.rs"]
mod scheme;

use std::collections::BTreeSet;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign::lanes::{Feature, Lanes};
use countersign::{
    Algorithm, Batch, Delivery, Encoding, Headers, MAX_THREADS, Message, Rejection, Scheme, Secret, Signer, Verdict,
    Verifier, verify_batch,
};

/// Batches with every subset of the processor's instruction sets.
fn batches() -> impl Iterator<Item = Batch> {
    let mut seen = BTreeSet::new();
    let lanes = (0..1_u32 << Feature::ALL.len()).filter_map(move |mask| {
        let excluded = Feature::ALL.into_iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1);
        let lanes = excluded.fold(Lanes::detect(), |lanes, (_, feature)| lanes.without(feature));
        seen.insert(format!("{lanes:?}")).then_some(lanes)
    });
    lanes.map(|lanes| Batch::new().lanes(lanes))
}

const NO_VERDICT: Verdict = Err(Rejection::BodyTooLarge);

/// All vectors in one batch, each with its own verifier.
#[test]
fn every_vector_gets_its_verdict() {
    let vectors = countersign_vectors::all();
    let mut cases = Vec::new();
    for (file, vector) in &vectors {
        match scheme::verifier(vector) {
            Ok(verifier) => cases.push((vector, verifier, vector.delivery.headers())),
            Err(error) => assert_eq!(error.kind().name(), vector.expect, "{file}: {}: {error}", vector.id),
        }
    }
    assert!(cases.len() >= 6000, "{} vectors with a verifier", cases.len());
    let deliveries: Vec<_> = cases
        .iter()
        .map(|(vector, verifier, headers)| {
            let delivery = scheme::delivery(&vector.delivery, headers);
            (verifier, delivery, scheme::received(vector.delivery.received_at))
        })
        .collect();
    for batch in batches().chain([Batch::new().threads(NonZero::new(3).unwrap())]) {
        let mut verdicts = vec![NO_VERDICT; deliveries.len()];
        batch.verify(&deliveries, &mut verdicts);
        for ((vector, ..), verdict) in cases.iter().zip(verdicts) {
            let name = verdict.map_or_else(Rejection::name, |_| "authentic");
            assert_eq!(name, vector.expect, "{}: {} ({batch:?})", vector.id, vector.comment);
            let algorithm = verdict.ok().and_then(|verified| verified.algorithm).map(Algorithm::name);
            assert_eq!(algorithm, vector.algorithm.as_deref(), "{}", vector.id);
            assert_eq!(verdict.ok().and_then(|verified| verified.secret_index), vector.secret_index, "{}", vector.id);
        }
        println!("vectors: {0} of {0} passed, in one batch, {batch:?}", vectors.len());
    }
}

/// The deliveries go to several verifiers, and every third is altered.
#[test]
fn batches_of_any_size_agree_with_single_verifications() {
    let bytes: Vec<u8> = (0..4000_u32).map(|i| i.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let mut pairs = Vec::new();
    for algorithm in Algorithm::ALL {
        for (encoding, secrets) in [
            (Encoding::HexaDecimal, vec![Secret::new("one")]),
            (Encoding::Base64, vec![Secret::new("one"), Secret::new("two"), Secret::new("three")]),
        ] {
            let signer = Signer::hmac(algorithm, encoding, secrets.last().unwrap().clone()).unwrap();
            pairs.push((Verifier::hmac(algorithm, encoding, secrets).unwrap(), signer));
        }
    }
    let signed: Vec<_> = (0..700)
        .map(|i| {
            let (verifier, signer) = &pairs[i * 7 % pairs.len()];
            let body = &bytes[i..][..i * 37 % 1500];
            let mut signature = signer.signature(&Message::new(body)).unwrap().into_bytes();
            if i % 3 == 0 {
                let position = i % signature.len();
                signature[position] = if signature[position] == b'0' { b'1' } else { b'0' };
            }
            (verifier, signature, body)
        })
        .collect();
    let items: Vec<_> = signed.iter().map(|(verifier, signature, body)| (*verifier, &signature[..], *body)).collect();
    let expected: Vec<_> =
        items.iter().map(|(verifier, signature, body)| verifier.verify_signature(signature, body)).collect();
    assert!(expected.iter().filter(|verdict| verdict.is_ok()).count() > 400);
    assert!(expected.iter().filter(|verdict| verdict.is_err()).count() > 200);
    for batch in batches() {
        for count in (0..40).chain([255, 256, 257, 700]) {
            let mut verdicts = vec![NO_VERDICT; count];
            batch.verify_signatures(&items[..count], &mut verdicts);
            assert_eq!(verdicts, expected[..count], "{count} ({batch:?})");
        }
    }
}

/// The process ends if the system refuses to start a thread, so the number of threads is limited.
#[test]
fn the_number_of_threads_is_limited() {
    let batch = |threads| format!("{:?}", Batch::new().threads(NonZero::new(threads).unwrap()));
    assert!(batch(MAX_THREADS).contains("threads: 1024"));
    for threads in [MAX_THREADS + 1, 1_000_000_000, usize::MAX] {
        assert_eq!(batch(threads), batch(MAX_THREADS));
    }
}

/// The verdicts have the order of the deliveries, however many threads there are.
#[test]
fn threads_keep_the_order() {
    let verifier = Verifier::hmac(Algorithm::Sha256, Encoding::HexaDecimal, Secret::new("secret")).unwrap();
    let signer = Signer::hmac(Algorithm::Sha256, Encoding::HexaDecimal, Secret::new("secret")).unwrap();
    let bodies: Vec<_> = (0..3000).map(|i| format!("body {i}").into_bytes()).collect();
    let signatures: Vec<_> = bodies.iter().map(|body| signer.signature(&Message::new(body)).unwrap()).collect();
    // Most signatures have the wrong body.
    let items: Vec<_> = (0..3000)
        .map(|i| (&verifier, signatures[i].as_bytes(), &bodies[if i % 97 == 0 { i } else { (i + 1) % 3000 }][..]))
        .collect();
    for threads in [1, 2, 3, 7, 100] {
        let mut verdicts = vec![NO_VERDICT; 3000];
        Batch::new().threads(NonZero::new(threads).unwrap()).verify_signatures(&items, &mut verdicts);
        for (i, verdict) in verdicts.into_iter().enumerate() {
            assert_eq!(verdict.map(|_| ()), if i % 97 == 0 { Ok(()) } else { Err(Rejection::Mismatch) }, "{i}");
        }
    }
}

/// A verdict without a delivery must not look authentic.
#[test]
fn verdicts_without_a_delivery_are_errors() {
    let verifier = Verifier::hmac(Algorithm::Md5, Encoding::HexaDecimal, Secret::new("secret")).unwrap();
    let signer = Signer::hmac(Algorithm::Md5, Encoding::HexaDecimal, Secret::new("secret")).unwrap();
    let signature = signer.signature(&Message::new(b"body")).unwrap();
    let item = (&verifier, signature.as_bytes(), &b"body"[..]);
    let authentic = verifier.verify_signature(signature.as_bytes(), b"body");
    assert!(authentic.is_ok());
    for (deliveries, count) in [(0, 0), (0, 2), (1, 0), (1, 1), (1, 5), (5, 1), (20, 30), (30, 20)] {
        let mut verdicts = vec![authentic; count];
        verify_batch(&vec![item; deliveries], &mut verdicts);
        for (i, verdict) in verdicts.into_iter().enumerate() {
            assert_eq!(verdict.is_ok(), i < deliveries, "{deliveries} {count} {i}");
        }
    }
}

/// One batch contains deliveries that are rejected before the MAC, tokens, and deliveries of which nothing is checked.
#[test]
fn every_kind_of_verifier_in_one_batch() {
    let stripe = Verifier::preset("stripe", Secret::new("whsec_test")).unwrap();
    let token = Verifier::token(Secret::new("a token")).unwrap();
    let none = Verifier::from_connection(r#"{"auth_method": "NONE"}"#).unwrap();
    let slack = Verifier::preset("slack", Secret::new("secret")).unwrap();
    let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let body = &b"{}"[..];
    let headers: [&[(&str, &str)]; 5] = [
        &[("Stripe-Signature", "t=1700000000,v1=00")],
        &[("Authorization", "Bearer a token")],
        &[("Authorization", "Bearer another")],
        &[],
        &[("X-Slack-Request-Timestamp", "1700000000")],
    ];
    let items: Vec<_> = [&stripe, &token, &token, &none, &slack]
        .into_iter()
        .zip(headers)
        .map(|(verifier, headers)| (verifier, Delivery { method: "POST", url: "", headers, body }, now))
        .collect();
    let expected: Vec<_> = items.iter().map(|(verifier, delivery, now)| verifier.verify(delivery, *now)).collect();
    assert_eq!(expected[0], Err(Rejection::WrongLength));
    assert!(expected[1].is_ok() && expected[3].is_ok());
    let mut verdicts = [NO_VERDICT; 5];
    Batch::new().verify(&items, &mut verdicts);
    assert_eq!(verdicts[..], expected);
}

#[test]
fn verify_batch_uses_the_clock_for_timestamps() {
    let verifier = Verifier::preset("stripe", Secret::new("secret")).unwrap();
    let scheme = Scheme::preset("stripe").unwrap();
    let signer = scheme.signer(Secret::new("secret")).unwrap();
    let sign = |now: SystemTime| {
        let message = Message { now, ..Message::new(b"body") };
        signer.headers(&message).unwrap().remove(0).1
    };
    let (fresh, old) = (sign(SystemTime::now()), sign(UNIX_EPOCH + Duration::from_secs(1_600_000_000)));
    let items = [(&verifier, fresh.as_bytes(), &b"body"[..]), (&verifier, old.as_bytes(), b"body")];
    let mut verdicts = [NO_VERDICT; 2];
    verify_batch(&items, &mut verdicts);
    assert!(verdicts[0].is_ok());
    assert_eq!(verdicts[1], Err(Rejection::Expired));
}

/// Headers of a caller, which can panic.
enum CallerHeaders {
    Value(&'static [u8]),
    Panic,
}

impl Headers for CallerHeaders {
    fn lines<'n>(&'n self, _: &'n str) -> impl Iterator<Item = &'n [u8]> {
        match self {
            Self::Value(value) => std::iter::once(*value),
            Self::Panic => panic!("on purpose"),
        }
    }
}

/// If the caller catches a panic, the verdicts must not be those of an earlier batch.
#[test]
fn no_old_verdict_is_left_after_a_panic() {
    static VALID: CallerHeaders =
        CallerHeaders::Value(b"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
    static PANIC: CallerHeaders = CallerHeaders::Panic;
    let verifier = Verifier::preset("github", Secret::new("It's a Secret to Everybody")).unwrap();
    let item = |body: &'static [u8], headers: &'static CallerHeaders| {
        (&verifier, Delivery { method: "POST", url: "/", headers, body }, SystemTime::now())
    };
    for (count, threads) in [(2, 1), (10, 1), (2000, 1), (2000, 3)] {
        let batch = Batch::new().threads(NonZero::new(threads).unwrap());
        let mut verdicts = vec![NO_VERDICT; count];
        let mut items = vec![item(b"Hello, World!", &VALID); count];
        batch.verify(&items, &mut verdicts);
        assert!(verdicts.iter().all(Verdict::is_ok));
        // The same verdicts are used again, now for forged deliveries.
        items = vec![item(b"forged", &VALID); count];
        items[1] = item(b"forged", &PANIC);
        let result = catch_unwind(AssertUnwindSafe(|| batch.verify(&items, &mut verdicts)));
        assert!(result.is_err(), "{count} in {threads} threads: no panic");
        assert!(verdicts.iter().all(Verdict::is_err), "{count} in {threads} threads: an old Ok is left");
    }
}
