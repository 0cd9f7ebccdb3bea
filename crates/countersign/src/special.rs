//! Senders that sign in a way that the core's scheme cannot express: the message lists what is signed, or the signature is
//! a plain hash. The core still decodes the signature and compares it in constant time.

use countersign_core::{Delivery, Headers, Identity, Key, Rejection, SecretSet, Timestamp, Tolerance, Verified};
use countersign_lanes::Lanes;

use crate::error::ConfigError;
use crate::message::Message;
use crate::message_format::MessageFormat;
use crate::missing_part::MissingPart;
use crate::plain_hash::PlainHash;
use crate::secret::Secret;

type CoreVerifier = countersign_core::Verifier<Box<[Key]>, String>;

/// How a sender signs, where the core's scheme cannot express it. Contains no secret.
#[derive(Clone, Debug)]
pub(crate) enum Special {
    Message(MessageFormat),
    PlainHash(PlainHash),
}

/// The same, with what a verification needs.
#[derive(Clone, Debug)]
pub(crate) struct SpecialVerifier {
    special: Special,
    /// For a plain hash, which needs the secrets themselves; otherwise empty.
    secrets: Box<[Secret]>,
}

/// The same, with what a signer needs.
#[derive(Clone)]
pub(crate) struct SpecialSigner {
    special: Box<Special>,
    /// For a plain hash only.
    secret: Option<Secret>,
}

impl Special {
    /// How far the time of sending may be from now, if the scheme limits it.
    pub(crate) fn tolerance(&self) -> Option<Tolerance> {
        match self {
            Self::Message(format) => format.sent_at.and_then(|rule| rule.tolerance),
            Self::PlainHash(rule) => rule.tolerance,
        }
    }

    /// Sets the tolerance. Returns `false` if no time of sending is signed.
    pub(crate) fn set_tolerance(&mut self, tolerance: Option<Tolerance>) -> bool {
        match self {
            Self::Message(MessageFormat { sent_at: Some(rule), .. }) => rule.tolerance = tolerance,
            Self::PlainHash(rule) if rule.signs_timestamp() => rule.tolerance = tolerance,
            Self::Message(_) | Self::PlainHash(_) => return false,
        }
        true
    }

    /// Whether the verdict can depend on the current time.
    pub(crate) fn needs_clock(&self) -> bool {
        // A message may say when it expires, whatever the scheme says.
        matches!(self, Self::Message(_)) || self.tolerance().is_some()
    }

    /// Whether the verdict can depend on the URL.
    pub(crate) fn reads_url(&self) -> bool {
        match self {
            Self::Message(format) => format.reads_url(),
            Self::PlainHash(rule) => rule.signs_url(),
        }
    }

    /// Whether what is signed covers the whole body.
    pub(crate) fn covers_body(&self) -> bool {
        match self {
            Self::Message(format) => format.covers_body,
            Self::PlainHash(_) => true,
        }
    }

    /// Whether every authentic delivery has the URL among what is signed.
    pub(crate) fn signs_url(&self) -> bool {
        match self {
            Self::Message(format) => format.signs_url(),
            Self::PlainHash(rule) => rule.signs_url(),
        }
    }

    /// Whether every authentic delivery has the header `name` among what is signed.
    pub(crate) fn signs_header(&self, name: &str) -> bool {
        match self {
            Self::Message(format) => format.signs_header(name),
            Self::PlainHash(rule) => rule.signs_header(name),
        }
    }

    /// The headers that every verification reads, beside that of the signature.
    pub(crate) fn read_headers(&self) -> Vec<&str> {
        match self {
            Self::Message(format) => format.read_headers(),
            Self::PlainHash(rule) => rule.read_headers(),
        }
    }

    /// What the header of the signature must hold, in words; `None` if the core's scheme says so.
    pub(crate) fn expected_form(&self) -> Option<&'static str> {
        match self {
            Self::Message(format) => Some(format.expected_form()),
            Self::PlainHash(_) => None,
        }
    }

    /// The headers that a delivery lists as signed, in the value of its signature's header or of the header that goes with
    /// it; none if they cannot be read.
    pub(crate) fn listed_headers(&self, value: &[u8]) -> Vec<String> {
        match self {
            Self::Message(format) => format.listed_headers(value),
            Self::PlainHash(_) => Vec::new(),
        }
    }

    /// The parts of the signed text that a delivery lacks.
    pub(crate) fn missing_parts<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) -> Vec<MissingPart> {
        match self {
            Self::Message(format) => format.missing_parts(delivery),
            Self::PlainHash(rule) => rule.missing_parts(delivery),
        }
    }
}

impl SpecialVerifier {
    pub(crate) fn new(special: &Special, secrets: &[Secret]) -> Self {
        let secrets = if matches!(special, Special::PlainHash(_)) { secrets } else { &[] };
        Self { special: special.clone(), secrets: secrets.into() }
    }

    pub(crate) fn rule(&self) -> &Special {
        &self.special
    }

    pub(crate) fn verify<H: Headers + ?Sized>(
        &self,
        core: &CoreVerifier,
        lanes: Lanes,
        usable: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        match &self.special {
            Special::Message(format) => format.verify(core, lanes, usable, delivery, now),
            Special::PlainHash(rule) => rule.verify(core, &self.secrets, usable, delivery, now),
        }
    }

    /// The identity of a message that was accepted: the hash of its signed text.
    pub(crate) fn identify<H: Headers + ?Sized>(
        &self,
        core: &CoreVerifier,
        delivery: &Delivery<'_, H>,
    ) -> Option<Identity> {
        match &self.special {
            Special::Message(format) => format.identify(core, delivery),
            Special::PlainHash(rule) => rule.identify(core, delivery),
        }
    }

    /// Whether a delivery with a wrong signature costs the hash of its body.
    #[cfg(feature = "tower")]
    pub(crate) fn hashes_unauthentic_body(&self) -> bool {
        matches!(self.special, Special::PlainHash(_))
    }
}

impl SpecialSigner {
    pub(crate) fn new(special: Box<Special>, secret: &Secret) -> Self {
        let secret = matches!(*special, Special::PlainHash(_)).then(|| secret.clone());
        Self { special, secret }
    }

    /// The header lines to add to a message; the signature is the last.
    ///
    /// # Errors
    /// `invalid_config` if the message lacks a part that this scheme signs.
    pub(crate) fn headers(
        &self,
        core: &countersign_core::Verifier<[Key; 1], String>,
        message: &Message<'_>,
    ) -> Result<Vec<(String, String)>, ConfigError> {
        match (&*self.special, &self.secret) {
            (Special::Message(format), _) => format.sign(core, message),
            (Special::PlainHash(rule), Some(secret)) => rule.sign(core.scheme(), secret.expose(), message),
            (Special::PlainHash(_), None) => Ok(Vec::new()),
        }
    }

    /// The parts of the signed text that a message lacks. The signer adds the time, the hash of the body and the list of what
    /// is signed.
    pub(crate) fn missing_parts(&self, message: &Message<'_>) -> Vec<MissingPart> {
        let Message { method, url, headers, body, .. } = *message;
        match &*self.special {
            Special::Message(format) => format.missing_in(message),
            Special::PlainHash(rule) => {
                let mut missing = rule.missing_parts(&Delivery { method, url, headers, body });
                let is_added = |name: &str| rule.timestamp.as_ref().is_some_and(|(added, _)| added == name);
                missing.retain(|part| !matches!(part, MissingPart::Header(name) if is_added(name)));
                missing
            }
        }
    }
}
