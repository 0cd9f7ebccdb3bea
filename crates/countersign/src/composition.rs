//! Compositions: what a scheme reads of a delivery beside the signature header and the body, as data.
//!
//! A composition says where the signature is (`place.rs`), which texts are signed (`text.rs`, `fields.rs`,
//! `signed_headers.rs`), and what has to be undone first (`signature.rs`, `unpack.rs`). It runs before the core, like the
//! functions of single senders, and hands the core a delivery in which each of these texts is the URL, the body or the value
//! of a header (`template.rs`). So the core alone decides: it parses, checks that the signed text can be cut in one way only,
//! compares, and judges the time.

mod fields;
mod hubspot;
mod json_value;
mod limit;
mod missing;
mod named;
mod place;
mod placeholder;
mod print;
mod read;
mod reserved;
mod signature;
mod signed_headers;
mod signed_places;
mod template;
mod text;
mod unpack;
mod xml;

use std::borrow::Cow;

use countersign_core::{Delivery, Headers, Rejection};

use crate::function::{Rewritten, Signatures};
use crate::header_line::single_line;
use fields::Fields;
pub(crate) use missing::lacks;
pub(crate) use named::NamedComposition;
pub(crate) use place::Place;
pub(crate) use read::{Draft, name_of};
pub(crate) use reserved::check_names;
use signature::Signature;
use signed_headers::SignedHeaders;
pub(crate) use template::SECRET;
use template::Translated;
use text::{Source, Text};

/// What a scheme reads of a delivery beside header and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Composition {
    signature: Signature,
    translated: Translated,
    fields: Option<Fields>,
    signed_headers: Option<SignedHeaders>,
    /// Whether a packed body is unpacked first.
    unpacks: bool,
    /// Whether the MAC covers the whole body.
    covers_body: bool,
    /// Whether timestamp or id are read from elsewhere than a header, so that the head alone does not show them.
    moves_values: bool,
}

impl Composition {
    /// The composition of a token at `place`.
    pub(crate) fn token(place: Place, header: String) -> Self {
        Self {
            signature: Signature { place: Some(place), header, wrapped_in: None, group_separator: None, until: None },
            translated: Translated::default(),
            fields: None,
            signed_headers: None,
            unpacks: false,
            covers_body: false,
            moves_values: false,
        }
    }

    /// The composition of a scheme whose template the core knows but for the secret in it.
    pub(crate) fn plain(header: String) -> Self {
        let translated = Translated { body: Some(Text::Body), ..Translated::default() };
        Self { covers_body: true, translated, ..Self::token(Place::Header(header.clone()), header).without_place() }
    }

    /// The same composition, with the signature in its header.
    fn without_place(mut self) -> Self {
        self.signature.place = None;
        self
    }

    /// The same, with the body as it comes in place of a text that is made of it; `None` if there is no such text.
    pub(crate) fn with_plain_body(&self) -> Option<Self> {
        let Some(Text::Of(..) | Text::Fields) = &self.translated.body else { return None };
        let mut changed = self.clone();
        changed.translated.set_plain_body();
        Some(changed)
    }

    /// The same composition, with the signature in the header `name`.
    pub(crate) fn in_header(&self, name: &str) -> Self {
        let mut changed = self.clone();
        name.clone_into(&mut changed.signature.header);
        changed
    }

    /// Whether the MAC covers the whole body.
    pub(crate) fn covers_body(&self) -> bool {
        self.covers_body
    }

    /// The place of the signature or token, if it is not a header.
    pub(crate) fn signature_place(&self) -> Option<&Place> {
        self.signature.place.as_ref()
    }

    /// Whether the core can judge the head before the composition reads the rest.
    pub(crate) fn has_plain_head(&self) -> bool {
        self.signature.is_plain() && !self.moves_values
    }

    /// Whether all that is done before the core judges is to unpack a packed body.
    pub(crate) fn only_unpacks(&self) -> bool {
        let Self { signature, translated, fields, signed_headers, unpacks, covers_body, moves_values } = self;
        let Translated { template: _, body, url, end_of_headers: _, parts, written: _, is_ambiguous: _ } = translated;
        let has_plain_body = matches!(body, None | Some(Text::Body));
        let is_rewritten = url.is_some() || !parts.is_empty() || fields.is_some() || signed_headers.is_some();
        *unpacks && *covers_body && has_plain_body && !is_rewritten && signature.is_plain() && !moves_values
    }

    /// Unpacks the body of a delivery, and calls `each` with its pieces, one after the other. Returns `false`, without a call,
    /// if it is not packed. What `each` was given is the body only if there is no error.
    ///
    /// # Errors
    /// As [`rewrite`](Self::rewrite).
    pub(crate) fn unpack<H: Headers + ?Sized>(
        &self,
        delivery: &Delivery<'_, H>,
        each: impl FnMut(&[u8]),
    ) -> Result<bool, Rejection> {
        // A missing signature is found before the work begins.
        if self.signature.is_absent(delivery.headers) {
            return Err(Rejection::MissingSignature);
        }
        unpack::unpack(delivery.headers, delivery.body, each)
    }

    /// The names of the headers that the value of a signature header lists, in lower case.
    pub(crate) fn listed_headers(&self, value: &[u8]) -> Vec<String> {
        self.signed_headers.as_ref().map_or_else(Vec::new, |rule| rule.names(value))
    }

    /// A template of the core as the scheme would write it.
    pub(crate) fn written(&self, template: &str) -> String {
        self.translated.written(template)
    }

    /// The names of the headers from which a signed value comes. The core's scheme may name another in their place.
    pub(crate) fn signed_headers(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.texts().for_each(|text| text.add_headers(&mut names));
        names
    }

    /// Whether the signature's header lists the headers that are signed.
    pub(crate) fn lists_headers(&self) -> bool {
        self.signed_headers.is_some()
    }

    /// Whether a verdict depends on the URL, beside `{url}` of the core's template.
    pub(crate) fn reads_url(&self) -> bool {
        matches!(self.signature.place, Some(Place::Query(_))) || self.signs_part_of_url()
    }

    /// Whether the MAC covers the URL or a part of it, beside `{url}` of the core's template.
    pub(crate) fn signs_part_of_url(&self) -> bool {
        self.texts().any(|text| text.reads_url(self.fields.as_ref()))
    }

    /// Whether the MAC covers the whole URL, with scheme and host. `template` is that of the core.
    pub(crate) fn signs_whole_url(&self, template: &str) -> bool {
        let is_whole = |text: &Text| text.contains(&Text::Url);
        let in_template = template.contains("{url}") && self.translated.url.as_ref().is_none_or(is_whole);
        in_template || self.texts().any(is_whole)
    }

    /// Whether a template of a scheme without a composition holds nothing of a delivery but the body.
    pub(crate) fn is_body_alone(template: &str) -> bool {
        template::holds_body_alone(template, false)
    }

    /// Whether the MAC covers nothing but the body, or parts of it. `template` is that of the core.
    pub(crate) fn signs_body_alone(&self, template: &str) -> bool {
        template::holds_body_alone(template, true) && self.texts().all(|text| text.is_of_the_body(self.fields.as_ref()))
    }

    /// The texts that are signed, beside those of the core. Without one in its place, the body is signed as it is.
    fn texts(&self) -> impl Iterator<Item = &Text> {
        self.translated.parts.iter().chain(Some(self.translated.body.as_ref().unwrap_or(&Text::Body)))
    }

    /// Writes a signature as the sender does.
    pub(crate) fn wrap(&self, value: String) -> String {
        self.signature.wrap(value)
    }

    /// Returns the delivery that the core judges.
    ///
    /// # Errors
    /// - `missing_signature` if there is no signature at its place;
    /// - `missing_part` if a signed value is absent, or if the body is not of the kind in which it is;
    /// - `repeated_signature` for a name that stands twice;
    /// - `malformed_signature` and `malformed_encoding` for a signature from which nothing can be read;
    /// - `body_too_large` for too many fields, and for a body that is too long unpacked.
    pub(crate) fn rewrite<'a, H: Headers + ?Sized>(
        &'a self,
        delivery: &Delivery<'a, H>,
    ) -> Result<Rewritten<'a>, Rejection> {
        // A missing signature is found before the work begins.
        if self.signature.is_absent(delivery.headers) {
            return Err(Rejection::MissingSignature);
        }
        let unpacked = if self.unpacks { unpack::unpacked(delivery.headers, delivery.body)? } else { None };
        match unpacked {
            None => self.rewrite_plain(delivery),
            Some(body) => {
                let Delivery { method, url, headers, .. } = *delivery;
                let mut rewritten = self.rewrite_plain(&Delivery { method, url, headers, body: &body })?;
                if self.translated.body.as_ref().is_some_and(|text| *text != Text::Body) {
                    return Ok(rewritten.into_owned());
                }
                // The unpacked body may be long, so it is not copied.
                rewritten.body = Cow::Borrowed(&[]);
                let rewritten = rewritten.into_owned();
                Ok(Rewritten { body: Cow::Owned(body), ..rewritten })
            }
        }
    }

    /// As [`rewrite`](Self::rewrite), for a body that is not packed.
    fn rewrite_plain<'a, H: Headers + ?Sized>(
        &'a self,
        delivery: &Delivery<'a, H>,
    ) -> Result<Rewritten<'a>, Rejection> {
        let signatures = self.signature.find(delivery)?;
        Ok(Rewritten { signatures, ..self.rewrite_unsigned(delivery)? })
    }

    /// As [`rewrite`](Self::rewrite), for a signer: there is no signature yet, and the body is not packed yet.
    pub(crate) fn rewrite_unsigned<'a, H: Headers + ?Sized>(
        &'a self,
        delivery: &Delivery<'a, H>,
    ) -> Result<Rewritten<'a>, Rejection> {
        let (fields, signed_headers) = (self.fields.as_ref(), self.signed_headers.as_ref());
        let line = match signed_headers {
            Some(_) => single_line(delivery.headers, &self.signature.header)?,
            None => None,
        };
        let listed = signed_headers.zip(line).map(|(rule, line)| rule.list(line)).transpose()?;
        let source = Source { delivery, fields, signed_headers, listed };
        let value = |text: &'a Text| text.value(&source);
        let url = match self.translated.url.as_ref().map(value).transpose()? {
            None => Cow::Borrowed(delivery.url),
            Some(Cow::Borrowed(text)) => String::from_utf8_lossy(text),
            Some(Cow::Owned(text)) => Cow::Owned(String::from_utf8_lossy(&text).into_owned()),
        };
        Ok(Rewritten {
            signatures: Signatures::InHeaders,
            urls: vec![url],
            body: self.translated.body.as_ref().map_or(Ok(Cow::Borrowed(delivery.body)), value)?,
            parts: self.translated.parts.iter().map(|text| part(value(text))).collect::<Result<_, _>>()?,
        })
    }
}

/// A text as the value of a header that the core reads. An absent one is a header that is absent: the core then knows which
/// rejection counts first. So is one with a blank at an end, which the core would trim.
fn part(value: Result<Cow<'_, [u8]>, Rejection>) -> Result<Option<Cow<'_, [u8]>>, Rejection> {
    match value {
        Ok(value) => {
            let is_blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
            Ok(Some(value).filter(|value| !is_blank(value.first()) && !is_blank(value.last())))
        }
        Err(Rejection::MissingPart) => Ok(None),
        Err(other) => Err(other),
    }
}
