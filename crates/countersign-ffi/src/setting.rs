//! Settings that C passes as numbers.

use std::ffi::{CStr, c_char};

use crate::panic::boundary_or;
use crate::report::Fault;

/// A hash function used as HMAC (RFC 2104). Functions take it as a plain number, so any number may be passed and is
/// checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(non_camel_case_types, reason = "the names in the header are those of a connection's `algorithm`")]
#[repr(u32)]
pub enum Algorithm {
    /// None: a token, or no authentication. No verifier can be made with it.
    None = 0,
    /// HMAC-MD5, 16-byte tag. For senders that offer nothing better.
    Md5 = 1,
    /// HMAC-SHA-1, 20-byte tag. For senders that offer nothing better.
    Sha_1 = 2,
    /// HMAC-SHA-224, 28-byte tag.
    Sha_224 = 3,
    /// HMAC-SHA-256, 32-byte tag. What most senders use.
    Sha_256 = 4,
    /// HMAC-SHA-384, 48-byte tag.
    Sha_384 = 5,
    /// HMAC-SHA-512, 64-byte tag.
    Sha_512 = 6,
    /// For a verifier only: one of the six. The label before the signature, the header `X-Fivetran-Hmac-Algorithm` and
    /// the length of the signature must agree on it.
    InferFromHeader = 255,
}

/// How a signature is written as text. Functions take it as a plain number, so any number may be passed and is checked.
/// It is never guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Encoding {
    /// The standard alphabet (RFC 4648 section 4); padding complete or absent.
    Base64 = 1,
    /// Two digits per byte (RFC 4648 section 8), either case.
    HexaDecimal = 2,
    /// The alphabet with `-` and `_` (RFC 4648 section 5); padding complete or absent.
    Base64Url = 3,
}

/// How far the time of sending may be from now, in seconds. A delivery exactly at the limit is accepted.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Tolerance {
    /// The greatest age that is accepted.
    pub past: u32,
    /// How far the sender's clock may be ahead.
    pub future: u32,
}

/// What the number of an algorithm asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Nothing,
    Infer,
    Fixed(countersign::Algorithm),
}

impl Wanted {
    pub(crate) fn of(number: u32) -> Result<Self, Fault> {
        use countersign::Algorithm as Core;
        Ok(match number {
            0 => Self::Nothing,
            1 => Self::Fixed(Core::Md5),
            2 => Self::Fixed(Core::Sha1),
            3 => Self::Fixed(Core::Sha224),
            4 => Self::Fixed(Core::Sha256),
            5 => Self::Fixed(Core::Sha384),
            6 => Self::Fixed(Core::Sha512),
            255 => Self::Infer,
            _ => return Err(Fault::argument(format!("algorithm {number} is none; see countersign_algorithm"))),
        })
    }

    /// For a signer, which may leave the choice to the scheme.
    pub(crate) fn to_sign(number: u32) -> Result<Option<countersign::Algorithm>, Fault> {
        match Self::of(number)? {
            Self::Nothing => Ok(None),
            Self::Fixed(algorithm) => Ok(Some(algorithm)),
            Self::Infer => Err(Fault::argument("a signer cannot infer its algorithm; name it, or give 0 (NONE)")),
        }
    }
}

pub(crate) fn encoding(number: u32) -> Result<countersign::Encoding, Fault> {
    match number {
        1 => Ok(countersign::Encoding::Base64),
        2 => Ok(countersign::Encoding::HexaDecimal),
        3 => Ok(countersign::Encoding::Base64Url),
        _ => Err(Fault::argument(format!("encoding {number} is none; see countersign_encoding"))),
    }
}

impl From<countersign::Algorithm> for Algorithm {
    #[inline]
    fn from(algorithm: countersign::Algorithm) -> Self {
        match algorithm {
            countersign::Algorithm::Md5 => Self::Md5,
            countersign::Algorithm::Sha1 => Self::Sha_1,
            countersign::Algorithm::Sha224 => Self::Sha_224,
            countersign::Algorithm::Sha256 => Self::Sha_256,
            countersign::Algorithm::Sha384 => Self::Sha_384,
            countersign::Algorithm::Sha512 => Self::Sha_512,
        }
    }
}

impl From<Tolerance> for countersign::Tolerance {
    fn from(Tolerance { past, future }: Tolerance) -> Self {
        let mut tolerance = Self::both(past);
        tolerance.future = future;
        tolerance
    }
}

fn name(number: u32) -> &'static CStr {
    match number {
        0 => c"NONE",
        1 => c"MD5",
        2 => c"SHA_1",
        3 => c"SHA_224",
        4 => c"SHA_256",
        5 => c"SHA_384",
        6 => c"SHA_512",
        255 => c"INFER_FROM_HEADER",
        _ => c"UNKNOWN",
    }
}

/// The configuration name of an algorithm, such as `SHA_256`; `NONE` for 0, `UNKNOWN` for any other number.
///
/// Returns a NUL-terminated text that lives as long as the program. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn countersign_algorithm_name(algorithm: u32) -> *const c_char {
    boundary_or(c"UNKNOWN".as_ptr(), || name(algorithm).as_ptr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_mean_the_same_in_both_directions() {
        for algorithm in countersign::Algorithm::ALL {
            let number = Algorithm::from(algorithm) as u32;
            assert_eq!(Wanted::of(number).ok(), Some(Wanted::Fixed(algorithm)));
            assert_eq!(Wanted::to_sign(number).ok(), Some(Some(algorithm)));
            assert_eq!(name(number).to_str(), Ok(algorithm.name()));
        }
        assert_eq!(Wanted::of(Algorithm::None as u32).ok(), Some(Wanted::Nothing));
        assert_eq!(Wanted::of(Algorithm::InferFromHeader as u32).ok(), Some(Wanted::Infer));
        let pairs = [
            (Encoding::Base64, countersign::Encoding::Base64),
            (Encoding::HexaDecimal, countersign::Encoding::HexaDecimal),
            (Encoding::Base64Url, countersign::Encoding::Base64Url),
        ];
        for (ours, core) in pairs {
            assert_eq!(encoding(ours as u32).ok(), Some(core));
        }
    }

    #[test]
    fn other_numbers_mean_nothing() {
        for number in [7, 8, 64, 254, 256, u32::MAX] {
            assert!(Wanted::of(number).is_err() && encoding(number).is_err(), "{number}");
            assert_eq!(name(number), c"UNKNOWN");
        }
        assert!(encoding(0).is_err());
        assert!(Wanted::to_sign(Algorithm::InferFromHeader as u32).is_err());
    }
}
