//! Every vector of the corpus, from its connection's, scheme's or preset's JSON to the verdict.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign::core::{TimeUnit, Timestamp};
use countersign::{
    ConfigError, ConfigErrorKind, Connection, Delivery, Rejection, Scheme, Secret, Tolerance, Verified, Verifier,
};
use countersign_vectors::{Kind, Vector};

fn verifier(vector: &Vector) -> Result<Verifier, ConfigError> {
    let scheme = match vector.verifier.kind() {
        Kind::Connection(json) => {
            let connection = Connection::from_json(json)?;
            return match vector.verifier.secrets() {
                None => connection.verifier(),
                Some(secrets) => connection.verifier_with(&secrets.into_iter().map(Secret::new).collect::<Vec<_>>()),
            };
        }
        Kind::Scheme(json) => Scheme::from_json(json)?,
        Kind::Preset(name) => Scheme::preset(name)?,
    };
    let scheme = match vector.verifier.tolerance() {
        Some(seconds) => scheme.with_tolerance(Tolerance::both(u32::try_from(seconds).unwrap()))?,
        None => scheme,
    };
    let secrets = vector.verifier.scheme_secrets().into_iter().map(|given| {
        let secret = Secret::new(given.bytes);
        let secret = given.not_before.into_iter().fold(secret, |secret, json| secret.not_before(moment(json)));
        given.not_after.into_iter().fold(secret, |secret, json| secret.not_after(moment(json)))
    });
    scheme.verifier(secrets.collect::<Vec<_>>())
}

/// A moment in JSON: seconds since 1970, or RFC 3339 in quotes.
fn moment(json: &str) -> SystemTime {
    let text = json.trim_matches('"');
    let unit = if text.len() == json.len() { TimeUnit::Seconds } else { TimeUnit::Rfc3339 };
    let milliseconds = Timestamp::parse(text.as_bytes(), unit).unwrap().as_milliseconds();
    UNIX_EPOCH + Duration::from_millis(milliseconds.try_into().unwrap())
}

fn outcome(result: Result<Verified, Rejection>) -> (String, Option<String>, Option<usize>) {
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
    let (vectors, mut streamed, mut faults) = (countersign_vectors::all(), 0, Vec::new());
    for (file, vector) in &vectors {
        let expected = (vector.expect.clone(), vector.algorithm.clone(), vector.secret_index);
        let mut compare = |how: &str, found: (String, Option<String>, Option<usize>)| {
            if found != expected {
                faults.push(format!("{file}: {}: {}{how}: {found:?}, not {expected:?}", vector.id, vector.comment));
            }
        };
        let verifier = match verifier(vector) {
            Ok(verifier) => verifier,
            Err(error) => {
                compare(&format!(": {error}"), (error.kind().name().to_owned(), None, None));
                continue;
            }
        };
        let (headers, body) = (vector.delivery.headers(), vector.delivery.body());
        let delivery = Delivery {
            method: vector.delivery.method.as_deref().unwrap_or(""),
            url: vector.delivery.url.as_deref().unwrap_or(""),
            headers: &headers[..],
            body,
        };
        let now = vector.delivery.received_at.map_or_else(SystemTime::now, |seconds| match u64::try_from(seconds) {
            Ok(after) => UNIX_EPOCH + Duration::from_secs(after),
            Err(_) => UNIX_EPOCH - Duration::from_secs(seconds.unsigned_abs()),
        });
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
                body.chunks(size).for_each(|chunk| stream.update(chunk));
                stream.finish()
            });
            compare(&format!(" (in pieces of {size})"), outcome(verdict));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(vectors.len() >= 5000 && streamed >= 4 * 4000, "{} vectors, {streamed} streams", vectors.len());
}
