//! The validity of each secret of a verifier.

use std::fmt;

use countersign_core::{SecretSet, Timestamp};

use crate::secret::{Secret, Validity};

/// The validity of each secret; empty if all are valid at any time.
#[derive(Clone)]
pub(crate) struct Rotation(Box<[Validity]>);

impl Rotation {
    pub(crate) fn new(secrets: &[Secret]) -> Self {
        let validities: Box<[Validity]> = secrets.iter().map(Secret::validity).collect();
        Self(if validities.iter().all(|validity| validity.is_unlimited()) { Box::default() } else { validities })
    }

    /// Whether all secrets are valid at any time.
    pub(super) fn is_unlimited(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the secrets that are valid at `now`.
    #[inline]
    pub(super) fn usable_secrets(&self, now: Timestamp) -> SecretSet {
        if self.0.is_empty() { SecretSet::ALL } else { Validity::usable(&self.0, now) }
    }
}

impl fmt::Debug for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets with a validity", self.0.len())
    }
}
