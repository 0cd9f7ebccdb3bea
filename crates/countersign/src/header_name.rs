//! What may be the name of a header.

use countersign_core::Scheme;

use crate::error::ConfigError;
use crate::function::Function;

/// Checks that the signature (or token) of a scheme can be looked for in the header `name`.
pub(crate) fn check_movable<S>(name: &str, scheme: &Scheme<S>, function: Option<Function>) -> Result<(), ConfigError> {
    check(name)?;
    if matches!(scheme, Scheme::None) {
        return Err(ConfigError::invalid(
            "nothing is checked here, so no header is looked at; build the verifier with auth_method HMAC or TOKEN_BASED, \
             or name no header",
        ));
    }
    if function.is_some_and(Function::finds_signature) {
        return Err(ConfigError::invalid(
            "the signature of this scheme stands in the body and not in a header; name no header",
        ));
    }
    Ok(())
}

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
        crate::printable::quoted(name)
    )))
}
