//! The fast path: verifies a signature in one of the two most common forms, if only the body is signed.
//!
//! It adds no rules: it returns the same verdicts as the general code in `verify.rs`, and leaves what it does not
//! recognise to that code.

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

/// The most common forms of a scheme's signatures: the encoded tag, alone or after the shortest label of its algorithm.
#[derive(Clone, Copy)]
pub(crate) struct FastPath {
    algorithm: Algorithm,
    encoding: Encoding,
    /// The length of the encoded tag, with padding.
    text_len: u8,
    /// Whether the label may be absent.
    may_be_bare: bool,
}

impl FastPath {
    /// `None` if the scheme has no fixed algorithm, or if its header contains more than a label and a tag.
    pub(crate) fn new<S>(scheme: &HmacScheme<S>) -> Option<Self> {
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

    /// Runs all stages: returns the verdict on `line`, the only line of the signature header, and `body`. `None` if the
    /// line is not in one of the most common forms, or if there are several keys.
    #[allow(clippy::inline_always, reason = "a call would add a third to its cost")]
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
        // A wiped key has no algorithm, and its MACs are zeros, which anyone could send.
        key.algorithm()?;
        Some(compare_one(&received, algorithm, usable, &backend.mac(key, body)))
    }

    /// Runs parse and decode: returns the algorithm of `line` and writes its tag to `tag`. `None` if the line is not in
    /// one of the most common forms; `tag` may then contain part of what was decoded.
    #[allow(clippy::inline_always, reason = "a call would double its cost")]
    #[inline(always)]
    pub(crate) fn parse(self, backend: &impl Backend, line: &[u8], tag: &mut Tag) -> Option<Algorithm> {
        let length = backend.decode(self.encoded_tag(line)?, self.encoding, tag.as_mut_bytes())?;
        (length == self.algorithm.tag_len()).then_some(self.algorithm)
    }

    /// The encoded tag in a header line, if the line has exactly the length of the tag, with or without the label.
    ///
    /// The decoder checks the text. If it succeeds, the line has no other meaning: no alphabet contains a space or the
    /// separator of another label.
    #[inline]
    fn encoded_tag(self, line: &[u8]) -> Option<&[u8]> {
        match line.len().checked_sub(usize::from(self.text_len))? {
            0 if self.may_be_bare => Some(line),
            label_len if label_len == self.label().len() => line.strip_prefix(self.label()),
            _ => None,
        }
    }

    /// The shortest label of the algorithm.
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
