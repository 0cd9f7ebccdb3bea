//! Parse and decode: from the value of the signature's header to the tag that was received.

use crate::algorithm::Algorithm;
use crate::decode::{Decoder, decode};
use crate::delivery::{Head, Headers};
use crate::format::{Beside, Format, Survey};
use crate::header::Value;
use crate::infer::{AlgorithmRule, Named};
use crate::key::Key;
use crate::names::listed;
use crate::received::Received;
use crate::rejection::Rejection;
use crate::scheme::HmacScheme;
use crate::signature::Signature;
use crate::tag::{MAX_SIGNATURES, Tag};
use crate::verify::Verifier;

impl<K: AsRef<[Key]>, S: AsRef<str>> Verifier<K, S> {
    /// Parse and decode at once, where the body alone is signed and the signature looks as usual. `None` if it must be
    /// looked at closely.
    #[allow(clippy::inline_always, reason = "a call costs as much as all that it does")]
    #[inline(always)]
    pub(super) fn read_usual(&self, signature: &[u8], decode: impl Decoder, tag: &mut Tag) -> Option<Algorithm> {
        let usual = self.plan.usual?;
        let length = decode(usual.text(signature)?, usual.encoding(), tag.as_mut_bytes())?;
        (length == usual.algorithm().tag_len()).then_some(usual.algorithm())
    }

    /// Parse, where there is one signature header.
    #[inline]
    pub(super) fn survey<'a, H: Headers + ?Sized>(
        &self,
        scheme: &'a HmacScheme<S>,
        head: Head<'a, H>,
        found: &mut Survey<'a>,
    ) -> Result<(), Rejection> {
        if self.plan.several_headers {
            return Ok(());
        }
        let value = Value::single(head.headers.lines(scheme.header.as_ref()))?.ok_or(Rejection::MissingSignature)?;
        scheme.format.survey(value, scheme.wanted(), found)
    }

    /// Parse and decode, where there may be several signatures: fills `received`, and tells the algorithm and what stands
    /// beside the signatures.
    ///
    /// In this order: the lines of all headers, the format of all values, the text of all signatures. What is said of a
    /// delivery with several faults is then the same as where there is one header with one signature.
    pub(super) fn read<'a, H: Headers + ?Sized>(
        &self,
        scheme: &'a HmacScheme<S>,
        head: Head<'a, H>,
        received: &mut Received,
    ) -> Result<(Algorithm, Beside<'a>), Rejection> {
        let names = || {
            // One name is taken as it is.
            let all = if self.plan.several_headers { scheme.header.as_ref() } else { "" };
            let one = if self.plan.several_headers { None } else { Some(scheme.header.as_ref()) };
            one.into_iter().chain(listed(all).filter(|name| !name.is_empty()))
        };
        let mut found = false;
        for name in names() {
            found |= Value::single(head.headers.lines(name))?.is_some();
        }
        if !found {
            return Err(Rejection::MissingSignature);
        }
        let (mut beside, mut count) = (Beside::default(), 0_usize);
        for name in names() {
            if let Some(value) = Value::single(head.headers.lines(name))? {
                beside = scheme.format.read(value, scheme.wanted(), |_| {
                    count = count.wrapping_add(1);
                    if count > MAX_SIGNATURES { Err(Rejection::MalformedSignature) } else { Ok(()) }
                })?;
            }
        }
        let mut algorithm = Err(Rejection::MissingSignature);
        for name in names() {
            if let Some(value) = Value::single(head.headers.lines(name))? {
                scheme.format.read(value, scheme.wanted(), |text| {
                    algorithm = Ok(received.add(|tag| self.decode(scheme, head, text, decode, tag))?);
                    Ok(())
                })?;
            }
        }
        Ok((algorithm?, beside))
    }

    /// Decodes the text of one signature to the front of `tag`, and tells its algorithm.
    #[allow(clippy::inline_always, reason = "a call costs as much as the rest of a short signature's decoding")]
    #[inline(always)]
    pub(super) fn decode<H: Headers + ?Sized>(
        &self,
        scheme: &HmacScheme<S>,
        head: Head<'_, H>,
        text: &[u8],
        decode: impl Decoder,
        tag: &mut Tag,
    ) -> Result<Algorithm, Rejection> {
        let may_be_labelled = matches!(scheme.format, Format::Bare | Format::Labelled);
        let signature = if may_be_labelled { Signature::parse(text)? } else { Signature::unlabelled(text) };
        if matches!(scheme.format, Format::Labelled) && signature.label().is_none() {
            return Err(signature.fault_or(Rejection::MalformedSignature));
        }
        let named = match &scheme.algorithm {
            AlgorithmRule::Fixed(algorithm) => Named::fixed(*algorithm, signature.label(), scheme.encoding)?,
            AlgorithmRule::Infer { header } => {
                let accepted = |algorithm| self.accepts(algorithm);
                let named = Value::single(head.headers.lines(header.as_ref()))
                    .and_then(|companion| Named::inferred(signature.label(), companion, accepted, scheme.encoding));
                named.map_err(|rejection| signature.fault_or(rejection))?
            }
        };
        let length = decode(signature.text(), scheme.encoding, tag.as_mut_bytes()).ok_or_else(|| {
            let fault = Rejection::MalformedEncoding;
            if may_be_labelled { signature.fault_or(fault) } else { fault }
        })?;
        let algorithm = named.with_length(length)?;
        match &scheme.algorithm {
            AlgorithmRule::Infer { .. } if !self.accepts(algorithm) => Err(Rejection::AlgorithmNotAccepted),
            _ => Ok(algorithm),
        }
    }

    /// Whether there is a key for `algorithm`.
    #[inline]
    pub(super) fn accepts(&self, algorithm: Algorithm) -> bool {
        self.keys.as_ref().iter().any(|key| key.algorithm() == Some(algorithm))
    }
}
