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

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
