//! Secrets made ready for use.

use core::fmt;

use zeroize::Zeroize;

use crate::algorithm::Algorithm;
use crate::digest;
use crate::hash::{self, Hash};
use crate::header::Value;
use crate::setup::SetupError;
use crate::tag::Tag;

/// One secret made ready for one algorithm, or a token made ready for comparison.
///
/// An HMAC key holds the two chaining values that RFC 2104 section 4 speaks of, so that a message costs no key
/// schedule: 32 to 128 bytes, never the secret itself. Wiped when dropped.
#[derive(Clone)]
pub struct Key(Kind);

#[derive(Clone)]
#[repr(u8)]
enum Kind {
    /// No key, of no algorithm: what memory that was zeroed or wiped reads as. Chaining values of zeros are known to everyone.
    Wiped = 0,
    Md5(Pair<hash::Md5, 64>) = 1,
    Sha1(Pair<hash::Sha1, 64>) = 2,
    Sha224(Pair<hash::Sha224, 64>) = 3,
    Sha256(Pair<hash::Sha256, 64>) = 4,
    Sha384(Pair<hash::Sha384, 128>) = 5,
    Sha512(Pair<hash::Sha512, 128>) = 6,
    /// The SHA-256 of a token. Not a [`Tag`], whose alignment would make every key larger.
    Token([u8; 32]) = 7,
}

/// The chaining values after the inner and the outer pad of HMAC.
pub(crate) struct Pair<H: Hash<BLOCK>, const BLOCK: usize> {
    pub(crate) inner: H::State,
    pub(crate) outer: H::State,
}

impl<H: Hash<BLOCK>, const BLOCK: usize> Clone for Pair<H, BLOCK> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H: Hash<BLOCK>, const BLOCK: usize> Copy for Pair<H, BLOCK> {}

impl<H: Hash<BLOCK>, const BLOCK: usize> Pair<H, BLOCK> {
    /// RFC 2104 section 2: a secret longer than a block is hashed first, then filled up with zeros.
    fn new(secret: &[u8]) -> Self {
        let mut block = [0; BLOCK];
        if let Some(front) = block.get_mut(..secret.len()) {
            front.copy_from_slice(secret);
        } else {
            let mut hashed = digest::hash::<H, BLOCK>(secret);
            hashed.copy_to(&mut block, H::ALGORITHM.tag_len());
            hashed.zeroize();
        }
        let pad = |pad: u8| {
            let mut padded = block.map(|byte| byte ^ pad);
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

/// The chaining values of a key after the inner and after the outer pad of HMAC (RFC 2104 section 4), by the compression
/// function that they belong to. Whoever has them can make every MAC that the key can make.
#[derive(Clone, Copy)]
#[allow(missing_docs, reason = "the same two values in each variant")]
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
        Kind::Md5(Pair { inner, outer }) => Some(Chaining::Md5 { inner, outer }),
        Kind::Sha1(Pair { inner, outer }) => Some(Chaining::Sha1 { inner, outer }),
        Kind::Sha224(Pair { inner, outer }) => Some(Chaining::Sha256 { inner, outer }),
        Kind::Sha256(Pair { inner, outer }) => Some(Chaining::Sha256 { inner, outer }),
        Kind::Sha384(Pair { inner, outer }) => Some(Chaining::Sha512 { inner, outer }),
        Kind::Sha512(Pair { inner, outer }) => Some(Chaining::Sha512 { inner, outer }),
        Kind::Token(_) | Kind::Wiped => None,
    }
}

/// Whether a secret has no bytes but zeros. That may be known, since such a secret is refused; no single byte decides a branch.
fn is_zero(secret: &[u8]) -> bool {
    let joined = secret.iter().fold(0, |joined, byte| joined | byte);
    #[cfg(countersign_declassify)]
    let joined = crate::declassify::byte(joined);
    joined == 0
}

impl fmt::Debug for Chaining<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chaining(…)")
    }
}

impl Key {
    /// Makes `secret` ready for HMAC with `algorithm`. Any length but zero; the bytes are used as they are.
    ///
    /// HMAC fills a secret shorter than a block up with zeros and hashes a longer one (RFC 2104 section 2), so zeros at the end
    /// of a short secret make no difference, and a long secret is the same key as its hash.
    ///
    /// # Errors
    /// [`SetupError::EmptySecret`] if it has no bytes; [`SetupError::ZeroSecret`] if it has none but zeros.
    pub fn hmac(algorithm: Algorithm, secret: &[u8]) -> Result<Self, SetupError> {
        if secret.is_empty() {
            return Err(SetupError::EmptySecret);
        }
        if is_zero(secret) {
            return Err(SetupError::ZeroSecret);
        }
        Ok(Self(match algorithm {
            Algorithm::Md5 => Kind::Md5(Pair::new(secret)),
            Algorithm::Sha1 => Kind::Sha1(Pair::new(secret)),
            Algorithm::Sha224 => Kind::Sha224(Pair::new(secret)),
            Algorithm::Sha256 => Kind::Sha256(Pair::new(secret)),
            Algorithm::Sha384 => Kind::Sha384(Pair::new(secret)),
            Algorithm::Sha512 => Kind::Sha512(Pair::new(secret)),
        }))
    }

    /// Makes a token ready: only its SHA-256 is kept, so that comparing says nothing of its length.
    ///
    /// # Errors
    /// [`SetupError::EmptySecret`] if it has no bytes; [`SetupError::UnsendableToken`] if no header can carry it
    /// (RFC 9110 section 5.5): blanks at its ends, control characters, more than [`MAX_VALUE`](crate::MAX_VALUE) bytes.
    pub fn token(token: &[u8]) -> Result<Self, SetupError> {
        match token {
            [] => Err(SetupError::EmptySecret),
            _ if !is_sendable(token) => Err(SetupError::UnsendableToken),
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

    /// What a key reads as after it was wiped.
    #[cfg(test)]
    pub(crate) fn wiped() -> Self {
        Self(Kind::Wiped)
    }

    #[inline]
    pub(crate) fn as_token(&self) -> Option<Tag> {
        match &self.0 {
            Kind::Token(digest) => Some(Tag::from_front(digest)),
            _ => None,
        }
    }
}

/// Whether a header value can be exactly this.
fn is_sendable(token: &[u8]) -> bool {
    let whole = Value::new(token).is_ok_and(|value| value.as_bytes().len() == token.len());
    whole && !token.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t')
}

/// What is kept and compared in place of a token.
pub(crate) fn token_digest(token: &[u8]) -> Tag {
    digest::hash::<hash::Sha256, 64>(token)
}

/// A hash function whose keys can be told from others.
pub(crate) trait Keyed<const BLOCK: usize>: Hash<BLOCK> + Sized {
    /// The chaining values, if `key` is one for HMAC with this hash function.
    fn pair(key: &Key) -> Option<&Pair<Self, BLOCK>>;
}

macro_rules! keyed {
    ($($name:ident $block:literal),*) => {$(
        impl Keyed<$block> for hash::$name {
            #[inline]
            fn pair(key: &Key) -> Option<&Pair<Self, $block>> {
                match &key.0 {
                    Kind::$name(pair) => Some(pair),
                    _ => None,
                }
            }
        }
    )*};
}

keyed!(Md5 64, Sha1 64, Sha224 64, Sha256 64, Sha384 128, Sha512 128);

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
        // Nor is it still a key, though of zeros; the compiler must not leave that out as a write that nobody reads.
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

    /// A token must be one that a header value can hold after trimming.
    #[test]
    fn a_token_is_one_that_a_header_can_carry() {
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
        for token in [&b"a"[..], b"a b", b"Bearer a", b"a\tb", b"\xff", b"\xc2\xa0a", &[b'a'; 4096]] {
            assert!(Key::token(token).is_ok(), "{}", token.escape_ascii());
        }
    }

    /// HMAC takes secrets as they are, blanks and all.
    #[test]
    fn a_secret_may_be_anything_but_empty() {
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

    /// Nobody can come by such a key but by an error in unsafe code.
    #[test]
    fn a_wiped_key_is_none() {
        let wiped = Key(Kind::Wiped);
        assert_eq!((wiped.algorithm(), wiped.sign(&[b"body"]).is_none()), (None, true));
        assert!(wiped.as_token().is_none() && chaining(&wiped).is_none());
    }

    #[test]
    fn a_token_signs_nothing() {
        assert!(Key::token(b"a").unwrap().sign(&[b"body"]).is_none());
    }

    /// Wiping by `Drop` cannot be watched from safe code, but what it calls can.
    #[test]
    fn wiping_leaves_nothing() {
        let mut pair = Pair::<hash::Sha512, 128>::new(b"secret");
        assert_ne!((pair.inner, pair.outer), ([0; 8], [0; 8]));
        pair.wipe();
        assert_eq!((pair.inner, pair.outer), ([0; 8], [0; 8]));
    }
}
