//! How a kind of sender signs, as data.

use crate::encoding::Encoding;
use crate::infer::AlgorithmRule;

/// The header that holds an HMAC signature unless a connection names another.
pub const SIGNATURE_HEADER: &str = "X-Fivetran-Hmac-Sign";
/// The header that holds a token unless a connection names another.
pub const TOKEN_HEADER: &str = "Authorization";
/// The companion header that may name the algorithm unless a connection names another. Ours, not the vendor's.
pub const ALGORITHM_HEADER: &str = "X-Fivetran-Hmac-Algorithm";

/// How a kind of sender signs: where the signature sits and what it is.
///
/// `S` is any text, so that a scheme can be a constant or come from a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheme<S = &'static str> {
    pub(crate) header: S,
    pub(crate) auth: Auth<S>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Auth<S> {
    Hmac { algorithm: AlgorithmRule<S>, encoding: Encoding },
    Token,
    None,
}

impl<S> Scheme<S> {
    /// An HMAC over the body, as `[label(=|:)]tag` in the header `header`.
    pub const fn hmac(header: S, algorithm: AlgorithmRule<S>, encoding: Encoding) -> Self {
        Self { header, auth: Auth::Hmac { algorithm, encoding } }
    }

    /// A token that the sender repeats in the header `header`. In `Authorization` a leading `Bearer ` is optional.
    pub const fn token(header: S) -> Self {
        Self { header, auth: Auth::Token }
    }
}

impl<S: From<&'static str>> Scheme<S> {
    /// No authentication: every delivery is taken. For endpoints that are protected in some other way.
    #[must_use]
    pub fn none() -> Self {
        Self { header: "".into(), auth: Auth::None }
    }
}
