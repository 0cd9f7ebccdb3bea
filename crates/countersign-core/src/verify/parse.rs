//! Parse and decode: from the value of the signature header to the tags that were received.

use crate::algorithm::Algorithm;
use crate::backend::Backend;
use crate::delivery::{Head, Headers};
use crate::format::{FirstSignature, Format, HeaderFields};
use crate::header::Value;
use crate::infer::{AlgorithmRule, Named};
use crate::key::Key;
use crate::list::split_list;
use crate::rejection::Rejection;
use crate::scheme::HmacScheme;
use crate::signature::Signature;
use crate::tag::{MAX_SIGNATURES, Tag, Tags};
use crate::verifier::Verifier;

impl<K: AsRef<[Key]>, S: AsRef<str>> Verifier<K, S> {
    /// Parse, where there is one signature header.
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
        let value = Value::single(head.headers.lines(scheme.header.as_ref()))?.ok_or(Rejection::MissingSignature)?;
        scheme.format.parse_first(value, scheme.field_keys(), found)
    }

    /// Parse and decode, where there may be several signatures: adds their tags to `received`, and returns the algorithm and
    /// the fields of the signature header.
    ///
    /// In this order: the lines of all headers, the format of all values, the text of all signatures. A delivery with
    /// several faults is then rejected for the same one as where there is one header with one signature.
    pub(super) fn parse_all<'a, H: Headers + ?Sized>(
        &self,
        backend: &impl Backend,
        scheme: &'a HmacScheme<S>,
        head: Head<'a, H>,
        received: &mut Tags,
    ) -> Result<(Algorithm, HeaderFields<'a>), Rejection> {
        let names = || {
            // One name is used as it is.
            let all = if self.plan.several_headers { scheme.header.as_ref() } else { "" };
            let one = if self.plan.several_headers { None } else { Some(scheme.header.as_ref()) };
            one.into_iter().chain(split_list(all).filter(|name| !name.is_empty()))
        };
        let mut found = false;
        for name in names() {
            found |= Value::single(head.headers.lines(name))?.is_some();
        }
        if !found {
            return Err(Rejection::MissingSignature);
        }
        let (mut fields, mut count) = (HeaderFields::default(), 0_usize);
        for name in names() {
            if let Some(value) = Value::single(head.headers.lines(name))? {
                fields = scheme.format.parse(value, scheme.field_keys(), |_| {
                    count = count.wrapping_add(1);
                    if count > MAX_SIGNATURES { Err(Rejection::MalformedSignature) } else { Ok(()) }
                })?;
            }
        }
        let mut algorithm = Err(Rejection::MissingSignature);
        for name in names() {
            if let Some(value) = Value::single(head.headers.lines(name))? {
                scheme.format.parse(value, scheme.field_keys(), |text| {
                    let tag = received.add().ok_or(Rejection::MalformedSignature)?;
                    algorithm = Ok(self.decode(backend, scheme, head, text, tag)?);
                    Ok(())
                })?;
            }
        }
        Ok((algorithm?, fields))
    }

    /// Decodes the text of one signature to the front of `tag`, and returns its algorithm.
    #[allow(clippy::inline_always, reason = "a call costs as much as the rest of a short signature's decoding")]
    #[inline(always)]
    pub(super) fn decode<H: Headers + ?Sized>(
        &self,
        backend: &impl Backend,
        scheme: &HmacScheme<S>,
        head: Head<'_, H>,
        text: &[u8],
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
        let length = backend.decode(signature.text(), scheme.encoding, tag.as_mut_bytes()).ok_or_else(|| {
            let fault = Rejection::MalformedEncoding;
            if may_be_labelled { signature.fault_or(fault) } else { fault }
        })?;
        let algorithm = named.with_length(length)?;
        match &scheme.algorithm {
            AlgorithmRule::Infer { .. } if !self.accepts(algorithm) => Err(Rejection::AlgorithmNotAccepted),
            _ => Ok(algorithm),
        }
    }
}
