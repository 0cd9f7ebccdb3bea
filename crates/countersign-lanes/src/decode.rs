//! Decodes the text of a tag with the fastest code for this processor.

use countersign_core::{Encoding, hazmat};

use crate::lanes::Lanes;

impl Lanes {
    /// As [`hazmat::decode`], but several times faster if the processor has AVX2 and `text` has the length of a tag.
    #[inline]
    #[must_use]
    pub fn decode(self, text: &[u8], encoding: Encoding, tag: &mut [u8; 64]) -> Option<usize> {
        #[cfg(target_arch = "x86_64")]
        if let Some(length) = self.avx2.and_then(|avx2| avx2.decode(text, encoding, tag)) {
            return Some(length);
        }
        portable(text, encoding, tag)
    }
}

/// Not inlined, because it is long.
#[inline(never)]
fn portable(text: &[u8], encoding: Encoding, tag: &mut [u8; 64]) -> Option<usize> {
    hazmat::decode(text, encoding, tag)
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    /// Decodes with both decoders and compares the results.
    #[track_caller]
    fn check(text: &[u8], encoding: Encoding) -> Option<usize> {
        let (mut ours, mut theirs) = ([0; 64], [0; 64]);
        let verdict = Lanes::detect().decode(text, encoding, &mut ours);
        assert_eq!(verdict, hazmat::decode(text, encoding, &mut theirs), "{} {encoding:?}", text.escape_ascii());
        if verdict.is_some() {
            assert_eq!(ours, theirs, "{} {encoding:?}", text.escape_ascii());
        }
        verdict
    }

    /// A text of this length with characters of the alphabet and padding. Different `seed`s give different texts.
    fn text(length: usize, padding: usize, encoding: Encoding, seed: usize) -> Vec<u8> {
        let alphabet: &[u8] = match encoding {
            Encoding::HexaDecimal => b"0123456789abcdefABCDEF",
            Encoding::Base64 => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
            Encoding::Base64Url => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        };
        let mut text: Vec<u8> =
            (0..length - padding).map(|index| alphabet[(index * 7 + seed * (index + 1)) % alphabet.len()]).collect();
        if padding > 0
            && let Some(last) = text.last_mut()
        {
            // The bits after the tag must be zero.
            *last = alphabet[((seed % 4) << 4) % alphabet.len()];
        }
        text.resize(length, b'=');
        text
    }

    /// The encoding, length and padding of each form of an encoded tag.
    fn tag_texts() -> impl Iterator<Item = (Encoding, usize, usize)> {
        let hex = [32, 40, 56, 64, 96, 128].map(|length| (Encoding::HexaDecimal, length, 0));
        let base64 = [(24, 2), (28, 1), (40, 2), (44, 1), (64, 0), (88, 2)];
        let both = [Encoding::Base64, Encoding::Base64Url]
            .map(|encoding| base64.map(|(length, padding)| (encoding, length, padding)));
        hex.into_iter().chain(both.into_iter().flatten())
    }

    #[test]
    fn texts_of_tags_are_decoded_as_by_the_core() {
        for (encoding, length, padding) in tag_texts() {
            for seed in 0..500 {
                let text = text(length, padding, encoding, seed);
                assert!(check(&text, encoding).is_some(), "{} {encoding:?}", text.escape_ascii());
            }
        }
    }

    /// Invalid characters, characters of another alphabet, and padding at a wrong position.
    #[test]
    fn every_byte_at_every_index_is_judged_as_by_the_core() {
        for (encoding, length, padding) in tag_texts() {
            let text = text(length, padding, encoding, 3);
            for index in 0..length {
                let mut text = text.clone();
                let right = (0..=255).filter(|&byte| {
                    text[index] = byte;
                    check(&text, encoding).is_some()
                });
                let right = right.count();
                if index + padding + 1 < length {
                    let expected = if encoding == Encoding::HexaDecimal { 22 } else { 64 };
                    assert_eq!(right, expected, "{length} {index} {encoding:?}");
                }
            }
        }
    }

    #[test]
    fn other_lengths_are_judged_as_by_the_core() {
        for encoding in [Encoding::HexaDecimal, Encoding::Base64, Encoding::Base64Url] {
            for length in 0..200 {
                for padding in 0..=length.min(3) {
                    let _ = check(&text(length, padding, encoding, length)[..], encoding);
                }
            }
        }
    }

    /// Two invalid bytes must not cancel each other.
    #[test]
    fn pairs_of_wrong_characters_are_wrong() {
        for (encoding, length, padding) in tag_texts() {
            for bytes in (0..=255_u8).map(|byte| [byte, !byte]) {
                let mut text = text(length, padding, encoding, 5);
                text[4..6].copy_from_slice(&bytes);
                let _ = check(&text, encoding);
            }
        }
    }
}
