//! HTTP Message Signatures (RFC 9421) with HMAC, and `Content-Digest` (RFC 9530) for the body.
//!
//! The signed text has one line for each component, and a last line with the list of them:
//!
//! ```text
//! "@method": POST
//! "content-digest": sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:
//! "@signature-params": ("@method" "content-digest");created=1618884473;keyid="test-shared-secret"
//! ```
//!
//! No value contains a newline, and the last line names all others, so the text can be split in one way only.

use std::borrow::Cow;

use countersign_core::http_header::trim;
use countersign_core::{Algorithm, Delivery, Headers, Rejection};

use super::request::{self, Url};
use super::structured::{self, Component, Member, Value};
use super::times::{self, SentAt, TimeField, Times};
use super::{Opened, body_hash, encoded_tag, field, signature_line};
use crate::header_line::single_line;

/// The header that lists what is signed. The name is fixed by the RFC.
pub(super) const INPUT_HEADER: &str = "Signature-Input";
/// The header with the hash of the body.
pub(super) const BODY_HEADER: &str = "content-digest";

#[derive(Clone, Debug)]
pub(crate) struct Rfc9421 {
    /// What a signature must cover, as it is written in the message: `@method`, `content-digest`,
    /// `@query-param;name="id"`.
    pub(crate) components: Vec<String>,
    /// The label of the signature in its dictionaries; without one, there must be exactly one signature.
    pub(crate) label: Option<String>,
    /// What the parameter `tag` must be.
    pub(crate) tag: Option<String>,
    /// What the parameter `keyid` must be.
    pub(crate) key_id: Option<String>,
    /// The host, and the port if it is not that of the scheme, in place of those of the URL.
    pub(crate) authority: Option<String>,
}

impl Rfc9421 {
    pub(super) fn open<'a, H: Headers + ?Sized>(
        &'a self,
        header: &'a str,
        algorithm: Algorithm,
        sent_at: Option<SentAt>,
        delivery: &Delivery<'a, H>,
    ) -> Result<Opened<'a>, Rejection> {
        let signatures = structured::byte_sequences(signature_line(delivery.headers, header)?)?;
        let input = single_line(delivery.headers, INPUT_HEADER)?.ok_or(Rejection::MissingPart)?;
        let members = structured::inner_lists(input)?;
        let member = self.choose(&members)?;
        let signature = signatures.iter().find(|(label, _)| *label == member.label);
        let (_, signature) = signature.ok_or(Rejection::MissingSignature)?;
        let signature = encoded_tag(signature)?;
        check_algorithm(member, algorithm)?;
        self.check_coverage(member)?;

        let mut hashes = Vec::new();
        let mut signed = Vec::with_capacity(input.len() * 2);
        for component in &member.components {
            signed.extend_from_slice(component.text.as_bytes());
            signed.extend_from_slice(b": ");
            let value = self.value(component, delivery)?;
            signed.extend_from_slice(&value);
            signed.push(b'\n');
            if component.name == BODY_HEADER {
                hashes = body_hash::content_digest(&value)?;
            }
        }
        signed.extend_from_slice(b"\"@signature-params\": ");
        signed.extend_from_slice(member.text.as_bytes());

        let sent = match sent_at.map(|rule| rule.field) {
            Some(TimeField::Date) => Some(times::http_date(field::value(delivery.headers, "date")?)?),
            Some(_) => Some(time(member, "created")?.ok_or(Rejection::MissingTimestamp)?),
            None => time(member, "created")?,
        };
        let times = Times { sent, not_before: None, expires: time(member, "expires")? };
        if self.key_id.as_deref().is_some_and(|wanted| member.parameter("keyid") != Some(Value::Text(wanted))) {
            return Err(Rejection::Mismatch);
        }
        Ok(Opened { signature, signed: Cow::Owned(signed), hashes, is_empty: false, times })
    }

    /// The signature that the scheme asks for.
    ///
    /// # Errors
    /// `missing_signature` if there is none, `repeated_signature` if there are several.
    fn choose<'m, 'a>(&self, members: &'m [Member<'a>]) -> Result<&'m Member<'a>, Rejection> {
        let is_wanted = |member: &&Member<'_>| {
            self.label.as_deref().is_none_or(|label| label == member.label)
                && self.tag.as_deref().is_none_or(|tag| member.parameter("tag") == Some(Value::Text(tag)))
        };
        let mut wanted = members.iter().filter(is_wanted);
        match (wanted.next(), wanted.next()) {
            (Some(member), None) => Ok(member),
            (None, _) => Err(Rejection::MissingSignature),
            (Some(_), Some(_)) => Err(Rejection::RepeatedSignature),
        }
    }

    /// Checks that no component stands twice (RFC 9421 section 2), and that all are there that the scheme requires.
    fn check_coverage(&self, member: &Member<'_>) -> Result<(), Rejection> {
        let components = &member.components;
        let is_repeated = |(index, component): (usize, &Component<'_>)| {
            components[..index].iter().any(|other| other.text == component.text)
        };
        if components.iter().enumerate().any(is_repeated) {
            return Err(Rejection::MalformedSignature);
        }
        let is_covered = |wanted: &String| components.iter().any(|component| identifies(component, wanted));
        if self.components.iter().all(is_covered) { Ok(()) } else { Err(Rejection::MissingPart) }
    }

    /// The value of a component (RFC 9421 sections 2.1 and 2.2).
    fn value<'a, H: Headers + ?Sized>(
        &self,
        component: &Component<'a>,
        delivery: &Delivery<'a, H>,
    ) -> Result<Cow<'a, [u8]>, Rejection> {
        let url = || Url::new(delivery.url);
        let text = |text: &'a str| Ok(Cow::Borrowed(text.as_bytes()));
        let owned = |text: String| Ok(Cow::Owned(text.into_bytes()));
        match (component.name, &component.parameters[..]) {
            ("@query-param", [("name", Value::Text(name))]) => url()?.query_parameter(name).and_then(owned),
            ("@method", []) => request::method(delivery.method).and_then(text),
            ("@target-uri", []) => url()?.target_uri().and_then(text),
            ("@authority", []) => match &self.authority {
                Some(authority) => owned(authority.clone()),
                None => url()?.authority().and_then(owned),
            },
            ("@scheme", []) => url()?.scheme().and_then(owned),
            ("@request-target", []) => owned(url()?.request_target().into_owned()),
            ("@path", []) => text(url()?.path()),
            ("@query", []) => owned(url()?.query()),
            (name, []) if field::is_field_name(name) => field::value(delivery.headers, name).map(Cow::Borrowed),
            // Other parameters say that a value is read in another way, or that it is of a response.
            _ => Err(Rejection::MalformedSignature),
        }
    }
}

/// The names of all components in a header `Signature-Input`.
pub(super) fn listed(input: &[u8]) -> Result<Vec<String>, Rejection> {
    let members = structured::inner_lists(trim(input))?;
    Ok(members.iter().flat_map(|member| &member.components).map(|component| component.name.to_owned()).collect())
}

/// Whether a component of a message is the one that the scheme writes as `wanted`.
fn identifies(component: &Component<'_>, wanted: &str) -> bool {
    let rest = component.text.strip_prefix('"').and_then(|text| text.strip_prefix(component.name));
    let parameters = rest.and_then(|rest| rest.strip_prefix('"'));
    wanted.strip_prefix(component.name).is_some_and(|wanted| Some(wanted) == parameters)
}

/// The message may name the algorithm, but does not choose it.
fn check_algorithm(member: &Member<'_>, algorithm: Algorithm) -> Result<(), Rejection> {
    match member.parameter("alg") {
        None => Ok(()),
        Some(Value::Text(name)) => super::check_label(name, algorithm),
        Some(_) => Err(Rejection::MalformedSignature),
    }
}

/// A time among the parameters.
fn time(member: &Member<'_>, name: &str) -> Result<Option<countersign_core::Timestamp>, Rejection> {
    match member.parameter(name) {
        None => Ok(None),
        Some(Value::Integer(digits)) => times::seconds(digits.as_bytes(), false).map(Some),
        Some(_) => Err(Rejection::MalformedTimestamp),
    }
}
