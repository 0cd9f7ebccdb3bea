//! Formats in which the message itself lists what is signed: HTTP Message Signatures (RFC 9421), the older
//! draft-cavage-http-signatures, and JSON Web Tokens (RFC 7519).
//!
//! The scheme fixes the algorithm, and what a signature must cover at least; a message can cover more, never less, and
//! chooses nothing else. The steps are those of every verification:
//!
//! 1. `open` reads the head: the signature, the text that it signs, the hashes of the body and the times in that text.
//! 2. The core decodes the signature, and compares it with the MAC of the text in constant time.
//! 3. The body is hashed, and compared with every hash in the text. Before that nothing has read it.
//! 4. The times are judged, and only of a message that is authentic.

mod body_hash;
mod cavage;
mod field;
mod jwt;
mod request;
mod rfc9421;
mod sign;
mod structured;
mod times;

use std::borrow::Cow;

use countersign_core::{
    Algorithm, Delivery, Headers, Identity, Key, Rejection, SecretSet, Timestamp, Tolerance, Verified,
};
use countersign_lanes::Lanes;

pub(crate) use body_hash::BodyHash;
pub(crate) use cavage::Cavage;
pub(crate) use field::is_field_name;
pub(crate) use jwt::{HashClaim, Jwt};
pub(crate) use rfc9421::Rfc9421;
pub(crate) use times::{SentAt, TimeField};

use crate::header_line::single_line;
use crate::missing_part::MissingPart;
use times::Times;

type CoreVerifier = countersign_core::Verifier<Box<[Key]>, String>;

/// The most components that a signature may cover. Each of them is searched among all headers of the delivery.
const MAX_COMPONENTS: usize = 32;
/// The most members of a dictionary, and the most parameters of a member.
const MAX_PARAMETERS: usize = 16;

/// How the messages of one sender are signed.
#[derive(Clone, Debug)]
pub(crate) struct MessageFormat {
    pub(crate) syntax: Syntax,
    /// Where the time of sending is, and how far from now it may be.
    pub(crate) sent_at: Option<SentAt>,
    /// Whether every message covers the body. The scheme says so if not.
    pub(crate) covers_body: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Syntax {
    Rfc9421(Rfc9421),
    Cavage(Cavage),
    Jwt(Jwt),
}

/// Where the signature is, and the algorithm that the scheme fixes.
#[derive(Clone, Copy)]
struct Head<'a> {
    header: &'a str,
    algorithm: Algorithm,
}

impl<'a> Head<'a> {
    fn of<K: AsRef<[Key]>>(core: &'a countersign_core::Verifier<K, String>) -> Self {
        let header = core.scheme().headers().next().unwrap_or_default();
        // There is always a key, and all are for the one algorithm.
        let algorithm = core.cost().map_or(Algorithm::Sha256, |(algorithm, _)| algorithm);
        Self { header, algorithm }
    }
}

/// What the head of a message says, before anything of it is authentic.
struct Opened<'a> {
    /// The encoded tag.
    signature: &'a [u8],
    /// The text that the tag signs.
    signed: Cow<'a, [u8]>,
    /// The hashes of the body in that text. Each must be right.
    hashes: Vec<BodyHash>,
    /// Whether the body must be empty, since nothing is said of it.
    is_empty: bool,
    times: Times,
}

impl MessageFormat {
    pub(crate) fn verify<H: Headers + ?Sized>(
        &self,
        core: &CoreVerifier,
        lanes: Lanes,
        usable: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        let opened = self.open(Head::of(core), delivery)?;
        let headers = core.only(opened.signature);
        let signed = Delivery { method: "", url: "", headers: &headers, body: &opened.signed };
        let mut verified = core.verify_with(&lanes, usable, &signed, now)?;
        if (opened.is_empty && !delivery.body.is_empty()) || !opened.hashes.iter().all(|hash| hash.fits(delivery.body))
        {
            return Err(Rejection::Mismatch);
        }
        opened.times.check(self.tolerance(), now)?;
        verified.covers_body &= self.covers_body;
        Ok(verified)
    }

    /// The identity of a message that was accepted: the hash of its signed text, which contains that of the body.
    pub(crate) fn identify<H: Headers + ?Sized>(
        &self,
        core: &CoreVerifier,
        delivery: &Delivery<'_, H>,
    ) -> Option<Identity> {
        let opened = self.open(Head::of(core), delivery).ok()?;
        let headers = core.only(opened.signature);
        core.identify(&Delivery { method: "", url: "", headers: &headers, body: &opened.signed })
    }

    /// How far the time of sending may be from now, if the scheme limits it.
    pub(crate) fn tolerance(&self) -> Option<Tolerance> {
        self.sent_at.and_then(|rule| rule.tolerance)
    }

    /// Sets the tolerance. Returns `false` if no time of sending is signed.
    pub(crate) fn set_tolerance(&mut self, tolerance: Option<Tolerance>) -> bool {
        self.sent_at.as_mut().map(|rule| rule.tolerance = tolerance).is_some()
    }

    /// Whether the verdict can depend on the URL: the message may cover it.
    pub(crate) fn reads_url(&self) -> bool {
        match &self.syntax {
            Syntax::Rfc9421(_) | Syntax::Cavage(_) => true,
            Syntax::Jwt(rule) => rule.url_hash.is_some(),
        }
    }

    /// Whether every authentic message covers the whole URL, or path and query of it.
    pub(crate) fn signs_url(&self) -> bool {
        let covers = |names: &[String], of_url: &[&str]| names.iter().any(|name| of_url.contains(&name.as_str()));
        match &self.syntax {
            Syntax::Rfc9421(rule) => covers(&rule.components, &["@target-uri", "@request-target", "@query"]),
            Syntax::Cavage(rule) => covers(&rule.components, &["(request-target)", "@request-target"]),
            Syntax::Jwt(rule) => rule.url_hash.is_some(),
        }
    }

    /// Whether the message in these headers covers scheme or host of the URL. `header` is that of the signature.
    pub(crate) fn signs_origin<H: Headers + ?Sized>(&self, header: &str, headers: &H) -> bool {
        let components: &[String] = match &self.syntax {
            Syntax::Rfc9421(rule) => &rule.components,
            Syntax::Cavage(rule) => &rule.components,
            Syntax::Jwt(rule) => return rule.url_hash.is_some(),
        };
        let listed = self.listed(header, headers).unwrap_or_default();
        let is_of_origin = |name: &String| ["@target-uri", "@authority", "@scheme"].contains(&name.as_str());
        components.iter().chain(&listed).any(is_of_origin)
    }

    /// Whether every authentic message covers the header `name`.
    pub(crate) fn signs_header(&self, name: &str) -> bool {
        match &self.syntax {
            Syntax::Rfc9421(Rfc9421 { components, .. }) | Syntax::Cavage(Cavage { components, .. }) => {
                components.iter().any(|component| component.eq_ignore_ascii_case(name))
            }
            Syntax::Jwt(_) => false,
        }
    }

    /// The headers that every verification reads, beside that of the signature.
    pub(crate) fn read_headers(&self) -> Vec<&str> {
        let (first, components) = match &self.syntax {
            Syntax::Rfc9421(rule) => (Some(rfc9421::INPUT_HEADER), &rule.components),
            Syntax::Cavage(rule) => (None, &rule.components),
            Syntax::Jwt(_) => return Vec::new(),
        };
        let of_components = components.iter().map(String::as_str).filter(|name| is_field_name(name));
        first.into_iter().chain(of_components).collect()
    }

    /// What the header of the signature must hold, in words.
    pub(crate) fn expected_form(&self) -> &'static str {
        match &self.syntax {
            Syntax::Rfc9421(_) => "label=:base64:, and in Signature-Input label=(\"component\" …);created=… (RFC 9421)",
            Syntax::Cavage(_) => {
                "keyId=\"…\",algorithm=\"…\",headers=\"…\",signature=\"…\", in Authorization behind the word Signature"
            }
            Syntax::Jwt(_) => "a JSON Web Token: three parts in base64url without padding, with points between them",
        }
    }

    /// The headers that a message lists as signed. `value` is that of `Signature-Input`, or of the signature's header by
    /// draft-cavage.
    pub(crate) fn listed_headers(&self, value: &[u8]) -> Vec<String> {
        let listed = match &self.syntax {
            Syntax::Rfc9421(_) => rfc9421::listed(value),
            Syntax::Cavage(_) => cavage::listed(value),
            Syntax::Jwt(_) => Ok(Vec::new()),
        };
        listed.unwrap_or_default().into_iter().filter(|name| is_field_name(name)).collect()
    }

    /// The parts of the signed text that a delivery lacks: those that the scheme names, then those that the delivery lists
    /// itself. `header` is that of the signature.
    pub(crate) fn missing_parts<H: Headers + ?Sized>(
        &self,
        header: &str,
        delivery: &Delivery<'_, H>,
    ) -> Vec<MissingPart> {
        let components: &[String] = match &self.syntax {
            Syntax::Rfc9421(rule) => &rule.components,
            Syntax::Cavage(rule) => &rule.components,
            Syntax::Jwt(rule) if rule.url_hash.is_some() && delivery.url.is_empty() => return vec![MissingPart::Url],
            Syntax::Jwt(_) => &[],
        };
        let mut missing = Vec::new();
        let mut add = |is_missing: bool, part| {
            if is_missing && !missing.contains(&part) {
                missing.push(part);
            }
        };
        if matches!(self.syntax, Syntax::Rfc9421(_)) {
            let is_absent = delivery.headers.lines(rfc9421::INPUT_HEADER).next().is_none();
            add(is_absent, MissingPart::Header(rfc9421::INPUT_HEADER.to_owned()));
        }
        let listed = self.listed(header, delivery.headers).unwrap_or_default();
        let is_new = |name: &&String| !components.iter().any(|component| component.eq_ignore_ascii_case(name));
        for component in components.iter().chain(listed.iter().filter(is_new)) {
            match component.as_str() {
                "@method" => add(delivery.method.is_empty(), MissingPart::Method),
                "(request-target)" | "@request-target" if matches!(self.syntax, Syntax::Cavage(_)) => {
                    add(delivery.method.is_empty(), MissingPart::Method);
                    add(delivery.url.is_empty(), MissingPart::Url);
                }
                "(created)" | "(expires)" => {}
                of_url if of_url.starts_with('@') => add(delivery.url.is_empty(), MissingPart::Url),
                name => {
                    let is_absent = delivery.headers.lines(name).next().is_none();
                    add(is_absent, MissingPart::Header(name.to_owned()));
                }
            }
        }
        missing
    }

    /// What the scheme requires to be covered and the message in these headers does not list as such. Empty if there is no list.
    pub(crate) fn uncovered<H: Headers + ?Sized>(&self, header: &str, headers: &H) -> Vec<&str> {
        let components = match &self.syntax {
            Syntax::Rfc9421(rule) => &rule.components,
            Syntax::Cavage(rule) => &rule.components,
            Syntax::Jwt(_) => return Vec::new(),
        };
        let Some(listed) = self.listed(header, headers) else { return Vec::new() };
        let name_of = |component: &str| component.split(';').next().unwrap_or_default().to_owned();
        let missing = components.iter().filter(|component| !cavage::is_covered(&listed, &name_of(component)));
        missing.map(String::as_str).collect()
    }

    /// The names of what the message in these headers lists as signed; `None` if there is no list.
    fn listed<H: Headers + ?Sized>(&self, header: &str, headers: &H) -> Option<Vec<String>> {
        let line = |name| single_line(headers, name).ok().flatten();
        match &self.syntax {
            Syntax::Rfc9421(_) => rfc9421::listed(line(rfc9421::INPUT_HEADER)?).ok(),
            Syntax::Cavage(_) => cavage::listed(line(header)?).ok(),
            Syntax::Jwt(_) => None,
        }
    }

    /// Reads the head of a message. Nothing of the body is read.
    fn open<'a, H: Headers + ?Sized>(
        &'a self,
        Head { header, algorithm }: Head<'a>,
        delivery: &Delivery<'a, H>,
    ) -> Result<Opened<'a>, Rejection> {
        match &self.syntax {
            Syntax::Rfc9421(rule) => rule.open(header, algorithm, self.sent_at, delivery),
            Syntax::Cavage(rule) => rule.open(header, algorithm, self.sent_at, delivery),
            Syntax::Jwt(rule) => rule.open(header, algorithm, self.sent_at, delivery),
        }
    }
}

/// The value of the header that holds the signature: one line, not empty.
fn signature_line<'a, H: Headers + ?Sized>(headers: &'a H, name: &'a str) -> Result<&'a [u8], Rejection> {
    let value = single_line(headers, name)?.ok_or(Rejection::MissingSignature)?;
    if value.is_empty() { Err(Rejection::MalformedSignature) } else { Ok(value) }
}

/// Checks that an encoded tag has no other meaning for the core: it must be letters of the alphabet, then padding.
fn encoded_tag(text: &[u8]) -> Result<&[u8], Rejection> {
    let unpadded = text.strip_suffix(b"==").or(text.strip_suffix(b"=")).unwrap_or(text);
    if unpadded.is_empty() {
        return Err(Rejection::MalformedSignature);
    }
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    if unpadded.iter().all(is_letter) { Ok(text) } else { Err(Rejection::MalformedEncoding) }
}

/// Checks the name of an algorithm that a message states. It must be that of the scheme, since a message does not choose.
///
/// # Errors
/// `algorithm_not_accepted` for the name of another HMAC, `unknown_algorithm` for any other name.
fn check_label(name: &str, algorithm: Algorithm) -> Result<(), Rejection> {
    match Algorithm::ALL.into_iter().find(|known| label(*known) == name.to_ascii_lowercase()) {
        Some(known) if known == algorithm => Ok(()),
        Some(_) => Err(Rejection::AlgorithmNotAccepted),
        None => Err(Rejection::UnknownAlgorithm),
    }
}

/// The name of an HMAC in both kinds of HTTP signatures.
fn label(algorithm: Algorithm) -> String {
    format!("hmac-{}", algorithm.name().replace('_', "").to_ascii_lowercase())
}
