//! What the operator typed.

use std::fmt;

use zeroize::Zeroizing;

/// The bytes of a secret. Wiped when dropped, and shown as `Secret(…)`.
///
/// It has no `PartialEq`, `AsRef` or `Deref`, so that it is neither compared in variable time nor printed by accident.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the bytes as they are: nothing is trimmed or decoded.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    /// The bytes, for making a key of them.
    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }
}

/// One secret, or several for rotation, in order; [`Verified::secret_index`](crate::Verified) counts from 0.
#[derive(Clone, Debug)]
pub struct Secrets(Vec<Secret>);

impl Secrets {
    pub(crate) fn as_slice(&self) -> &[Secret] {
        &self.0
    }
}

impl From<Secret> for Secrets {
    fn from(secret: Secret) -> Self {
        Self(vec![secret])
    }
}

impl From<Vec<Secret>> for Secrets {
    fn from(secrets: Vec<Secret>) -> Self {
        Self(secrets)
    }
}

impl<const COUNT: usize> From<[Secret; COUNT]> for Secrets {
    fn from(secrets: [Secret; COUNT]) -> Self {
        Self(secrets.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
