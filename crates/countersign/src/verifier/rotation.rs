//! When each secret of a verifier may be used.

use std::fmt;

use countersign_core::{SecretSet, Timestamp};

use crate::secret::{Secret, Validity};

/// When each secret may be used; empty if all may be used at any time.
#[derive(Clone)]
pub(crate) struct Rotation(Box<[Validity]>);

impl Rotation {
    pub(crate) fn of(secrets: &[Secret]) -> Self {
        let validities: Box<[Validity]> = secrets.iter().map(Secret::validity).collect();
        Self(if validities.iter().all(|validity| validity.is_unlimited()) { Box::default() } else { validities })
    }

    /// Whether all secrets may be used at any time.
    pub(super) fn is_unlimited(&self) -> bool {
        self.0.is_empty()
    }

    /// The secrets that may be used at `now`.
    #[inline]
    pub(super) fn usable(&self, now: Timestamp) -> SecretSet {
        if self.0.is_empty() { SecretSet::ALL } else { Validity::usable(&self.0, now) }
    }
}

impl fmt::Debug for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets with a validity", self.0.len())
    }
}
