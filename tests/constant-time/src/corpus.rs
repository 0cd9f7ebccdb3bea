//! Every test vector whose verifier can be made, with its secrets hidden.

#[path = "../../../crates/countersign/tests/support/scheme.rs"]
mod scheme;

use std::time::SystemTime;

use countersign::lanes::Lanes;
use countersign::{Batch, ConfigError, Connection, Delivery, Rejection, Secret, Verdict, Verifier};
use countersign_vectors::{Kind, Vector};
use serde::Deserialize;

use crate::outcomes::{self, expect_secret};
use crate::valgrind;

/// A vector with its secrets and its verifier.
pub(crate) struct Case {
    file: &'static str,
    pub(crate) vector: Vector,
    /// Those of a connection, which are read from its text before they are hidden. Else they stand beside the scheme.
    pub(crate) secrets: Vec<Vec<u8>>,
    verifier: Verifier,
}

impl Case {
    /// Whether the outcome must depend on a secret. (Of secrets in base64, branches make bytes, which loses the marks of some:
    /// those are in a file of their own.)
    pub(crate) fn is_compared(&self) -> bool {
        let has_matched =
            self.vector.secret_index.is_some() || matches!(&*self.vector.expect, "expired" | "from_future");
        has_matched && self.file != "scheme-secrets.json"
    }

    pub(crate) fn can_stream(&self) -> bool {
        self.verifier.streaming().is_ok()
    }

    fn now(&self) -> SystemTime {
        scheme::received(self.vector.delivery.received_at)
    }

    fn expect(&self, verdict: Verdict) {
        let name = verdict.map_or_else(Rejection::name, |_| "authentic");
        assert_eq!(name, self.vector.expect, "{}", self.vector.id);
    }
}

/// All vectors with a verifier, but for connections whose secrets are not plain texts. To make a verifier may look at
/// secrets: it happens once, and no sender can watch it. `direct` looks at it closer.
pub(crate) fn cases() -> Vec<Case> {
    let made = |(file, vector): (&'static str, Vector)| {
        let mut secrets = secrets(&vector)?;
        for secret in &mut secrets {
            valgrind::hide(secret);
        }
        vector.verifier.scheme_secrets().iter().for_each(|secret| valgrind::hide_in_place(secret.bytes));
        let verifier = valgrind::unwatched(|| verifier(&vector, &secrets)).ok()?;
        Some(Case { file, vector, secrets, verifier })
    };
    countersign_vectors::all().into_iter().filter_map(made).collect()
}

fn verifier(vector: &Vector, secrets: &[Vec<u8>]) -> Result<Verifier, ConfigError> {
    match vector.verifier.kind() {
        Kind::Connection(json) if secrets.is_empty() => Verifier::from_connection(json),
        Kind::Connection(json) => {
            let secrets: Vec<_> = secrets.iter().map(|secret| Secret::new(&secret[..])).collect();
            Connection::from_json(json)?.verifier_with(&secrets)
        }
        Kind::Scheme(_) | Kind::Preset(_) => {
            let (scheme, secrets) = scheme::scheme(&vector.verifier)?;
            scheme.verifier(secrets)
        }
    }
}

/// The fields of a connection that hold secrets.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    config: Option<Box<Fields>>,
    auth_secret: Option<String>,
    secrets: Vec<String>,
}

/// The secrets of a connection. `None` if they are not plain texts, or if it is no connection.
fn secrets(vector: &Vector) -> Option<Vec<Vec<u8>>> {
    let Kind::Connection(json) = vector.verifier.kind() else { return Some(Vec::new()) };
    if let Some(raw) = vector.verifier.secrets() {
        return Some(raw.into_iter().map(<[u8]>::to_vec).collect());
    }
    let mut fields: Fields = serde_json::from_str(json).ok()?;
    let Fields { auth_secret, secrets, .. } = fields.config.take().map_or(fields, |config| *config);
    Some(auth_secret.into_iter().chain(secrets).map(String::into_bytes).collect())
}

/// The delivery of a vector, with its header lines.
fn delivery<'a>(vector: &'a Vector, headers: &'a [(&'a str, &'a [u8])]) -> Delivery<'a, [(&'a str, &'a [u8])]> {
    Delivery {
        method: vector.delivery.method.as_deref().unwrap_or(""),
        url: vector.delivery.url.as_deref().unwrap_or(""),
        headers,
        body: vector.delivery.body(),
    }
}

/// Judges a case, and sees that the outcome came from a secret where it must.
pub(crate) fn judged<T>(case: &Case, judge: impl FnOnce() -> T) -> T {
    if case.is_compared() { expect_secret(&case.vector.id, judge) } else { judge() }
}

/// Whether the first vector alone is authentic.
pub(crate) fn first() -> bool {
    let case = &cases()[0];
    let headers = case.vector.delivery.headers();
    case.verifier.verify(&delivery(&case.vector, &headers), case.now()).is_ok()
}

pub(crate) fn one_by_one() -> usize {
    let cases = cases();
    for case in &cases {
        let headers = case.vector.delivery.headers();
        case.expect(judged(case, || case.verifier.verify(&delivery(&case.vector, &headers), case.now())));
    }
    cases.len()
}

pub(crate) fn in_pieces() -> usize {
    let mut verdicts = 0;
    for case in cases() {
        let Ok(streaming) = case.verifier.streaming() else { continue };
        let headers = case.vector.delivery.headers();
        let delivery = delivery(&case.vector, &headers);
        case.expect(judged(&case, || {
            let mut stream = streaming.begin(&delivery.head(), case.now())?;
            delivery.body.chunks(50).for_each(|chunk| stream.update(chunk));
            stream.finish()
        }));
        verdicts += 1;
    }
    verdicts
}

pub(crate) fn in_batches() -> usize {
    let cases = cases();
    let headers: Vec<_> = cases.iter().map(|case| case.vector.delivery.headers()).collect();
    let deliveries: Vec<_> = cases
        .iter()
        .zip(&headers)
        .map(|(case, headers)| (&case.verifier, delivery(&case.vector, headers), case.now()))
        .collect();
    let compared = cases.iter().filter(|case| case.is_compared()).count();
    for lanes in [Lanes::PORTABLE, Lanes::detect()] {
        let (mut verdicts, before) = (vec![Err(Rejection::BodyTooLarge); cases.len()], outcomes::secret());
        Batch::new().lanes(lanes).verify(&deliveries, &mut verdicts);
        assert!(outcomes::secret() - before >= compared, "outcomes did not depend on secrets; the marks got lost");
        cases.iter().zip(verdicts).for_each(|(case, verdict)| case.expect(verdict));
    }
    2 * cases.len()
}
