//! Every vector of the corpus, from its connection's JSON to the verdict.

use std::time::SystemTime;

use countersign::{ConfigError, Connection, Delivery, Rejection, Secret, Verified, Verifier};
use countersign_vectors::Vector;

fn verifier(vector: &Vector) -> Result<Verifier, ConfigError> {
    let connection = Connection::from_json(vector.verifier.connection())?;
    match vector.verifier.secrets() {
        None => connection.verifier(),
        Some(secrets) => connection.verifier_with(&secrets.into_iter().map(Secret::new).collect::<Vec<_>>()),
    }
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
    let vectors = countersign_vectors::all();
    for (file, vector) in &vectors {
        let expected = (vector.expect.clone(), vector.algorithm.clone(), vector.secret_index);
        let place = format!("{file}: {}: {}", vector.id, vector.comment);
        let verifier = match verifier(vector) {
            Ok(verifier) => verifier,
            Err(error) => {
                assert_eq!((error.kind().name().to_owned(), None, None), expected, "{place}: {error}");
                continue;
            }
        };
        let (headers, body) = (vector.delivery.headers(), vector.delivery.body());
        let delivery = Delivery {
            method: vector.delivery.method.as_deref().unwrap_or("POST"),
            url: vector.delivery.url.as_deref().unwrap_or("/"),
            headers: &headers[..],
            body,
        };
        assert_eq!(outcome(verifier.verify(&delivery, SystemTime::now())), expected, "{place}");
        for size in [1, 7, 64, 1000] {
            let streamed = verifier.begin(&headers[..]).and_then(|mut stream| {
                body.chunks(size).for_each(|chunk| stream.update(chunk));
                stream.finish()
            });
            assert_eq!(outcome(streamed), expected, "{place}: in pieces of {size}");
        }
    }
    assert!(vectors.len() >= 500);
}
