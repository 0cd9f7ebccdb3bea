//! The set of a verifier's secrets that may be used now. A secret can have a validity period.

use crate::setup::MAX_SECRETS;

/// A set of a verifier's secrets, by their index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretSet(u8);

// One bit for each secret.
const _: () = assert!(MAX_SECRETS == u8::BITS as usize);

impl SecretSet {
    /// All secrets.
    pub const ALL: Self = Self(u8::MAX);
    /// The empty set: no signature matches.
    pub const NONE: Self = Self(0);

    /// This set with the secret `index` added. An index of [`MAX_SECRETS`] or more, which no verifier has, adds
    /// nothing.
    #[must_use]
    pub const fn with(self, index: usize) -> Self {
        Self(self.0 | Self::bit(index))
    }

    /// Whether the secret `index` is in the set.
    #[must_use]
    pub const fn contains(self, index: usize) -> bool {
        self.0 & Self::bit(index) != 0
    }

    const fn bit(index: usize) -> u8 {
        if index < MAX_SECRETS { 1 << index } else { 0 }
    }

    /// One mask for each secret in order: 0 if the secret may be used, else 1, which makes every comparison unequal.
    #[inline]
    pub(crate) fn masks(self) -> impl Iterator<Item = u64> {
        (0..u8::BITS).map(move |index| u64::from(!self.0 >> index & 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_contains_the_indices_that_were_added() {
        let set = SecretSet::NONE.with(0).with(5).with(5).with(8).with(usize::MAX);
        for index in 0..20 {
            assert_eq!(set.contains(index), index == 0 || index == 5);
            assert_eq!(SecretSet::ALL.contains(index), index < 8);
            assert!(!SecretSet::NONE.contains(index));
        }
        assert!(set.masks().enumerate().all(|(index, mask)| (mask == 0) == set.contains(index)));
    }
}
