//! Verifies every test vector, whole and in pieces. Its verifier is made from the JSON of a connection, scheme or preset.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/scheme.rs"]
mod scheme;

use std::collections::BTreeSet;

use countersign::lanes::Lanes;
use countersign::{ConfigErrorKind, Rejection, Verified};

fn outcome(result: Result<Verified, Rejection>) -> (String, Option<String>, Option<u8>) {
    match result {
        Ok(verified) => {
            let algorithm = verified.algorithm.map(|algorithm| algorithm.name().to_owned());
            ("authentic".to_owned(), algorithm, verified.secret_index)
        }
        Err(rejection) => (rejection.name().to_owned(), None, None),
    }
}

#[test]
fn every_vector_gets_its_verdict_whole_and_in_pieces() {
    let (vectors, mut streamed, mut faults, mut failed) = (countersign_vectors::all(), 0, Vec::new(), BTreeSet::new());
    for (file, vector) in &vectors {
        let expected = (vector.expect.clone(), vector.algorithm.clone(), vector.secret_index);
        let mut compare = |how: &str, found: (String, Option<String>, Option<u8>)| {
            if found != expected {
                faults.push(format!("{file}: {}: {}{how}: {found:?}, not {expected:?}", vector.id, vector.comment));
                failed.insert(&vector.id);
            }
        };
        let verifier = match scheme::verifier(vector) {
            Ok(verifier) => verifier,
            Err(error) => {
                compare(&format!(": {error}"), (error.kind().name().to_owned(), None, None));
                continue;
            }
        };
        let headers = vector.delivery.headers();
        let delivery = scheme::delivery(&vector.delivery, &headers);
        let now = scheme::received(vector.delivery.received_at);
        compare("", outcome(verifier.verify(&delivery, now)));
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
            compare(&format!(" (in pieces of {size})"), outcome(verdict));
        }
    }
    let (passed, run) = (vectors.len() - failed.len(), vectors.len());
    println!("vectors: {passed} of {run} passed, one by one, {:?}", Lanes::detect());
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(vectors.len() >= 5000 && streamed >= 4 * 4000, "{} vectors, {streamed} streams", vectors.len());
}
