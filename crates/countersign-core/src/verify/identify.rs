//! Other operations on the signed text of a delivery: its identity, its tag, and checks before the signed text is
//! known.

use crate::backend::Portable;
use crate::delivery::{Delivery, Head, Headers};
use crate::format::HeaderFields;
use crate::header::HeaderValue;
use crate::identity::{Identity, PartialIdentity};
use crate::key::Key;
use crate::rejection::Rejection;
use crate::scheme::Scheme;
use crate::secret_set::SecretSet;
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
    ///
    /// `delivery` holds the whole body that was verified: without an id, an empty body makes different messages equal.
    /// [`Streaming::begin_identified`](crate::Streaming::begin_identified) identifies a body that arrives in pieces.
    pub fn identify<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) -> Option<Identity> {
        self.begin_identity(delivery).map(PartialIdentity::finish)
    }

    /// Does all of [`identify`](Self::identify) but for the end of the signed text. If the body is the last part, it can be
    /// empty in `delivery` and follow in pieces.
    pub(super) fn begin_identity<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) -> Option<PartialIdentity> {
        let Scheme::Hmac(scheme) = &self.scheme else { return None };
        let (_, header_fields) = self.parse_all(&Portable, scheme, delivery.head(), &mut Tags::empty()).ok()?;
        let (mut fields, mut text) = (MessageFields::empty(), SignedText::empty());
        self.gather_fields(scheme, delivery, &header_fields, &mut fields, |part| text.push(part)).ok()?;
        Some(if self.plan.signs_id(scheme) {
            PartialIdentity::from_id(fields.id)
        } else {
            PartialIdentity::from_signed_text(text.parts())
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
        let mut text = SignedText::empty();
        self.parts_to_sign(delivery, timestamp, id, |part| text.push(part))?;
        let key = self.keys.as_ref().first();
        key.and_then(|key| key.sign(text.parts())).ok_or(Rejection::MissingSignature)
    }

    /// Passes the text that [`sign`](Self::sign) would sign to `on_part`, in slices of the delivery and of the scheme.
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn parts_to_sign<'a, H: Headers + ?Sized>(
        &'a self,
        delivery: &Delivery<'a, H>,
        timestamp: Option<&'a [u8]>,
        id: Option<&'a [u8]>,
        on_part: impl FnMut(&'a [u8]),
    ) -> Result<(), Rejection> {
        let Scheme::Hmac(scheme) = &self.scheme else { return Err(Rejection::MissingSignature) };
        let header_fields = HeaderFields { timestamp, id };
        self.gather_fields(scheme, delivery, &header_fields, &mut MessageFields::empty(), on_part)
    }

    /// The tag of `bytes` alone, with the first key of the secrets in `usable`. `None` if the scheme does not sign.
    ///
    /// For a handshake in which a sender wants a text of its own signed. Whoever lets a stranger choose `bytes` must see that no
    /// event could have them as its signed text.
    pub fn sign_bytes(&self, usable: SecretSet, bytes: &[u8]) -> Option<SignedTag> {
        let first = self.keys.as_ref().first()?.algorithm()?;
        let same_algorithm = self.keys.as_ref().iter().filter(|key| key.algorithm() == Some(first));
        let mut usable = same_algorithm.enumerate().filter(|(index, _)| usable.contains(*index));
        usable.next()?.1.sign(&[bytes])
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
