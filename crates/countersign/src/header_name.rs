//! What may be the name of a header.

use crate::error::ConfigError;

/// Whether `name` is a token of RFC 9110 section 5.6.2.
pub(crate) fn is(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(allowed)
}

/// Checks that `name` is a token of RFC 9110 section 5.6.2.
pub(crate) fn check(name: &str) -> Result<(), ConfigError> {
    if is(name) {
        return Ok(());
    }
    Err(ConfigError::invalid(format!(
        "found {}, which is no header name; allowed are letters, digits and !#$%&'*+-.^_`|~",
        crate::json::shown(name)
    )))
}
