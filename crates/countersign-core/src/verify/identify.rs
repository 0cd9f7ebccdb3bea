//! What else is known of a delivery by its signed text: its identity, and the tag that its sender makes.

use crate::backend::Portable;
use crate::delivery::{Delivery, Head, Headers};
use crate::format::HeaderFields;
use crate::header::Value;
use crate::identity::Identity;
use crate::key::Key;
use crate::rejection::Rejection;
use crate::scheme::Scheme;
use crate::secret_set::SecretSet;
use crate::sign::SignedTag;
use crate::tag::Tags;
use crate::template::SignedText;
use crate::verifier::Verifier;
use crate::verify::fields::Fields;

impl<K: AsRef<[Key]>, S: AsRef<str>> Verifier<K, S> {
    /// Checks the signatures and the timestamp of a delivery by themselves, before the signed text is known. For callers that
    /// have work to do before they know what is signed.
    ///
    /// # Errors
    /// As [`verify`](Self::verify), but for faults that only a look at the signed text, or at a token, shows.
    pub fn check_head<H: Headers + ?Sized>(&self, head: &Head<'_, H>) -> Result<(), Rejection> {
        let Scheme::Hmac(scheme) = &self.scheme else { return Ok(()) };
        let (_, in_header) = self.parse_all(&Portable, scheme, *head, &mut Tags::none())?;
        Fields::none().read(scheme, *head, &in_header, self.plan.digits)
    }

    /// What distinguishes a message that this verifier has accepted from every other one: its id if that is signed, else all
    /// of its signed text, whichever secret has signed it. `None` if nothing is signed, or if the verifier would not accept
    /// the headers.
    pub fn identify<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) -> Option<Identity> {
        let Scheme::Hmac(scheme) = &self.scheme else { return None };
        let (_, in_header) = self.parse_all(&Portable, scheme, delivery.head(), &mut Tags::none()).ok()?;
        let (mut fields, mut text) = (Fields::none(), SignedText::empty());
        self.gather_fields(scheme, delivery, &in_header, &mut fields, |part| text.push(part)).ok()?;
        Some(if self.plan.signs_id(scheme) { Identity::of_id(fields.id) } else { Identity::of_text(text.parts()) })
    }

    /// The tag that a sender makes for a delivery, with the first key. `timestamp` and `id` are texts that the scheme
    /// wants in the signature header; those that have a header of their own are looked up there.
    ///
    /// # Errors
    /// [`Rejection::MissingTimestamp`], [`Rejection::MalformedTimestamp`] or [`Rejection::MissingPart`] if the delivery
    /// lacks something that is signed, or has it in a form that would be rejected; [`Rejection::MissingSignature`] if
    /// the scheme signs nothing.
    pub fn sign<H: Headers + ?Sized>(
        &self,
        delivery: &Delivery<'_, H>,
        timestamp: Option<&[u8]>,
        id: Option<&[u8]>,
    ) -> Result<SignedTag, Rejection> {
        let Scheme::Hmac(scheme) = &self.scheme else { return Err(Rejection::MissingSignature) };
        let (in_header, mut text) = (HeaderFields { timestamp, id }, SignedText::empty());
        self.gather_fields(scheme, delivery, &in_header, &mut Fields::none(), |part| text.push(part))?;
        let key = self.keys.as_ref().first();
        key.and_then(|key| key.sign(text.parts())).ok_or(Rejection::MissingSignature)
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

    /// The texts of the timestamp and of the id in the value of the signature header, where the scheme has them there.
    /// Whether the signatures are any good is not looked at.
    pub fn header_fields<'a>(&self, signature: &'a [u8]) -> (Option<&'a [u8]>, Option<&'a [u8]>) {
        let Scheme::Hmac(scheme) = &self.scheme else { return (None, None) };
        let value = Value::new(signature);
        let fields = value.and_then(|value| scheme.format.parse(value, scheme.field_keys(), |_| Ok(())));
        let HeaderFields { timestamp, id } = fields.unwrap_or_default();
        (timestamp, id)
    }
}
