//! Stages 1 and 2, parse and decode: turns the values of the signature headers into tags and their algorithm.

use crate::algorithm::Algorithm;
use crate::backend::Backend;
use crate::delivery::{Head, Headers};
use crate::format::{FirstSignature, Format, HeaderFields};
use crate::header::HeaderValue;
use crate::infer::{AlgorithmRule, NamedAlgorithm};
use crate::key::Key;
use crate::list::split_list;
use crate::rejection::Rejection;
use crate::scheme::HmacScheme;
use crate::signature::Signature;
use crate::tag::{MAX_SIGNATURES, Tag, Tags};
use crate::verifier::Verifier;

impl<K: AsRef<[Key]>, S: AsRef<str>> Verifier<K, S> {
    /// Runs parse, if the scheme has one signature header. Stores the first signature in `found`.
    #[inline]
    pub(super) fn parse_first<'a, H: Headers + ?Sized>(
        &self,
        scheme: &'a HmacScheme<S>,
        head: Head<'a, H>,
        found: &mut FirstSignature<'a>,
    ) -> Result<(), Rejection> {
        if self.plan.several_headers {
            return Ok(());
        }
        let value =
            HeaderValue::single(head.headers.lines(scheme.header.as_ref()))?.ok_or(Rejection::MissingSignature)?;
        scheme.format.parse_first(value, scheme.field_keys(), found)
    }

    /// Runs parse and decode for any number of signatures: adds their tags to `received`, and returns the algorithm and
    /// the fields of the signature header.
    ///
    /// Checks in this order: the lines of all headers, the format of all values, the text of all signatures. So a
    /// delivery with several faults is rejected for the same one as a delivery with one header and one signature.
    ///
    /// A signature whose text is malformed counts as one that does not match, as it does in the senders' own libraries.
    /// Only if no signature is well-formed, the delivery is rejected for the fault of the first.
    pub(super) fn parse_all<'a, H: Headers + ?Sized>(
        &self,
        backend: &impl Backend,
        scheme: &'a HmacScheme<S>,
        head: Head<'a, H>,
        received: &mut Tags,
    ) -> Result<(Algorithm, HeaderFields<'a>), Rejection> {
        let names = || {
            // A single name is not split.
            let list = if self.plan.several_headers { scheme.header.as_ref() } else { "" };
            let single = if self.plan.several_headers { None } else { Some(scheme.header.as_ref()) };
            single.into_iter().chain(split_list(list).filter(|name| !name.is_empty()))
        };
        let mut found = false;
        for name in names() {
            found |= HeaderValue::single(head.headers.lines(name))?.is_some();
        }
        if !found {
            return Err(Rejection::MissingSignature);
        }
        let (mut fields, mut count) = (HeaderFields::default(), 0_usize);
        for name in names() {
            if let Some(value) = HeaderValue::single(head.headers.lines(name))? {
                fields = scheme.format.parse(value, scheme.field_keys(), |_| {
                    count = count.wrapping_add(1);
                    if count > MAX_SIGNATURES { Err(Rejection::MalformedSignature) } else { Ok(()) }
                })?;
            }
        }
        let (mut algorithm, mut first_fault) = (None, None);
        for name in names() {
            if let Some(value) = HeaderValue::single(head.headers.lines(name))? {
                scheme.format.parse(value, scheme.field_keys(), |text| {
                    let tag = received.push_empty().ok_or(Rejection::MalformedSignature)?;
                    match self.decode(backend, scheme, head, text, tag) {
                        Ok(found) => algorithm = Some(found),
                        Err(fault) => {
                            received.pop();
                            first_fault = first_fault.or(Some(fault));
                        }
                    }
                    Ok(())
                })?;
            }
        }
        match algorithm {
            Some(algorithm) => Ok((algorithm, fields)),
            None => Err(first_fault.unwrap_or(Rejection::MissingSignature)),
        }
    }

    /// Decodes the text of one signature to the start of `tag`, and returns its algorithm.
    #[allow(clippy::inline_always, reason = "a call costs as much as decoding a short signature")]
    #[inline(always)]
    pub(super) fn decode<H: Headers + ?Sized>(
        &self,
        backend: &impl Backend,
        scheme: &HmacScheme<S>,
        head: Head<'_, H>,
        text: &[u8],
        tag: &mut Tag,
    ) -> Result<Algorithm, Rejection> {
        if text.is_empty() {
            return Err(Rejection::MalformedSignature);
        }
        let may_be_labelled = scheme.format.may_be_labelled();
        let signature = if may_be_labelled { Signature::parse(text)? } else { Signature::unlabelled(text) };
        if matches!(scheme.format, Format::Labelled) && signature.label().is_none() {
            return Err(signature.unknown_label_or(Rejection::MalformedSignature));
        }
        let named = match &scheme.algorithm {
            AlgorithmRule::Fixed(algorithm) => NamedAlgorithm::fixed(*algorithm, signature.label(), scheme.encoding)?,
            AlgorithmRule::Infer { header } => {
                let accepted = |algorithm| self.accepts(algorithm);
                let named = HeaderValue::single(head.headers.lines(header.as_ref())).and_then(|companion| {
                    NamedAlgorithm::inferred(signature.label(), companion, accepted, scheme.encoding)
                });
                named.map_err(|rejection| signature.unknown_label_or(rejection))?
            }
        };
        let length = backend.decode(signature.text(), scheme.encoding, tag.as_mut_bytes()).ok_or_else(|| {
            let rejection = Rejection::MalformedEncoding;
            if may_be_labelled { signature.unknown_label_or(rejection) } else { rejection }
        })?;
        let algorithm = named.resolve_length(length)?;
        match &scheme.algorithm {
            AlgorithmRule::Infer { .. } if !self.accepts(algorithm) => Err(Rejection::AlgorithmNotAccepted),
            _ => Ok(algorithm),
        }
    }
}
