//! Which of a verifier's secrets may be used: a secret can have a time before or after which it is not.

use crate::setup::MAX_SECRETS;

/// Some of a verifier's secrets, by their index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretSet(u8);

// One bit for each secret.
const _: () = assert!(MAX_SECRETS == u8::BITS as usize);

impl SecretSet {
    /// All secrets.
    pub const ALL: Self = Self(u8::MAX);
    /// None of them: no signature matches.
    pub const NONE: Self = Self(0);

    /// These and the secret `index`. An index that no verifier has, [`MAX_SECRETS`] or more, adds nothing.
    #[must_use]
    pub const fn with(self, index: usize) -> Self {
        Self(self.0 | Self::bit(index))
    }

    /// Whether the secret `index` is one of them.
    #[must_use]
    pub const fn contains(self, index: usize) -> bool {
        self.0 & Self::bit(index) != 0
    }

    const fn bit(index: usize) -> u8 {
        if index < MAX_SECRETS { 1 << index } else { 0 }
    }

    /// For each secret in order, 0 if it may be used, else 1. A mask of 1 makes every comparison unequal.
    #[inline]
    pub(crate) fn masks(self) -> impl Iterator<Item = u64> {
        (0..u8::BITS).map(move |index| u64::from(!self.0 >> index & 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in() {
        let set = SecretSet::NONE.with(0).with(5).with(5).with(8).with(usize::MAX);
        for index in 0..20 {
            assert_eq!(set.contains(index), index == 0 || index == 5);
            assert_eq!(SecretSet::ALL.contains(index), index < 8);
            assert!(!SecretSet::NONE.contains(index));
        }
        assert!(set.masks().enumerate().all(|(index, mask)| (mask == 0) == set.contains(index)));
    }
}
