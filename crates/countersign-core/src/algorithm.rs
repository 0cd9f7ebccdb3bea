//! The six HMAC algorithms and their names.

use core::fmt;

/// A hash function used as HMAC (RFC 2104). The names are those of a connection's `algorithm` field.
///
/// Exhaustive on purpose: if a variant is added, the compiler reports every `match` that lacks it. Adding one is a
/// breaking change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// `MD5`: HMAC-MD5 (RFC 2202), 16-byte tag. For senders that offer nothing better.
    Md5,
    /// `SHA_1`: HMAC-SHA-1 (RFC 2202), 20-byte tag. For senders that offer nothing better.
    Sha1,
    /// `SHA_224`: HMAC-SHA-224 (RFC 4231), 28-byte tag.
    Sha224,
    /// `SHA_256`: HMAC-SHA-256 (RFC 4231), 32-byte tag. The default.
    Sha256,
    /// `SHA_384`: HMAC-SHA-384 (RFC 4231), 48-byte tag.
    Sha384,
    /// `SHA_512`: HMAC-SHA-512 (RFC 4231), 64-byte tag.
    Sha512,
}

impl Algorithm {
    /// All six, in order of tag length, shortest first.
    pub const ALL: [Self; 6] = [Self::Md5, Self::Sha1, Self::Sha224, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The length of a tag in bytes: 16, 20, 28, 32, 48 or 64.
    #[must_use]
    pub const fn tag_len(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The algorithm whose tag has `len` bytes. Every length belongs to at most one.
    #[must_use]
    pub const fn from_tag_len(len: usize) -> Option<Self> {
        match len {
            16 => Some(Self::Md5),
            20 => Some(Self::Sha1),
            28 => Some(Self::Sha224),
            32 => Some(Self::Sha256),
            48 => Some(Self::Sha384),
            64 => Some(Self::Sha512),
            _ => None,
        }
    }

    /// The configuration name, such as `SHA_256`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA_1",
            Self::Sha224 => "SHA_224",
            Self::Sha256 => "SHA_256",
            Self::Sha384 => "SHA_384",
            Self::Sha512 => "SHA_512",
        }
    }

    /// The algorithm with this configuration name. Case matters, as in a connection.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_lengths_are_fixed() {
        let table = [
            (Algorithm::Md5, "MD5", 16),
            (Algorithm::Sha1, "SHA_1", 20),
            (Algorithm::Sha224, "SHA_224", 28),
            (Algorithm::Sha256, "SHA_256", 32),
            (Algorithm::Sha384, "SHA_384", 48),
            (Algorithm::Sha512, "SHA_512", 64),
        ];
        for ((algorithm, name, length), listed) in table.into_iter().zip(Algorithm::ALL) {
            assert_eq!(algorithm, listed);
            assert_eq!((algorithm.name(), algorithm.tag_len()), (name, length));
            assert_eq!(Algorithm::from_name(name), Some(algorithm));
            assert_eq!(std::format!("{algorithm:>8}"), std::format!("{name:>8}"));
        }
    }

    #[test]
    fn no_other_length_belongs_to_an_algorithm() {
        for length in (0..=5000).chain([usize::MAX]) {
            let expected = Algorithm::ALL.into_iter().find(|algorithm| algorithm.tag_len() == length);
            assert_eq!(Algorithm::from_tag_len(length), expected, "{length}");
        }
    }

    #[test]
    fn names_are_exact() {
        for name in
            ["", "sha_256", "SHA256", "SHA-256", "Sha_256", " SHA_256", "SHA_256 ", "SHA_256\0", "INFER_FROM_HEADER"]
        {
            assert_eq!(Algorithm::from_name(name), None, "{name}");
        }
    }
}
