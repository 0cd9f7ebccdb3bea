//! The signature as it usually looks: the encoded tag alone, or behind the plainest label of its algorithm.

use crate::algorithm::Algorithm;
use crate::encoding::Encoding;
use crate::format::Format;
use crate::infer::AlgorithmRule;
use crate::scheme::HmacScheme;

/// What tells such a signature from others, by its length. It is a short cut: what is found here, a closer look would find
/// too, and what is not may still be a signature.
#[derive(Clone, Copy)]
pub(crate) struct Usual {
    algorithm: Algorithm,
    encoding: Encoding,
    /// The length of the encoded tag, with its padding.
    text_len: u8,
    /// Whether the tag may stand alone.
    may_be_bare: bool,
}

impl Usual {
    /// `None` for schemes that do not fix the algorithm, and for those that have something else beside the tag.
    pub(crate) fn of<S>(scheme: &HmacScheme<S>) -> Option<Self> {
        let AlgorithmRule::Fixed(algorithm) = scheme.algorithm else { return None };
        let may_be_bare = match scheme.format {
            Format::Bare => true,
            Format::Labelled => false,
            _ => return None,
        };
        let tag_len = algorithm.tag_len();
        let text_len = match scheme.encoding {
            Encoding::HexaDecimal => tag_len.checked_mul(2)?,
            Encoding::Base64 | Encoding::Base64Url => tag_len.div_ceil(3).checked_mul(4)?,
        };
        Some(Self { algorithm, encoding: scheme.encoding, text_len: u8::try_from(text_len).ok()?, may_be_bare })
    }

    #[inline]
    pub(crate) fn algorithm(self) -> Algorithm {
        self.algorithm
    }

    #[inline]
    pub(crate) fn encoding(self) -> Encoding {
        self.encoding
    }

    fn label(self) -> &'static [u8] {
        match self.algorithm {
            Algorithm::Md5 => b"md5=",
            Algorithm::Sha1 => b"sha1=",
            Algorithm::Sha224 => b"sha224=",
            Algorithm::Sha256 => b"sha256=",
            Algorithm::Sha384 => b"sha384=",
            Algorithm::Sha512 => b"sha512=",
        }
    }

    /// The encoded tag in a header line, if the line has the length of one with nothing or the label before it.
    ///
    /// Whether it is one is for the decoder to say. No other reading is lost: a blank at the ends and a separator behind
    /// another label are in no alphabet.
    #[inline]
    pub(crate) fn text(self, line: &[u8]) -> Option<&[u8]> {
        match line.len().checked_sub(usize::from(self.text_len))? {
            0 if self.may_be_bare => Some(line),
            before if before == self.label().len() => line.strip_prefix(self.label()),
            _ => None,
        }
    }
}
