//! Checks the names of headers in a configuration.

use countersign_core::http_header::is_name;

use crate::error::ConfigError;
use crate::printable::quoted;

const ALLOWED: &str = "allowed are letters, digits and !#$%&'*+-.^_`|~";

/// Checks that `name` is a token of RFC 9110 section 5.6.2. The error does not repeat it: if two fields were swapped, it is
/// a secret.
pub(crate) fn check(name: &str) -> Result<(), ConfigError> {
    if is_name(name) {
        return Ok(());
    }
    let mut buffer = [0; 4];
    let wrong = name.chars().zip(1..).find(|(c, _)| !is_name(c.encode_utf8(&mut buffer)));
    Err(ConfigError::invalid(match wrong {
        Some((c, place)) => {
            format!("not a header name: its character {place} is {}; {ALLOWED}", quoted(c.encode_utf8(&mut [0; 4])))
        }
        None => format!("not a header name: it is empty; {ALLOWED}"),
    }))
}
