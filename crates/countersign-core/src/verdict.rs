//! The verdict on a delivery that is authentic.

use crate::algorithm::Algorithm;

/// The result for an authentic delivery: which algorithm and which secret matched. Only a verifier makes one.
///
/// It covers everything that is signed, and nothing else; `covers_body` says whether that includes the body. No other
/// delivery has the same signed text, as long as the
/// receiver itself knows the method and the URL, with path and query. A query that is taken from the request as
/// received does not count as known: where the URL touches the body, the end of one could have been the start of the
/// other. The exceptions are schemes that say `"ambiguous": true`, and the presets that PRESETS.md in the repository lists as
/// ambiguous, because of how these senders sign: `twilio`, for example, joins the names and values of a form without a separator.
///
/// A verdict fits into a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// The algorithm of the HMAC; `None` for a token, or if no authentication is configured.
    pub algorithm: Option<Algorithm>,
    /// The index of the secret that matched, the first if several did; `None` if no authentication is configured.
    pub secret_index: Option<u8>,
    /// Whether the MAC covers the whole body: its bytes, or a hash of them, or all of its fields. `false` if the sender
    /// signs some fields of the body or nothing of it, which its scheme must then say; anyone who holds one signed
    /// delivery can write the rest. `false` too for a token, and if no authentication is configured.
    pub covers_body: bool,
}
