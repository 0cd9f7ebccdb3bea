//! Keys: secrets prepared for one algorithm, and tokens prepared for comparison.

use core::fmt;

use zeroize::Zeroize;

use crate::algorithm::Algorithm;
use crate::digest;
use crate::hash::{self, Hash};
use crate::header::HeaderValue;
use crate::setup::SetupError;
use crate::tag::Tag;
use crate::unfilled::is_mask;

/// One secret prepared for one algorithm, or a token prepared for comparison.
///
/// An HMAC key consists of the two chaining values that RFC 2104 section 4 describes, 32 to 128 bytes together, and not
/// of the secret itself. So a message costs two compressions less. Wiped when dropped.
#[derive(Clone)]
pub struct Key(Kind);

#[derive(Clone)]
#[repr(u8)]
enum Kind {
    /// No key. Zeroed or wiped memory reads as this variant, and not as a key whose chaining values, zeros, everyone
    /// knows.
    Wiped = 0,
    Md5(ChainingPair<hash::Md5, 64>) = 1,
    Sha1(ChainingPair<hash::Sha1, 64>) = 2,
    Sha224(ChainingPair<hash::Sha224, 64>) = 3,
    Sha256(ChainingPair<hash::Sha256, 64>) = 4,
    Sha384(ChainingPair<hash::Sha384, 128>) = 5,
    Sha512(ChainingPair<hash::Sha512, 128>) = 6,
    /// The SHA-256 of a token. Not a [`Tag`], because its alignment would make every key larger.
    Token([u8; 32]) = 7,
}

/// The chaining values after the inner and the outer pad of HMAC.
pub(crate) struct ChainingPair<H: Hash<BLOCK>, const BLOCK: usize> {
    pub(crate) inner: H::State,
    pub(crate) outer: H::State,
}

impl<H: Hash<BLOCK>, const BLOCK: usize> Clone for ChainingPair<H, BLOCK> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H: Hash<BLOCK>, const BLOCK: usize> Copy for ChainingPair<H, BLOCK> {}

impl<H: Hash<BLOCK>, const BLOCK: usize> ChainingPair<H, BLOCK> {
    /// RFC 2104 section 2: a secret longer than a block is hashed first, then padded with zeros.
    fn new(secret: &[u8]) -> Self {
        let mut block = [0; BLOCK];
        if let Some(start) = block.get_mut(..secret.len()) {
            start.copy_from_slice(secret);
        } else {
            let mut hashed = digest::hash::<H, BLOCK>(secret);
            hashed.copy_to(&mut block, H::ALGORITHM.tag_len());
            hashed.zeroize();
        }
        let pad = |byte_of_pad: u8| {
            let mut padded = block.map(|byte| byte ^ byte_of_pad);
            let mut state = H::INITIAL;
            H::compress(&mut state, &[padded]);
            padded.zeroize();
            state
        };
        let pair = Self { inner: pad(0x36), outer: pad(0x5c) };
        block.zeroize();
        pair
    }

    fn wipe(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

/// The chaining values of a key after the inner and after the outer pad of HMAC (RFC 2104 section 4), by compression
/// function. They are as secret as the key: anyone who has them can compute the same MACs.
#[derive(Clone, Copy)]
#[allow(missing_docs, reason = "every variant has the same two values")]
pub enum Chaining<'k> {
    Md5 {
        inner: &'k [u32; 4],
        outer: &'k [u32; 4],
    },
    Sha1 {
        inner: &'k [u32; 5],
        outer: &'k [u32; 5],
    },
    /// SHA-224 and SHA-256.
    Sha256 {
        inner: &'k [u32; 8],
        outer: &'k [u32; 8],
    },
    /// SHA-384 and SHA-512.
    Sha512 {
        inner: &'k [u64; 8],
        outer: &'k [u64; 8],
    },
}

/// The chaining values of a key; `None` for a token.
#[allow(clippy::match_same_arms, reason = "they bind values of different types")]
#[inline]
#[must_use]
pub fn chaining(key: &Key) -> Option<Chaining<'_>> {
    match &key.0 {
        Kind::Md5(ChainingPair { inner, outer }) => Some(Chaining::Md5 { inner, outer }),
        Kind::Sha1(ChainingPair { inner, outer }) => Some(Chaining::Sha1 { inner, outer }),
        Kind::Sha224(ChainingPair { inner, outer }) => Some(Chaining::Sha256 { inner, outer }),
        Kind::Sha256(ChainingPair { inner, outer }) => Some(Chaining::Sha256 { inner, outer }),
        Kind::Sha384(ChainingPair { inner, outer }) => Some(Chaining::Sha512 { inner, outer }),
        Kind::Sha512(ChainingPair { inner, outer }) => Some(Chaining::Sha512 { inner, outer }),
        Kind::Token(_) | Kind::Wiped => None,
    }
}

/// Whether a secret consists only of zeros. The answer may become public, since such a secret is refused. No single
/// byte decides a branch.
fn is_zero(secret: &[u8]) -> bool {
    let all_bits = secret.iter().fold(0, |all_bits, byte| all_bits | byte);
    #[cfg(countersign_declassify)]
    let all_bits = crate::declassify::byte(all_bits);
    all_bits == 0
}

impl fmt::Debug for Chaining<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chaining(…)")
    }
}

impl Key {
    /// Prepares `secret` for HMAC with `algorithm`. It may have any length except zero; its bytes are used unchanged.
    ///
    /// HMAC pads a secret shorter than a block with zeros and hashes a longer one (RFC 2104 section 2). So zeros at the
    /// end of a short secret make no difference, and a long secret and its hash are the same key.
    ///
    /// # Errors
    /// [`SetupError::EmptySecret`] if it is empty; [`SetupError::ZeroSecret`] if it consists only of zeros.
    pub fn hmac(algorithm: Algorithm, secret: &[u8]) -> Result<Self, SetupError> {
        if secret.is_empty() {
            return Err(SetupError::EmptySecret);
        }
        if is_zero(secret) {
            return Err(SetupError::ZeroSecret);
        }
        Ok(Self(match algorithm {
            Algorithm::Md5 => Kind::Md5(ChainingPair::new(secret)),
            Algorithm::Sha1 => Kind::Sha1(ChainingPair::new(secret)),
            Algorithm::Sha224 => Kind::Sha224(ChainingPair::new(secret)),
            Algorithm::Sha256 => Kind::Sha256(ChainingPair::new(secret)),
            Algorithm::Sha384 => Kind::Sha384(ChainingPair::new(secret)),
            Algorithm::Sha512 => Kind::Sha512(ChainingPair::new(secret)),
        }))
    }

    /// Prepares a token. Only its SHA-256 is stored, so the time of a comparison does not depend on the length of the
    /// token.
    ///
    /// # Errors
    /// [`SetupError::EmptySecret`] if it is empty; [`SetupError::UnsendableToken`] if no header can contain it (RFC
    /// 9110 section 5.5): spaces or tabs at its ends, control characters, more than [`MAX_VALUE`](crate::MAX_VALUE)
    /// bytes; [`SetupError::MaskedSecret`] if it consists only of `*`.
    pub fn token(token: &[u8]) -> Result<Self, SetupError> {
        match token {
            [] => Err(SetupError::EmptySecret),
            _ if !fits_in_header(token) => Err(SetupError::UnsendableToken),
            _ if is_mask(token) => Err(SetupError::MaskedSecret),
            _ => {
                let (mut digest, mut hashed) = ([0; 32], token_digest(token));
                hashed.copy_to(&mut digest, 32);
                hashed.zeroize();
                Ok(Self(Kind::Token(digest)))
            }
        }
    }

    /// The algorithm; `None` for a token.
    #[inline]
    #[must_use]
    pub fn algorithm(&self) -> Option<Algorithm> {
        match &self.0 {
            Kind::Md5(_) => Some(Algorithm::Md5),
            Kind::Sha1(_) => Some(Algorithm::Sha1),
            Kind::Sha224(_) => Some(Algorithm::Sha224),
            Kind::Sha256(_) => Some(Algorithm::Sha256),
            Kind::Sha384(_) => Some(Algorithm::Sha384),
            Kind::Sha512(_) => Some(Algorithm::Sha512),
            Kind::Token(_) | Kind::Wiped => None,
        }
    }

    /// A key after it was wiped.
    #[cfg(test)]
    pub(crate) fn wiped() -> Self {
        Self(Kind::Wiped)
    }

    #[inline]
    pub(crate) fn as_token(&self) -> Option<Tag> {
        match &self.0 {
            Kind::Token(digest) => Some(Tag::from_sha256(digest)),
            _ => None,
        }
    }
}

/// Whether a header value can be exactly this token.
fn fits_in_header(token: &[u8]) -> bool {
    let is_trimmed = HeaderValue::new(token).is_ok_and(|value| value.as_bytes().len() == token.len());
    is_trimmed && !token.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t')
}

/// The SHA-256 of a token, which is stored and compared in its place.
pub(crate) fn token_digest(token: &[u8]) -> Tag {
    digest::hash::<hash::Sha256, 64>(token)
}

/// A hash function for HMAC: finds its chaining values in a key.
pub(crate) trait HmacHash<const BLOCK: usize>: Hash<BLOCK> + Sized {
    /// The chaining values, if `key` is for HMAC with this hash function.
    fn chaining_pair(key: &Key) -> Option<&ChainingPair<Self, BLOCK>>;
}

macro_rules! hmac_hash {
    ($($name:ident $block:literal),*) => {$(
        impl HmacHash<$block> for hash::$name {
            #[inline]
            fn chaining_pair(key: &Key) -> Option<&ChainingPair<Self, $block>> {
                match &key.0 {
                    Kind::$name(pair) => Some(pair),
                    _ => None,
                }
            }
        }
    )*};
}

hmac_hash!(Md5 64, Sha1 64, Sha224 64, Sha256 64, Sha384 128, Sha512 128);

impl Drop for Key {
    fn drop(&mut self) {
        match &mut self.0 {
            Kind::Md5(pair) => pair.wipe(),
            Kind::Sha1(pair) => pair.wipe(),
            Kind::Sha224(pair) => pair.wipe(),
            Kind::Sha256(pair) => pair.wipe(),
            Kind::Sha384(pair) => pair.wipe(),
            Kind::Sha512(pair) => pair.wipe(),
            Kind::Token(digest) => digest.zeroize(),
            Kind::Wiped => {}
        }
        // Mark it as wiped, so that it is not a key of zeros. `black_box` stops the compiler from removing the write,
        // which nothing reads afterwards.
        self.0 = Kind::Wiped;
        core::hint::black_box(&self.0);
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.algorithm() {
            Some(algorithm) => write!(f, "Key({algorithm}, …)"),
            None => f.write_str("Key(token, …)"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use super::*;

    /// A header value, after trimming, must be able to contain the token.
    #[test]
    fn a_token_must_fit_into_a_header_value() {
        for token in [
            &b" "[..],
            b"\t",
            b" a",
            b"a ",
            b"\ta",
            b"a\t",
            b" a ",
            b"Bearer ",
            b"a\n",
            b"a\r\n",
            b"\0",
            b"a\x7f",
            &[b'a'; 4097],
        ] {
            assert_eq!(Key::token(token).err(), Some(SetupError::UnsendableToken), "{}", token.escape_ascii());
        }
        for mask in [&b"*"[..], b"******"] {
            assert_eq!(Key::token(mask).err(), Some(SetupError::MaskedSecret));
        }
        for token in [&b"a"[..], b"**a", b"a b", b"Bearer a", b"a\tb", b"\xff", b"\xc2\xa0a", &[b'a'; 4096]] {
            assert!(Key::token(token).is_ok(), "{}", token.escape_ascii());
        }
    }

    /// HMAC uses secrets unchanged, with their spaces.
    #[test]
    fn a_secret_may_be_anything_except_empty() {
        for algorithm in Algorithm::ALL {
            for secret in [&b" "[..], b"\0a", b"a\0", b"a ", b"\n", &[0xff; 5000]] {
                assert_eq!(Key::hmac(algorithm, secret).unwrap().algorithm(), Some(algorithm));
            }
            assert_eq!(Key::hmac(algorithm, b"").err(), Some(SetupError::EmptySecret));
            for length in [1, 2, 31, 32, 63, 64, 65, 127, 128, 129, 5000] {
                let zeros = std::vec![0; length];
                assert_eq!(Key::hmac(algorithm, &zeros).err(), Some(SetupError::ZeroSecret), "{length}");
            }
        }
        assert_eq!(Key::token(b"").err(), Some(SetupError::EmptySecret));
        assert_eq!(Key::token(b"a").unwrap().algorithm(), None);
    }

    /// Only a mistake in unsafe code can lead to such a key.
    #[test]
    fn a_wiped_key_cannot_be_used() {
        let wiped = Key(Kind::Wiped);
        assert_eq!((wiped.algorithm(), wiped.sign(&[b"body"]).is_none()), (None, true));
        assert!(wiped.as_token().is_none() && chaining(&wiped).is_none());
    }

    #[test]
    fn a_token_signs_nothing() {
        assert!(Key::token(b"a").unwrap().sign(&[b"body"]).is_none());
    }

    /// Safe code cannot observe what `Drop` wipes, but it can test the function that `Drop` calls.
    #[test]
    fn wiping_clears_both_chaining_values() {
        let mut pair = ChainingPair::<hash::Sha512, 128>::new(b"secret");
        assert_ne!((pair.inner, pair.outer), ([0; 8], [0; 8]));
        pair.wipe();
        assert_eq!((pair.inner, pair.outer), ([0; 8], [0; 8]));
    }
}
