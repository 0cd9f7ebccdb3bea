//! The fast path: a signature in its most common form, where the body alone is signed and there is one secret.
//!
//! It is a short cut of the spine in `verify.rs`, not another rule: what it accepts or rejects, the spine would too, and
//! what it does not recognise may still be a signature.

use crate::algorithm::Algorithm;
use crate::backend::Backend;
use crate::compare::compare_one;
use crate::encoding::Encoding;
use crate::format::Format;
use crate::infer::AlgorithmRule;
use crate::key::Key;
use crate::rejection::Rejection;
use crate::scheme::HmacScheme;
use crate::secret_set::SecretSet;
use crate::tag::Tag;
use crate::verdict::Verified;

/// The most common form of a scheme's signatures: the encoded tag alone, or after the shortest label of its algorithm.
#[derive(Clone, Copy)]
pub(crate) struct FastPath {
    algorithm: Algorithm,
    encoding: Encoding,
    /// The length of the encoded tag, with its padding.
    text_len: u8,
    /// Whether the tag may stand without a label.
    may_be_bare: bool,
}

impl FastPath {
    /// `None` for a scheme that does not fix the algorithm, or whose header holds more than the tag.
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

    /// All stages at once: the verdict on `line`, the only line of the signature header, and `body`. `None` if the line is
    /// not in the most common form, or if there are several keys.
    #[allow(clippy::inline_always, reason = "a call costs a third of what it does")]
    #[inline(always)]
    pub(crate) fn verify<B: Backend>(
        self,
        backend: &B,
        keys: &[Key],
        usable: SecretSet,
        line: &[u8],
        body: &[&[u8]],
    ) -> Option<Result<Verified, Rejection>> {
        let [key] = keys else { return None };
        let mut received = Tag::empty();
        let algorithm = self.parse(backend, line, &mut received)?;
        // A key that was wiped is of no algorithm, and its MACs are zeros that anyone could send.
        key.algorithm()?;
        Some(compare_one(&received, algorithm, usable, &backend.mac(key, body)))
    }

    /// Parse and decode at once: the algorithm of `line`, and its tag in `tag`. `None` if it is not in the most common form;
    /// `tag` may then hold a part of what was decoded.
    #[allow(clippy::inline_always, reason = "a call costs as much as all that it does")]
    #[inline(always)]
    pub(crate) fn parse(self, backend: &impl Backend, line: &[u8], tag: &mut Tag) -> Option<Algorithm> {
        let length = backend.decode(self.text(line)?, self.encoding, tag.as_mut_bytes())?;
        (length == self.algorithm.tag_len()).then_some(self.algorithm)
    }

    /// The encoded tag in a header line, if the line has the length of one with nothing or the label before it.
    ///
    /// Whether it is one is for the decoder to say. No other reading is lost: a space at the ends and a separator after
    /// another label are in no alphabet.
    #[inline]
    fn text(self, line: &[u8]) -> Option<&[u8]> {
        match line.len().checked_sub(usize::from(self.text_len))? {
            0 if self.may_be_bare => Some(line),
            before if before == self.label().len() => line.strip_prefix(self.label()),
            _ => None,
        }
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
}
