//! Checks the names of headers in a configuration.

use countersign_core::http_header::is_name;

use crate::error::ConfigError;
use crate::printable::quoted;

/// Checks that `name` is a token of RFC 9110 section 5.6.2.
pub(crate) fn check(name: &str) -> Result<(), ConfigError> {
    if is_name(name) {
        return Ok(());
    }
    Err(ConfigError::invalid(format!(
        "found {}, which is not a header name; allowed are letters, digits and !#$%&'*+-.^_`|~",
        quoted(name)
    )))
}
