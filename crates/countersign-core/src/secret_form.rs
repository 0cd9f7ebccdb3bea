//! The forms in which a secret is written as text: UTF-8, base64 or hex.

use zeroize::Zeroize;

use crate::algorithm::Algorithm;
use crate::digest::Digest;
use crate::hash::{Hash, Md5, Sha1, Sha224, Sha256, Sha384, Sha512};
use crate::key::Key;
use crate::setup::SetupError;
use crate::tag::MAX_TAG;
use crate::unfilled::{is_blank, is_mask};

/// The form in which a secret is written as text.
///
/// Exhaustive on purpose: if a variant is added, the compiler reports every `match` that lacks it. Adding one is a
/// breaking change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SecretForm {
    /// `UTF_8`: the bytes of the text, unchanged: white space at the ends is part of the secret. The default.
    #[default]
    Utf8,
    /// `BASE64`: decoded from the standard alphabet. An optional prefix `whsec_` is removed. Padding may be absent
    /// and trailing bits may be set, since other libraries accept both.
    Base64,
    /// `HEXA_DECIMAL`: decoded from two digits per byte, upper or lower case.
    HexaDecimal,
}

/// The prefix of secrets in Standard Webhooks.
const PREFIX: &[u8] = b"whsec_";

/// The largest block length of the algorithms. HMAC hashes longer secrets (RFC 2104 section 2).
const MAX_BLOCK: usize = 128;

impl SecretForm {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Utf8, Self::Base64, Self::HexaDecimal];

    /// The configuration name, such as `UTF_8`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF_8",
            Self::Base64 => "BASE64",
            Self::HexaDecimal => "HEXA_DECIMAL",
        }
    }

    /// Decodes the secret in `text` and prepares it for HMAC with `algorithm`.
    ///
    /// # Errors
    /// [`SetupError::MalformedSecret`] if the text is not of this form; [`SetupError::EmptySecret`] if the secret is
    /// empty, [`SetupError::ZeroSecret`] if it consists only of zeros, [`SetupError::BlankSecret`] if the text, which is
    /// not to be decoded, consists only of spaces, tabs and line breaks, [`SetupError::MaskedSecret`] if only of `*`.
    pub fn key(self, algorithm: Algorithm, text: &[u8]) -> Result<Key, SetupError> {
        match self {
            Self::Utf8 if is_blank(text) => Err(SetupError::BlankSecret),
            Self::Utf8 if is_mask(text) => Err(SetupError::MaskedSecret),
            Self::Utf8 => Key::hmac(algorithm, text),
            Self::Base64 => {
                key_from_text(algorithm, check_base64(text)?, |byte| u32::from(sextet(byte).unwrap_or(0)), 6)
            }
            Self::HexaDecimal => {
                key_from_text(algorithm, check_hex(text)?, |byte| char::from(byte).to_digit(16).unwrap_or(0), 4)
            }
        }
    }
}

/// The text without prefix and padding, if all its characters are in the base64 alphabet.
fn check_base64(text: &[u8]) -> Result<&[u8], SetupError> {
    let text = text.strip_prefix(PREFIX).unwrap_or(text);
    let text = text.strip_suffix(b"==").or(text.strip_suffix(b"=")).unwrap_or(text);
    let well_formed = text.len() % 4 != 1 && text.iter().all(|&byte| sextet(byte).is_some());
    if well_formed { Ok(text) } else { Err(SetupError::MalformedSecret) }
}

/// The text, if it consists of pairs of hexadecimal digits.
fn check_hex(text: &[u8]) -> Result<&[u8], SetupError> {
    let well_formed = text.len().is_multiple_of(2) && text.iter().all(u8::is_ascii_hexdigit);
    if well_formed { Ok(text) } else { Err(SetupError::MalformedSecret) }
}

/// The value of a base64 character.
fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte.wrapping_sub(b'A')),
        b'a'..=b'z' => Some(byte.wrapping_sub(b'a').wrapping_add(26)),
        b'0'..=b'9' => Some(byte.wrapping_sub(b'0').wrapping_add(52)),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// The key from the bytes that `text` encodes with `width` bits per character.
fn key_from_text(algorithm: Algorithm, text: &[u8], value: fn(u8) -> u32, width: u32) -> Result<Key, SetupError> {
    let mut block = [0; MAX_BLOCK];
    let length = decode_each(text, value, width, |index, byte| {
        if let Some(slot) = block.get_mut(index) {
            *slot = byte;
        }
    });
    let key = match block.get(..length) {
        Some(secret) => Key::hmac(algorithm, secret),
        None => match algorithm {
            Algorithm::Md5 => key_from_hash::<Md5, 64>(text, value, width),
            Algorithm::Sha1 => key_from_hash::<Sha1, 64>(text, value, width),
            Algorithm::Sha224 => key_from_hash::<Sha224, 64>(text, value, width),
            Algorithm::Sha256 => key_from_hash::<Sha256, 64>(text, value, width),
            Algorithm::Sha384 => key_from_hash::<Sha384, 128>(text, value, width),
            Algorithm::Sha512 => key_from_hash::<Sha512, 128>(text, value, width),
        },
    };
    block.zeroize();
    key
}

/// The key from a secret longer than a block: HMAC uses its hash instead (RFC 2104 section 2).
fn key_from_hash<H: Hash<BLOCK>, const BLOCK: usize>(
    text: &[u8],
    value: fn(u8) -> u32,
    width: u32,
) -> Result<Key, SetupError> {
    let mut digest = Digest::<H, BLOCK, 1>::resume([H::INITIAL], 1, 0);
    let mut all_bits = 0;
    decode_each(text, value, width, |_, byte| {
        all_bits |= byte;
        digest.update(&[byte]);
    });
    let mut hash = [0; MAX_TAG];
    digest.finish().iter().for_each(|state| H::write_hash(state, &mut hash));
    digest.wipe();
    let key = Key::hmac(H::ALGORITHM, hash.get(..H::ALGORITHM.tag_len()).unwrap_or_default());
    hash.zeroize();
    if all_bits == 0 { Err(SetupError::ZeroSecret) } else { key }
}

/// Calls `on_byte` with the index and value of each decoded byte, and returns their number. Ignores bits left over at
/// the end.
fn decode_each(text: &[u8], value: fn(u8) -> u32, width: u32, mut on_byte: impl FnMut(usize, u8)) -> usize {
    let (mut bits, mut pending_bits, mut count) = (0_u32, 0_u32, 0_usize);
    for &character in text {
        bits = bits.wrapping_shl(width) | value(character);
        pending_bits = pending_bits.wrapping_add(width);
        if pending_bits >= 8 {
            pending_bits = pending_bits.wrapping_sub(8);
            let [.., byte] = bits.wrapping_shr(pending_bits).to_be_bytes();
            on_byte(count, byte);
            count = count.wrapping_add(1);
        }
    }
    count
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    use ::base64::Engine as _;
    use ::base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

    use super::*;

    fn tag(key: &Key) -> Vec<u8> {
        key.sign(&[b"message"]).unwrap().as_bytes().to_vec()
    }

    /// Secrets of every length around the sizes of blocks.
    #[test]
    fn the_decoded_bytes_are_the_key() {
        for length in (1..=10).chain(60..=70).chain(124..=140).chain([1000]) {
            let secret: Vec<u8> = (0..length).map(|at: u16| at.wrapping_mul(151).to_le_bytes()[0] ^ 0x5a).collect();
            for algorithm in Algorithm::ALL {
                let expected = tag(&Key::hmac(algorithm, &secret).unwrap());
                let padded = STANDARD.encode(&secret);
                for (form, text) in [
                    (SecretForm::Base64, format!("whsec_{padded}")),
                    (SecretForm::Base64, STANDARD_NO_PAD.encode(&secret)),
                    (SecretForm::Base64, padded),
                    (SecretForm::HexaDecimal, hex::encode(&secret)),
                    (SecretForm::HexaDecimal, hex::encode_upper(&secret)),
                ] {
                    assert_eq!(tag(&form.key(algorithm, text.as_bytes()).unwrap()), expected, "{algorithm} {text}");
                }
                assert_eq!(tag(&SecretForm::Utf8.key(algorithm, &secret).unwrap()), expected);
            }
        }
    }

    #[test]
    fn missing_padding_and_trailing_bits_are_accepted_and_nothing_else() {
        let key = |form: SecretForm, text: &str| form.key(Algorithm::Sha256, text.as_bytes()).map(|key| tag(&key));
        let one = tag(&Key::hmac(Algorithm::Sha256, b"a").unwrap());
        for text in ["YQ==", "YQ=", "YQ", "YR==", "whsec_YQ"] {
            assert_eq!(key(SecretForm::Base64, text), Ok(one.clone()), "{text}");
        }
        for text in
            ["Y", "Y===", "YQ===", "YQ==\n", " YQ==", "Y-==", "Y_", "YQ==YQ==", "WHSEC_YQ", "whsec_whsec_YQ", "é"]
        {
            assert_eq!(key(SecretForm::Base64, text), Err(SetupError::MalformedSecret), "{text}");
        }
        assert_eq!(key(SecretForm::HexaDecimal, "61"), Ok(one));
        for text in ["6", "6g", "0x61", " 61", "61 ", "whsec_61"] {
            assert_eq!(key(SecretForm::HexaDecimal, text), Err(SetupError::MalformedSecret), "{text}");
        }
        for (form, text) in [
            (SecretForm::Base64, ""),
            (SecretForm::Base64, "whsec_"),
            (SecretForm::Base64, "=="),
            (SecretForm::HexaDecimal, ""),
        ] {
            assert_eq!(key(form, text), Err(SetupError::EmptySecret), "{text}");
        }
        for zeros in [1, 32, 64, 128, 129, 1000] {
            let text = "00".repeat(zeros);
            assert_eq!(key(SecretForm::HexaDecimal, &text), Err(SetupError::ZeroSecret), "{zeros}");
            assert_eq!(key(SecretForm::Base64, &"AAAA".repeat(zeros)), Err(SetupError::ZeroSecret), "{zeros}");
            assert!(key(SecretForm::HexaDecimal, &(text + "01")).is_ok(), "{zeros}");
        }
    }

    /// White space and `*` are parts of a secret, and no secret by themselves.
    #[test]
    fn a_secret_is_not_nothing_but_white_space_or_a_mask() {
        for algorithm in Algorithm::ALL {
            for text in [" ", "\n", "\r\n", "\t", "    ", " \t\r\n"] {
                assert_eq!(
                    SecretForm::Utf8.key(algorithm, text.as_bytes()).err(),
                    Some(SetupError::BlankSecret),
                    "{text:?}"
                );
                for form in [SecretForm::Base64, SecretForm::HexaDecimal] {
                    assert_eq!(
                        form.key(algorithm, text.as_bytes()).err(),
                        Some(SetupError::MalformedSecret),
                        "{text:?}"
                    );
                }
            }
            for text in ["*", "******", "************************************************"] {
                assert_eq!(
                    SecretForm::Utf8.key(algorithm, text.as_bytes()).err(),
                    Some(SetupError::MaskedSecret),
                    "{text:?}"
                );
            }
            for byte in (0..=u8::MAX).filter(|byte| !b"\0 \t\r\n".contains(byte)) {
                assert!(SecretForm::Utf8.key(algorithm, &[b' ', byte, b'\n']).is_ok(), "{byte}");
            }
            for text in [" a", "a\n", "a b", "\0 ", "\x0c", "\u{a0}", "***a", "** **", "*\n"] {
                assert!(SecretForm::Utf8.key(algorithm, text.as_bytes()).is_ok(), "{text:?}");
            }
        }
    }

    #[test]
    fn names_are_fixed() {
        let names: Vec<String> = SecretForm::ALL.iter().map(|form| form.name().into()).collect();
        assert_eq!(names, ["UTF_8", "BASE64", "HEXA_DECIMAL"]);
    }
}
