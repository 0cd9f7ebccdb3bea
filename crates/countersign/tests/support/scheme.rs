//! From the verifier of a vector to a scheme and its secrets.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign::engine::{TimeUnit, Timestamp};
use countersign::{ConfigError, Connection, Scheme, Secret, Tolerance};
use countersign_vectors::{Kind, Verifier};

/// The scheme of a connection, of a scheme's JSON or of a preset, with the secrets to use with it.
pub(crate) fn scheme(verifier: &Verifier) -> Result<(Scheme, Vec<Secret>), ConfigError> {
    let scheme = match verifier.kind() {
        Kind::Connection(json) => {
            let connection = Connection::from_json(json)?;
            let given = verifier.secrets().map(|secrets| secrets.into_iter().map(Secret::new).collect());
            return Ok((connection.scheme()?, given.unwrap_or(connection.config.secrets)));
        }
        Kind::Scheme(json) => Scheme::from_json(json)?,
        Kind::Preset(name) => Scheme::preset(name)?,
    };
    let scheme = match verifier.tolerance() {
        Some(seconds) => scheme.with_tolerance(Tolerance::both(u32::try_from(seconds).unwrap()))?,
        None => scheme,
    };
    let secrets = verifier.scheme_secrets().into_iter().map(|given| {
        let secret = Secret::new(given.bytes);
        let secret = given.not_before.into_iter().fold(secret, |secret, json| secret.not_before(moment(json)));
        given.not_after.into_iter().fold(secret, |secret, json| secret.not_after(moment(json)))
    });
    Ok((scheme, secrets.collect()))
}

/// A moment in JSON: seconds since 1970, or RFC 3339 in quotes.
fn moment(json: &str) -> SystemTime {
    let text = json.trim_matches('"');
    let unit = if text.len() == json.len() { TimeUnit::Seconds } else { TimeUnit::Rfc3339 };
    let milliseconds = Timestamp::parse(text.as_bytes(), unit).unwrap().as_milliseconds();
    UNIX_EPOCH + Duration::from_millis(milliseconds.try_into().unwrap())
}

/// The time at which a delivery was received; 1970, where it does not matter: not every machine has a clock.
pub(crate) fn received(at: Option<i64>) -> SystemTime {
    at.map_or(UNIX_EPOCH, |seconds| match u64::try_from(seconds) {
        Ok(after) => UNIX_EPOCH + Duration::from_secs(after),
        Err(_) => UNIX_EPOCH - Duration::from_secs(seconds.unsigned_abs()),
    })
}
