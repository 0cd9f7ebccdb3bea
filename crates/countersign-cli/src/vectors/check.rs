//! What comes out of one vector, each way that a delivery can be verified.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use countersign::engine::{TimeUnit, Timestamp};
use countersign::{
    Algorithm, ConfigError, Connection, Delivery, Handshake, Rejection, Scheme, Secret, Streaming, Tolerance, Verified,
    Verifier,
};
use countersign_vectors::{Kind, Vector};

use crate::time::from_unix_seconds;

/// What comes out otherwise than it must, the first of it.
pub(super) fn fault(vector: &Vector) -> Option<String> {
    let expected = outcome(&vector.expect, vector.algorithm.as_deref(), vector.secret_index, vector.covers_body());
    let id = vector.delivery_id.as_ref().map(|id| shown_id(id.as_ref().map(|id| (&*id.text, id.is_signed))));
    let answer = vector.handshake.as_ref().map(|answer| shown_answer(answer.as_ref()));
    got(vector).into_iter().find_map(|(how, got)| {
        let expected = match how {
            DELIVERY_ID => id.as_ref()?,
            HANDSHAKE => answer.as_ref()?,
            _ => &expected,
        };
        (got != *expected).then(|| format!("expected {expected}, got {got} ({how})"))
    })
}

const DELIVERY_ID: &str = "delivery id";
const HANDSHAKE: &str = "handshake";

fn shown_answer(answer: Option<&countersign_vectors::Handshake>) -> String {
    let Some(countersign_vectors::Handshake { status, headers, body, secret }) = answer else {
        return "no handshake".to_owned();
    };
    let secret = secret.as_ref().map_or_else(String::new, |secret| format!(", with the secret {secret}"));
    format!("the answer {status} {headers:?} {body:?}{secret}")
}

/// The answer that is given. The secret that the sender has chosen is compared with the one that must come out, which is
/// no secret; it is not shown if it is another.
fn answer(handshake: Handshake, vector: &Vector) -> countersign_vectors::Handshake {
    let stated = vector.handshake.as_ref().and_then(|answer| answer.as_ref()?.secret.as_deref());
    let Handshake { status, headers, body, secret, .. } = handshake;
    let secret = secret.map(|secret| match stated {
        Some(text) if is_same(secret, text) => text.to_owned(),
        _ => "of another text".to_owned(),
    });
    countersign_vectors::Handshake { status, headers, body, secret }
}

/// Whether a secret has this text. It cannot be read, but it can be expected as a token.
fn is_same(secret: Secret, text: &str) -> bool {
    Verifier::token(secret).is_ok_and(|verifier| verifier.verify_signature(text.as_bytes(), b"").is_ok())
}

fn shown_id(id: Option<(&str, bool)>) -> String {
    match id {
        None => "no id".to_owned(),
        Some((text, is_signed)) => format!("the {} id {text}", if is_signed { "signed" } else { "unsigned" }),
    }
}

/// What comes out, and in which way.
fn got(vector: &Vector) -> Vec<(&'static str, String)> {
    let verifier = match verifier(vector) {
        Ok(verifier) => verifier,
        Err(error) => return vec![("configuration", error.kind().name().to_owned())],
    };
    let (headers, body) = (vector.delivery.headers(), vector.delivery.body());
    let delivery = Delivery {
        method: vector.delivery.method.as_deref().unwrap_or_default(),
        url: vector.delivery.url.as_deref().unwrap_or_default(),
        headers: &headers[..],
        body,
    };
    let now = vector.delivery.received_at.and_then(from_unix_seconds).unwrap_or_else(SystemTime::now);
    let mut ways = vec![("whole", verdict(verifier.verify(&delivery, now)))];
    let id = verifier.delivery_id(&delivery);
    ways.push((DELIVERY_ID, shown_id(id.as_ref().map(|id| (&*id.text, id.is_signed)))));
    let answer = verifier.handshake(&delivery, now).map(|handshake| answer(handshake, vector));
    ways.push((HANDSHAKE, shown_answer(answer.as_ref())));
    // Where something behind the body is signed there is only one way.
    if let Ok(streaming) = verifier.streaming() {
        ways.push(("in pieces of 61 bytes", verdict(streamed(&streaming, &delivery, now, 61))));
        ways.push(("byte by byte", verdict(streamed(&streaming, &delivery, now, 1))));
    }
    ways
}

fn verifier(vector: &Vector) -> Result<Verifier, ConfigError> {
    let scheme = match vector.verifier.kind() {
        Kind::Connection(json) => {
            let connection = Connection::from_json(json)?;
            return match vector.verifier.secrets() {
                Some(secrets) => connection.verifier_with(&secrets.into_iter().map(Secret::new).collect::<Vec<_>>()),
                None => connection.verifier(),
            };
        }
        Kind::Scheme(json) => Scheme::from_json(json)?,
        Kind::Preset(name) => Scheme::preset(name)?,
    };
    let scheme = match vector.verifier.tolerance().map(u32::try_from) {
        Some(seconds) => scheme.with_tolerance(Tolerance::both(seconds.unwrap_or(u32::MAX)))?,
        None => scheme,
    };
    let secrets = vector.verifier.scheme_secrets().into_iter().map(|given| {
        let secret = Secret::new(given.bytes);
        let secret = given.not_before.and_then(moment).into_iter().fold(secret, Secret::not_before);
        given.not_after.and_then(moment).into_iter().fold(secret, Secret::not_after)
    });
    scheme.verifier(secrets.collect::<Vec<_>>())
}

/// A moment in JSON: seconds since 1970, or RFC 3339 in quotes.
fn moment(json: &str) -> Option<SystemTime> {
    let text = json.trim_matches('"');
    let unit = if text.len() == json.len() { TimeUnit::Seconds } else { TimeUnit::Rfc3339 };
    let milliseconds = Timestamp::parse(text.as_bytes(), unit)?.as_milliseconds();
    let second = from_unix_seconds(milliseconds.div_euclid(1000))?;
    second.checked_add(Duration::from_millis(milliseconds.rem_euclid(1000).unsigned_abs()))
}

fn streamed(
    streaming: &Streaming<'_>,
    delivery: &Delivery<'_>,
    now: SystemTime,
    piece: usize,
) -> Result<Verified, Rejection> {
    let mut stream = streaming.begin(&delivery.head(), now)?;
    delivery.body.chunks(piece).for_each(|piece| stream.update(piece));
    stream.finish()
}

fn verdict(result: Result<Verified, Rejection>) -> String {
    match result {
        Ok(verified) => {
            let algorithm = verified.algorithm.map(Algorithm::name);
            outcome("authentic", algorithm, verified.secret_index, verified.covers_body)
        }
        Err(rejection) => rejection.name().to_owned(),
    }
}

fn outcome(name: &str, algorithm: Option<&str>, secret_index: Option<u8>, covers_body: bool) -> String {
    let mut text = name.to_owned();
    if let Some(algorithm) = algorithm {
        let _ = write!(text, " by {algorithm}");
    }
    if let Some(index) = secret_index {
        let _ = write!(text, " with secret {index}");
    }
    if algorithm.is_some() && !covers_body {
        text.push_str(" not over the whole body");
    }
    text
}
