//! A batch gives each delivery the verdict that it gets alone: with every combination of instruction sets, on one core
//! and on several.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/scheme.rs"]
mod scheme;

use std::collections::BTreeSet;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign::lanes::{Feature, Lanes};
use countersign::{
    Algorithm, Batch, ConfigError, Delivery, Encoding, Headers, MAX_THREADS, Message, Rejection, Scheme, Secret,
    Signer, Verdict, Verifier, verify_batch,
};
use countersign_vectors::{Kind, Vector};

/// Batches with each set of instruction sets that this processor can be taken to have.
fn batches() -> impl Iterator<Item = Batch> {
    let mut seen = BTreeSet::new();
    let lanes = (0..1_u32 << Feature::ALL.len()).filter_map(move |without| {
        let left_out = Feature::ALL.into_iter().enumerate().filter(|(at, _)| without >> at & 1 == 1);
        let lanes = left_out.fold(Lanes::detect(), |lanes, (_, feature)| lanes.without(feature));
        seen.insert(format!("{lanes:?}")).then_some(lanes)
    });
    lanes.map(|lanes| Batch::new().lanes(lanes))
}

const NO_VERDICT: Verdict = Err(Rejection::BodyTooLarge);

fn verifier(vector: &Vector) -> Result<Verifier, ConfigError> {
    if let (Kind::Connection(json), None) = (vector.verifier.kind(), vector.verifier.secrets()) {
        return Verifier::from_connection(json);
    }
    let (scheme, secrets) = scheme::scheme(&vector.verifier)?;
    scheme.verifier(secrets)
}

/// All vectors in one batch, each with its own verifier.
#[test]
fn every_vector_gets_its_verdict() {
    let vectors = countersign_vectors::all();
    let mut made = Vec::new();
    for (file, vector) in &vectors {
        match verifier(vector) {
            Ok(verifier) => made.push((vector, verifier, vector.delivery.headers())),
            Err(error) => assert_eq!(error.kind().name(), vector.expect, "{file}: {}: {error}", vector.id),
        }
    }
    assert!(made.len() >= 6000, "{} vectors with a verifier", made.len());
    let deliveries: Vec<_> = made
        .iter()
        .map(|(vector, verifier, headers)| {
            let delivery = Delivery {
                method: vector.delivery.method.as_deref().unwrap_or(""),
                url: vector.delivery.url.as_deref().unwrap_or(""),
                headers: &headers[..],
                body: vector.delivery.body(),
            };
            (verifier, delivery, scheme::received(vector.delivery.received_at))
        })
        .collect();
    for batch in batches().chain([Batch::new().threads(NonZero::new(3).unwrap())]) {
        let mut verdicts = vec![NO_VERDICT; deliveries.len()];
        batch.verify(&deliveries, &mut verdicts);
        for ((vector, ..), verdict) in made.iter().zip(verdicts) {
            let name = verdict.map_or_else(Rejection::name, |_| "authentic");
            assert_eq!(name, vector.expect, "{}: {} ({batch:?})", vector.id, vector.comment);
            let algorithm = verdict.ok().and_then(|verified| verified.algorithm).map(Algorithm::name);
            assert_eq!(algorithm, vector.algorithm.as_deref(), "{}", vector.id);
            assert_eq!(verdict.ok().and_then(|verified| verified.secret_index), vector.secret_index, "{}", vector.id);
        }
        println!("vectors: {0} of {0} passed, all at once, {batch:?}", vectors.len());
    }
}

/// Deliveries to several verifiers, every third one of them altered: the same verdict as alone.
#[test]
fn batches_of_any_size_agree_with_single_deliveries() {
    let pool: Vec<u8> = (0..4000_u32).map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let mut made = Vec::new();
    for algorithm in Algorithm::ALL {
        for (encoding, secrets) in [
            (Encoding::HexaDecimal, vec![Secret::new("one")]),
            (Encoding::Base64, vec![Secret::new("one"), Secret::new("two"), Secret::new("three")]),
        ] {
            let signer = Signer::hmac(algorithm, encoding, secrets.last().unwrap().clone()).unwrap();
            made.push((Verifier::hmac(algorithm, encoding, secrets).unwrap(), signer));
        }
    }
    let signed: Vec<_> = (0..700)
        .map(|at| {
            let (verifier, signer) = &made[at * 7 % made.len()];
            let body = &pool[at..][..at * 37 % 1500];
            let mut signature = signer.signature(&Message::new(body)).unwrap().into_bytes();
            if at % 3 == 0 {
                let place = at % signature.len();
                signature[place] = if signature[place] == b'0' { b'1' } else { b'0' };
            }
            (verifier, signature, body)
        })
        .collect();
    let items: Vec<_> = signed.iter().map(|(verifier, signature, body)| (*verifier, &signature[..], *body)).collect();
    let alone: Vec<_> =
        items.iter().map(|(verifier, signature, body)| verifier.verify_signature(signature, body)).collect();
    assert!(alone.iter().filter(|verdict| verdict.is_ok()).count() > 400);
    assert!(alone.iter().filter(|verdict| verdict.is_err()).count() > 200);
    for batch in batches() {
        for count in (0..40).chain([255, 256, 257, 700]) {
            let mut verdicts = vec![NO_VERDICT; count];
            batch.verify_signatures(&items[..count], &mut verdicts);
            assert_eq!(verdicts, alone[..count], "{count} ({batch:?})");
        }
    }
}

/// A number out of all measure starts no such number of threads, since a thread that the system refuses ends the process.
#[test]
fn threads_have_a_limit() {
    let most = |threads| format!("{:?}", Batch::new().threads(NonZero::new(threads).unwrap()));
    assert!(most(MAX_THREADS).contains("threads: 1024"));
    for threads in [MAX_THREADS + 1, 1_000_000_000, usize::MAX] {
        assert_eq!(most(threads), most(MAX_THREADS));
    }
}

/// One core or several, the verdicts stand in the order of the deliveries.
#[test]
fn threads_keep_the_order() {
    let verifier = Verifier::hmac(Algorithm::Sha256, Encoding::HexaDecimal, Secret::new("secret")).unwrap();
    let signer = Signer::hmac(Algorithm::Sha256, Encoding::HexaDecimal, Secret::new("secret")).unwrap();
    let bodies: Vec<_> = (0..3000).map(|at| format!("body {at}").into_bytes()).collect();
    let signatures: Vec<_> = bodies.iter().map(|body| signer.signature(&Message::new(body)).unwrap()).collect();
    // Each signature with the body of another one, but for a few.
    let items: Vec<_> = (0..3000)
        .map(|at| (&verifier, signatures[at].as_bytes(), &bodies[if at % 97 == 0 { at } else { (at + 1) % 3000 }][..]))
        .collect();
    for threads in [1, 2, 3, 7, 100] {
        let mut verdicts = vec![NO_VERDICT; 3000];
        Batch::new().threads(NonZero::new(threads).unwrap()).verify_signatures(&items, &mut verdicts);
        for (at, verdict) in verdicts.into_iter().enumerate() {
            assert_eq!(verdict.map(|_| ()), if at % 97 == 0 { Ok(()) } else { Err(Rejection::Mismatch) }, "{at}");
        }
    }
}

/// Nobody can take a place without a delivery for an authentic one.
#[test]
fn places_without_a_delivery_are_errors() {
    let verifier = Verifier::hmac(Algorithm::Md5, Encoding::HexaDecimal, Secret::new("secret")).unwrap();
    let signer = Signer::hmac(Algorithm::Md5, Encoding::HexaDecimal, Secret::new("secret")).unwrap();
    let signature = signer.signature(&Message::new(b"body")).unwrap();
    let item = (&verifier, signature.as_bytes(), &b"body"[..]);
    let authentic = verifier.verify_signature(signature.as_bytes(), b"body");
    assert!(authentic.is_ok());
    for (deliveries, places) in [(0, 0), (0, 2), (1, 0), (1, 1), (1, 5), (5, 1), (20, 30), (30, 20)] {
        let mut verdicts = vec![authentic; places];
        verify_batch(&vec![item; deliveries], &mut verdicts);
        for (at, verdict) in verdicts.into_iter().enumerate() {
            assert_eq!(verdict.is_ok(), at < deliveries, "{deliveries} {places} {at}");
        }
    }
}

/// What is said before the MAC, tokens, and functions that make their own text stand beside each other.
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
    let alone: Vec<_> = items.iter().map(|(verifier, delivery, now)| verifier.verify(delivery, *now)).collect();
    assert_eq!(alone[0], Err(Rejection::WrongLength));
    assert!(alone[1].is_ok() && alone[3].is_ok());
    let mut verdicts = [NO_VERDICT; 5];
    Batch::new().verify(&items, &mut verdicts);
    assert_eq!(verdicts[..], alone);
}

/// `verify_batch` looks at the clock for those who need it.
#[test]
fn signatures_with_a_time_are_judged_by_the_clock() {
    let verifier = Verifier::preset("stripe", Secret::new("secret")).unwrap();
    let scheme = Scheme::preset("stripe").unwrap();
    let signer = scheme.signer(Secret::new("secret")).unwrap();
    let sign = |at: SystemTime| {
        let message = Message { now: at, ..Message::new(b"body") };
        signer.headers(&message).unwrap().remove(0).1
    };
    let (fresh, old) = (sign(SystemTime::now()), sign(UNIX_EPOCH + Duration::from_secs(1_600_000_000)));
    let items = [(&verifier, fresh.as_bytes(), &b"body"[..]), (&verifier, old.as_bytes(), b"body")];
    let mut verdicts = [NO_VERDICT; 2];
    verify_batch(&items, &mut verdicts);
    assert!(verdicts[0].is_ok());
    assert_eq!(verdicts[1], Err(Rejection::Expired));
}

/// Header lines of somebody's own, which panic when they are looked at.
enum Own {
    Good(&'static [u8]),
    Broken,
}

impl Headers for Own {
    fn lines<'n>(&'n self, _: &'n str) -> impl Iterator<Item = &'n [u8]> {
        match self {
            Self::Good(value) => std::iter::once(*value),
            Self::Broken => panic!("on purpose"),
        }
    }
}

/// A panic that somebody catches must not leave verdicts of an earlier batch in their places.
#[test]
fn no_old_verdict_is_left_after_a_panic() {
    static GOOD: Own = Own::Good(b"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
    static BROKEN: Own = Own::Broken;
    let verifier = Verifier::preset("github", Secret::new("It's a Secret to Everybody")).unwrap();
    let deliveries = |body: &'static [u8], headers: &'static Own| {
        (&verifier, Delivery { method: "POST", url: "/", headers, body }, SystemTime::now())
    };
    for (count, threads) in [(2, 1), (10, 1), (2000, 1), (2000, 3)] {
        let batch = Batch::new().threads(NonZero::new(threads).unwrap());
        let mut verdicts = vec![NO_VERDICT; count];
        let mut items = vec![deliveries(b"Hello, World!", &GOOD); count];
        batch.verify(&items, &mut verdicts);
        assert!(verdicts.iter().all(Verdict::is_ok));
        // The places are used again. All but the first are forged.
        items = vec![deliveries(b"forged", &GOOD); count];
        items[1] = deliveries(b"forged", &BROKEN);
        let outcome = catch_unwind(AssertUnwindSafe(|| batch.verify(&items, &mut verdicts)));
        assert!(outcome.is_err(), "{count} on {threads}: nothing has panicked");
        assert!(verdicts.iter().all(Verdict::is_err), "{count} on {threads}: an old Ok is left");
    }
}
