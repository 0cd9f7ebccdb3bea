//! Verifies every test vector, whole and in pieces. Its verifier is made from the JSON of a connection, scheme or preset.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/scheme.rs"]
mod scheme;

use std::collections::BTreeSet;

use countersign::lanes::Lanes;
use countersign::{ConfigErrorKind, Rejection, Verified};
use countersign_vectors::{Kind, Vector};

fn outcome(result: Result<Verified, Rejection>) -> String {
    let verdict = match result {
        Ok(verified) => {
            let algorithm = verified.algorithm.map(|algorithm| algorithm.name().to_owned());
            ("authentic".to_owned(), algorithm, verified.secret_index, verified.covers_body)
        }
        Err(rejection) => (rejection.name().to_owned(), None, None, false),
    };
    format!("{verdict:?}")
}

/// Each preset that says where the id of a delivery is has a delivery with that id.
#[test]
fn every_preset_with_an_id_has_a_vector() {
    let vectors = countersign_vectors::all();
    for preset in countersign::presets().iter().filter(|preset| preset.delivery_id.source.is_some()) {
        let is_its = |vector: &Vector| {
            vector.verifier.kind() == Kind::Preset(preset.name()) && matches!(&vector.delivery_id, Some(Some(_)))
        };
        assert!(vectors.iter().any(|(_, vector)| is_its(vector)), "{}", preset.name());
    }
}

/// Each preset with a handshake has a request that is answered, and one that is not.
#[test]
fn every_preset_with_a_handshake_has_vectors() {
    let vectors = countersign_vectors::all();
    for preset in countersign::presets().iter().filter(|preset| preset.handshake_source.is_some()) {
        let of = |vector: &&(&str, Vector)| vector.1.verifier.kind() == Kind::Preset(preset.name());
        for is_one in [true, false] {
            let has_it = |(_, vector): &(&str, Vector)| {
                vector.handshake.as_ref().is_some_and(|answer| answer.is_some() == is_one)
            };
            assert!(vectors.iter().filter(of).any(has_it), "{}: {is_one}", preset.name());
        }
    }
}

#[test]
fn every_vector_gets_its_verdict_whole_and_in_pieces() {
    let (mut streamed, mut identified, mut ids, mut handshakes) = (0, 0, 0, 0);
    let (mut faults, mut failed) = (Vec::new(), BTreeSet::new());
    let vectors = countersign_vectors::all();
    for (file, vector) in &vectors {
        let expected = format!(
            "{:?}",
            (vector.expect.clone(), vector.algorithm.clone(), vector.secret_index, vector.covers_body())
        );
        let mut compare = |how: &str, found: String, expected: &str| {
            if found != expected {
                faults.push(format!("{file}: {}: {}{how}: {found}, not {expected}", vector.id, vector.comment));
                failed.insert(&vector.id);
            }
        };
        let verifier = match scheme::verifier(vector) {
            Ok(verifier) => verifier,
            Err(error) => {
                let found = (error.kind().name(), None::<String>, None::<u8>, false);
                compare(&format!(": {error}"), format!("{found:?}"), &expected);
                continue;
            }
        };
        let headers = vector.delivery.headers();
        let delivery = scheme::delivery(&vector.delivery, &headers);
        let now = scheme::received(vector.delivery.received_at);
        compare("", outcome(verifier.verify(&delivery, now)), &expected);
        if let Some(expected) = &vector.delivery_id {
            ids += 1;
            let found = verifier.delivery_id(&delivery);
            let found = found.map(|id| countersign_vectors::DeliveryId { text: id.text, is_signed: id.is_signed });
            compare(" (id)", format!("{found:?}"), &format!("{expected:?}"));
        }
        let answer = scheme::handshake(&verifier, vector);
        if let Some(expected) = &vector.handshake {
            handshakes += 1;
            compare(" (handshake)", format!("{answer:?}"), &format!("{expected:?}"));
        }
        let streaming = match verifier.streaming() {
            Ok(streaming) => streaming,
            Err(error) => {
                assert_eq!(error.kind(), ConfigErrorKind::Unsupported);
                continue;
            }
        };
        for size in [1, 7, 64, 1000] {
            streamed += 1;
            let verdict = streaming.begin(&delivery.head(), now).and_then(|mut stream| {
                delivery.body.chunks(size).for_each(|chunk| stream.update(chunk));
                stream.finish()
            });
            compare(&format!(" (in pieces of {size})"), outcome(verdict), &expected);
            let found = streaming.begin_identified(&delivery.head(), now).and_then(|mut stream| {
                delivery.body.chunks(size).for_each(|chunk| stream.update(chunk));
                stream.finish()
            });
            compare(&format!(" (identified, in pieces of {size})"), outcome(found.map(|found| found.0)), &expected);
            if let Ok((_, identity)) = found {
                identified += usize::from(identity.is_some());
                let whole = format!("{:?}", verifier.identify(&delivery).map(|found| *found.as_bytes()));
                compare(" (identity)", format!("{:?}", identity.map(|found| *found.as_bytes())), &whole);
            }
        }
    }
    let (passed, run) = (vectors.len() - failed.len(), vectors.len());
    println!("vectors: {passed} of {run} passed, one by one, {:?}", Lanes::detect());
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(
        vectors.len() >= 5000 && streamed >= 4 * 4000 && identified >= 4 * 1000 && ids >= 300 && handshakes >= 400,
        "{} vectors, {streamed} streams, {identified} identities, {ids} ids, {handshakes} handshakes",
        vectors.len()
    );
}
