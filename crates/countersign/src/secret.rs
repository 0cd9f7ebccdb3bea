//! Secrets, and when they may be used.

use std::fmt;
use std::time::SystemTime;

use countersign_core::{SecretSet, Timestamp};
use zeroize::Zeroizing;

use crate::clock::timestamp;

/// The bytes of a secret. They are wiped on drop, and `Debug` prints `Secret(…)`.
///
/// It has no `PartialEq`, `AsRef` or `Deref`, so it can be neither compared in variable time nor printed by accident.
#[derive(Clone)]
pub struct Secret {
    bytes: Zeroizing<Vec<u8>>,
    validity: Validity,
}

/// When a secret may be used, both bounds inclusive; without a bound, for ever.
#[derive(Clone, Copy, Default)]
pub(crate) struct Validity {
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) not_after: Option<Timestamp>,
}

impl Secret {
    /// Makes a secret of exactly these bytes: nothing is trimmed or decoded. A line break at the end of a file that was read
    /// whole is part of it, too, and then every delivery is a mismatch: remove one with `trim_end_matches('\n')`.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: Zeroizing::new(bytes.into()), validity: Validity::default() }
    }

    /// The same secret, not to be used before `moment`.
    #[must_use]
    pub fn not_before(self, moment: SystemTime) -> Self {
        let validity = Validity { not_before: Some(timestamp(moment)), ..self.validity };
        Self { validity, ..self }
    }

    /// The same secret, not to be used after `moment`, such as an old one a few days after its successor came into use.
    #[must_use]
    pub fn not_after(self, moment: SystemTime) -> Self {
        let validity = Validity { not_after: Some(timestamp(moment)), ..self.validity };
        Self { validity, ..self }
    }

    pub(crate) fn valid(self, validity: Validity) -> Self {
        Self { validity, ..self }
    }

    pub(crate) fn validity(&self) -> Validity {
        self.validity
    }

    /// Whether it begins or ends with a space or a line break.
    pub(crate) fn has_blank_ends(&self) -> bool {
        self.bytes.trim_ascii().len() != self.bytes.len()
    }

    /// The bytes. They are for storing a secret that the sender has chosen in a handshake
    /// ([`Handshake::secret`](crate::Handshake::secret)), and must be neither logged nor compared with `==`.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }
}

impl Validity {
    pub(crate) fn is_unlimited(self) -> bool {
        self.not_before.is_none() && self.not_after.is_none()
    }

    /// Whether it ends before it begins.
    pub(crate) fn is_never(self) -> bool {
        self.not_before.zip(self.not_after).is_some_and(|(first, last)| last < first)
    }

    fn holds(self, now: Timestamp) -> bool {
        self.not_before.is_none_or(|moment| moment <= now) && self.not_after.is_none_or(|moment| now <= moment)
    }

    /// Which of the secrets with these validities may be used now.
    pub(crate) fn usable(validities: &[Self], now: Timestamp) -> SecretSet {
        let held = validities.iter().enumerate().filter(|(_, validity)| validity.holds(now));
        held.fold(SecretSet::NONE, |set, (index, _)| set.with(index))
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

impl From<&[Secret]> for Secrets {
    fn from(secrets: &[Secret]) -> Self {
        Self(secrets.to_vec())
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
