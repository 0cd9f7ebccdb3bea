//! Other operations on the signed text of a delivery: its identity, its tag, and checks before the signed text is
//! known.

use crate::backend::Portable;
use crate::delivery::{Delivery, Head, Headers};
use crate::format::HeaderFields;
use crate::header::HeaderValue;
use crate::identity::Identity;
use crate::key::Key;
use crate::rejection::Rejection;
use crate::scheme::Scheme;
use crate::sign::SignedTag;
use crate::tag::Tags;
use crate::template::SignedText;
use crate::verifier::Verifier;
use crate::verify::fields::MessageFields;

impl<K: AsRef<[Key]>, S: AsRef<str>> Verifier<K, S> {
    /// Checks the form of the signatures and of the timestamp in a head. For callers that must do expensive work to
    /// find the signed text, and want to reject a malformed head first.
    ///
    /// # Errors
    /// As [`verify`](Self::verify), except for faults in the signed text or in a token.
    pub fn check_head<H: Headers + ?Sized>(&self, head: &Head<'_, H>) -> Result<(), Rejection> {
        let Scheme::Hmac(scheme) = &self.scheme else { return Ok(()) };
        let (_, header_fields) = self.parse_all(&Portable, scheme, *head, &mut Tags::empty())?;
        MessageFields::empty().read(scheme, *head, &header_fields, self.plan.timestamp_digits)
    }

    /// The identity of a message that this verifier has accepted: the hash of its id if the id is signed, else of its
    /// signed text. It does not depend on the secret. `None` if nothing is signed, or if the headers would be rejected.
    pub fn identify<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) -> Option<Identity> {
        let Scheme::Hmac(scheme) = &self.scheme else { return None };
        let (_, header_fields) = self.parse_all(&Portable, scheme, delivery.head(), &mut Tags::empty()).ok()?;
        let (mut fields, mut text) = (MessageFields::empty(), SignedText::empty());
        self.gather_fields(scheme, delivery, &header_fields, &mut fields, |part| text.push(part)).ok()?;
        Some(if self.plan.signs_id(scheme) {
            Identity::from_id(fields.id)
        } else {
            Identity::from_signed_text(text.parts())
        })
    }

    /// Computes the tag that a sender would send for a delivery, with the first key. `timestamp` and `id` are used if
    /// the scheme has them in the signature header; otherwise they are read from their own headers.
    ///
    /// # Errors
    /// [`Rejection::MissingTimestamp`], [`Rejection::MalformedTimestamp`] or [`Rejection::MissingPart`] if the delivery
    /// lacks a signed value, or has one in a form that would be rejected; [`Rejection::MissingSignature`] if the scheme
    /// signs nothing.
    pub fn sign<H: Headers + ?Sized>(
        &self,
        delivery: &Delivery<'_, H>,
        timestamp: Option<&[u8]>,
        id: Option<&[u8]>,
    ) -> Result<SignedTag, Rejection> {
        let Scheme::Hmac(scheme) = &self.scheme else { return Err(Rejection::MissingSignature) };
        let (header_fields, mut text) = (HeaderFields { timestamp, id }, SignedText::empty());
        self.gather_fields(scheme, delivery, &header_fields, &mut MessageFields::empty(), |part| text.push(part))?;
        let key = self.keys.as_ref().first();
        key.and_then(|key| key.sign(text.parts())).ok_or(Rejection::MissingSignature)
    }

    /// The texts of the timestamp and of the id in the value of the signature header, if the scheme has them there.
    /// Does not check the signatures.
    pub fn header_fields<'a>(&self, signature: &'a [u8]) -> (Option<&'a [u8]>, Option<&'a [u8]>) {
        let Scheme::Hmac(scheme) = &self.scheme else { return (None, None) };
        let value = HeaderValue::new(signature);
        let fields = value.and_then(|value| scheme.format.parse(value, scheme.field_keys(), |_| Ok(())));
        let HeaderFields { timestamp, id } = fields.unwrap_or_default();
        (timestamp, id)
    }
}
