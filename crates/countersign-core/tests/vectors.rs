//! Runs every test vector that the core can verify, in each way: at once, in pieces, with headers, with the value
//! alone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "support/connection.rs"]
mod connection;
#[path = "support/pieces.rs"]
mod pieces;

use connection::{Connection, VectorVerifier};
use countersign_core::{Delivery, Head, Rejection, SetupError, Stream, Timestamp, Verified};
use countersign_vectors::Vector;
use pieces::pieces;

/// The faulty connections that only the JSON reader of `countersign` rejects, by file and flag. They are skipped here.
const NOT_FOR_CORE: [(&str, &[&str]); 2] = [
    ("configuration.json", &["EnumValue", "UnknownField", "WrongType", "Rule", "HeaderName", "Unchecked"]),
    ("connection-text.json", &["Duplicate", "NotJson", "NotAnObject"]),
];

/// The minimum number of vectors that must be run and skipped, since a smaller corpus would be a mistake.
const MIN_RUN: usize = 3000;
const MIN_SKIPPED: usize = 170;

/// A verdict, as a vector states it.
#[derive(Debug, PartialEq)]
struct Verdict {
    name: String,
    algorithm: Option<String>,
    secret_index: Option<u8>,
}

impl Verdict {
    fn expected(vector: &Vector) -> Self {
        Self { name: vector.expect.clone(), algorithm: vector.algorithm.clone(), secret_index: vector.secret_index }
    }
}

impl From<Result<Verified, Rejection>> for Verdict {
    fn from(result: Result<Verified, Rejection>) -> Self {
        match result {
            Ok(Verified { algorithm, secret_index, .. }) => {
                let algorithm = algorithm.map(|algorithm| algorithm.name().to_owned());
                Self { name: "authentic".to_owned(), algorithm, secret_index }
            }
            Err(rejection) => Self { name: rejection.name().to_owned(), algorithm: None, secret_index: None },
        }
    }
}

#[test]
fn every_vector_gets_its_verdict() {
    let (mut run, mut refused, mut skipped) = (0, 0, 0);
    for (file, vector) in connection::vectors() {
        if not_for_core(file, &vector) {
            assert_eq!(vector.expect, "invalid_config", "{file}: {}: only configurations are skipped", vector.id);
            skipped += 1;
            continue;
        }
        let connection = Connection::of(&vector);
        match connection.verifier(vector.verifier.secrets()) {
            Ok(verifier) => check(file, &vector, &connection, &verifier),
            Err(error) => {
                assert_eq!(name(error), vector.expect, "{file}: {}: {error}", vector.id);
                refused += 1;
            }
        }
        run += 1;
    }
    println!("{run} vectors run, {refused} of them connections that the core refuses; {skipped} skipped");
    assert!(run > MIN_RUN, "only {run} vectors were run");
    assert!(refused >= 24, "only {refused} connections were refused");
    assert!(skipped >= MIN_SKIPPED, "only {skipped} connections were skipped");
}

fn not_for_core(file: &str, vector: &Vector) -> bool {
    let listed =
        |flag: &String| NOT_FOR_CORE.iter().any(|(of_file, flags)| *of_file == file && flags.contains(&flag.as_str()));
    vector.flags.iter().any(listed)
}

/// The name of a configuration error.
fn name(error: SetupError) -> &'static str {
    match error.code() {
        65 => "empty_secret",
        66 => "malformed_secret",
        67 => "invalid_config",
        code => panic!("{code} is no number of a configuration error"),
    }
}

fn check(file: &str, vector: &Vector, connection: &Connection, verifier: &VectorVerifier<'_>) {
    let (headers, body) = (vector.delivery.headers(), vector.delivery.body());
    let delivery = Delivery {
        method: vector.delivery.method.as_deref().unwrap_or("POST"),
        url: vector.delivery.url.as_deref().unwrap_or("/"),
        headers: headers.as_slice(),
        body,
    };
    let expected = Verdict::expected(vector);
    let agree = |way: &str, verdict: Result<Verified, Rejection>| {
        assert_eq!(Verdict::from(verdict), expected, "{file}: {}, by {way}: {}", vector.id, vector.comment);
    };

    agree("verify", verifier.verify(&delivery, Timestamp::from_seconds(0)));
    for (way, parts) in ways_to_arrive(body) {
        agree(
            &format!("begin, {way}"),
            feed(
                verifier
                    .streaming()
                    .unwrap()
                    .begin(&Head { method: "", url: "", headers: headers.as_slice() }, Timestamp::from_seconds(0)),
                &parts,
            ),
        );
    }

    // The value alone is enough only if no other header is read.
    let named = |name: &str| headers.iter().filter(|(line, _)| line.eq_ignore_ascii_case(name)).count();
    let companions = connection.companion().map_or(0, named);
    if let ([value], 0) = (values(&headers, connection.header()).as_slice(), companions) {
        agree("verify_signature", verifier.verify_signature(value, body, Timestamp::from_seconds(0)));
        for (way, parts) in ways_to_arrive(body) {
            agree(
                &format!("begin_signature, {way}"),
                feed(verifier.streaming().unwrap().begin_signature(value, Timestamp::from_seconds(0)), &parts),
            );
        }
    }
}

fn values<'a>(headers: &[(&str, &'a [u8])], name: &str) -> Vec<&'a [u8]> {
    headers.iter().filter(|(line, _)| line.eq_ignore_ascii_case(name)).map(|&(_, value)| value).collect()
}

/// In one piece, byte by byte, and in three pseudorandom ways.
fn ways_to_arrive(body: &[u8]) -> Vec<(&'static str, Vec<&[u8]>)> {
    let mut ways = vec![("in one piece", vec![body]), ("byte by byte", body.chunks(1).collect())];
    ways.extend((0..3).map(|seed| ("in pieces", pieces(body, seed))));
    ways
}

fn feed(stream: Result<Stream, Rejection>, parts: &[&[u8]]) -> Result<Verified, Rejection> {
    let mut stream = stream?;
    for part in parts {
        stream.update(part);
    }
    stream.finish()
}
