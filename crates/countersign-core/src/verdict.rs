//! What is known of a delivery that is authentic.

use crate::algorithm::Algorithm;

/// A delivery is authentic, and this is how that was found. Only a verifier makes one.
///
/// It speaks of all that is signed, and of nothing else: no other delivery has the same signed text, as long as method and URL,
/// with path and query, are what the receiver knows of itself. A query that is taken from the request as it came is not: where the
/// URL touches the body, the end of one could have been the other's. The presets of three senders are the exception, since those senders sign so: `twilio` and
/// `mandrill`, which join names and values of a form without anything between, and `adyen`, which signs eight fields of the body.
///
/// A verdict is small enough to be handed on in a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// The algorithm of the HMAC; `None` for a token or where no authentication is asked for.
    pub algorithm: Option<Algorithm>,
    /// The index of the secret that matched, the first if several did; `None` where no authentication is asked for.
    pub secret_index: Option<u8>,
}
