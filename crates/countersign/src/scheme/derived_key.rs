//! Keys that are made of the secret.

use sha2::{Digest as _, Sha256, Sha512};
use zeroize::Zeroizing;

/// How the key is made of the secret: as its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DerivedKey {
    Sha256,
    Sha512,
}

impl DerivedKey {
    /// The key.
    pub(crate) fn key(self, secret: &[u8]) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(match self {
            Self::Sha256 => Sha256::digest(secret).to_vec(),
            Self::Sha512 => Sha512::digest(secret).to_vec(),
        })
    }
}
