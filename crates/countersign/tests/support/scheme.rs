//! Converts vectors to the types of countersign: scheme, secrets, verifier, delivery and time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign::engine::{TimeUnit, Timestamp};
use countersign::{ConfigError, Connection, Delivery, Handshake, Scheme, Secret, Tolerance, Verifier};
use countersign_vectors::{Kind, Vector};

/// Makes the scheme and the secrets of a vector from its connection, scheme JSON or preset.
pub(crate) fn scheme(verifier: &countersign_vectors::Verifier) -> Result<(Scheme, Vec<Secret>), ConfigError> {
    let scheme = match verifier.kind() {
        Kind::Connection(json) => {
            let connection = Connection::from_json(json)?;
            let secrets = verifier.secrets().map(|secrets| secrets.into_iter().map(Secret::new).collect());
            return Ok((connection.scheme()?, secrets.unwrap_or(connection.config.secrets)));
        }
        Kind::Scheme(json) => Scheme::from_json(json)?,
        Kind::Preset(name) => Scheme::preset(name)?,
    };
    let scheme = match verifier.tolerance() {
        Some(seconds) => scheme.with_tolerance(Tolerance::both(u32::try_from(seconds).unwrap()))?,
        None => scheme,
    };
    let secrets = verifier.scheme_secrets().into_iter().map(|data| {
        let secret = Secret::new(data.bytes);
        let secret = data.not_before.into_iter().fold(secret, |secret, json| secret.not_before(parse_time(json)));
        data.not_after.into_iter().fold(secret, |secret, json| secret.not_after(parse_time(json)))
    });
    Ok((scheme, secrets.collect()))
}

/// Makes the verifier of a vector.
#[allow(dead_code, reason = "not every crate that includes this file uses all of it")]
pub(crate) fn verifier(vector: &Vector) -> Result<Verifier, ConfigError> {
    if let (Kind::Connection(json), None) = (vector.verifier.kind(), vector.verifier.secrets()) {
        return Verifier::from_connection(json);
    }
    let (scheme, secrets) = scheme(&vector.verifier)?;
    scheme.verifier(secrets)
}

/// Returns the delivery of a vector. `headers` are its header lines.
#[allow(dead_code, reason = "not every crate that includes this file uses all of it")]
pub(crate) fn delivery<'a>(
    delivery: &'a countersign_vectors::Delivery,
    headers: &'a [(&'a str, &'a [u8])],
) -> Delivery<'a> {
    let text = |field: &'a Option<String>| field.as_deref().unwrap_or_default();
    Delivery { method: text(&delivery.method), url: text(&delivery.url), headers, body: delivery.body() }
}

/// The answer to the delivery of a vector, in the form in which the vector states it.
#[allow(dead_code, reason = "not every crate that includes this file uses all of it")]
pub(crate) fn handshake(verifier: &Verifier, vector: &Vector) -> Option<countersign_vectors::Handshake> {
    let headers = vector.delivery.headers();
    let now = received(vector.delivery.received_at);
    let Handshake { status, headers, body, secret, .. } =
        verifier.handshake(&delivery(&vector.delivery, &headers), now)?;
    let stated = vector.handshake.as_ref().and_then(Option::as_ref).and_then(|answer| answer.secret.clone());
    let secret = secret.map(|secret| match stated {
        Some(text) if is_same(secret, &text) => text,
        _ => "another secret".to_owned(),
    });
    Some(countersign_vectors::Handshake { status, headers, body, secret })
}

/// Whether a secret has this text. It cannot be read, but it can be expected as a token.
fn is_same(secret: Secret, text: &str) -> bool {
    Verifier::token(secret).unwrap().verify_signature(text.as_bytes(), b"").is_ok()
}

/// Parses a time in JSON: seconds since 1970, or RFC 3339 in quotes.
fn parse_time(json: &str) -> SystemTime {
    let text = json.trim_matches('"');
    let unit = if text.len() == json.len() { TimeUnit::Seconds } else { TimeUnit::Rfc3339 };
    let milliseconds = Timestamp::parse(text.as_bytes(), unit).unwrap().as_milliseconds();
    UNIX_EPOCH + Duration::from_millis(milliseconds.try_into().unwrap())
}

/// Returns the time at which a delivery was received. Without `received_at` it is 1970, since not every platform has a
/// clock.
pub(crate) fn received(received_at: Option<i64>) -> SystemTime {
    received_at.map_or(UNIX_EPOCH, |seconds| match u64::try_from(seconds) {
        Ok(after) => UNIX_EPOCH + Duration::from_secs(after),
        Err(_) => UNIX_EPOCH - Duration::from_secs(seconds.unsigned_abs()),
    })
}
