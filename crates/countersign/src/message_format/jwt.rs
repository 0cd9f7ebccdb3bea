//! JSON Web Tokens (RFC 7519) with HMAC, of which a claim is the hash of the body.
//!
//! A token is `header.claims.signature`, each in base64url without padding; the first two and the point between them are
//! signed as they stand there. The header names an algorithm, which must be the scheme's and is never chosen by it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_core::hazmat::unkeyed_hash;
use countersign_core::{Algorithm, Delivery, Encoding, Headers, Rejection};
use serde::de::Deserializer as _;
use serde_json::value::RawValue;

use super::body_hash::BodyHash;
use super::times::{self, SentAt, TimeField, Times};
use super::{Opened, encoded_tag, signature_line};
use crate::json::Entries;

/// The most claims of a token.
const MAX_CLAIMS: usize = 64;

#[derive(Clone, Debug)]
pub(crate) struct Jwt {
    /// The claim with the hash of the body; `None` if the scheme says that tokens do not cover it.
    pub(crate) body_hash: Option<HashClaim>,
    /// The claim with the hash of the URL.
    pub(crate) url_hash: Option<HashClaim>,
    /// Claims with the texts that they must have.
    pub(crate) claims: Vec<(String, String)>,
}

/// A claim that is a hash.
#[derive(Clone, Debug)]
pub(crate) struct HashClaim {
    pub(crate) claim: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) encoding: Encoding,
    /// Whether it may be absent; the body must then be empty.
    pub(crate) absent_if_empty: bool,
}

impl Jwt {
    pub(super) fn open<'a, H: Headers + ?Sized>(
        &'a self,
        header: &'a str,
        algorithm: Algorithm,
        sent_at: Option<SentAt>,
        delivery: &Delivery<'a, H>,
    ) -> Result<Opened<'a>, Rejection> {
        let value = signature_line(delivery.headers, header)?;
        let token = if header.eq_ignore_ascii_case("Authorization") { strip_word(value) } else { value };
        let [header, claims, signature] = parts(token)?;
        let signature = encoded_tag(signature)?;
        check_header(&object(header)?, algorithm)?;
        let claims = object(claims)?;
        let claim = |name: &str| claims.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());

        for (name, expected) in &self.claims {
            match claim(name).map(text) {
                Some(Some(found)) if found == *expected => {}
                Some(_) => return Err(Rejection::Mismatch),
                None => return Err(Rejection::MissingPart),
            }
        }
        let hash = |rule: &HashClaim, value: &str| {
            let text = text(value).ok_or(Rejection::MalformedSignature)?;
            BodyHash::new(rule.algorithm, rule.encoding, text.as_bytes())
        };
        let hashes = match self.body_hash.as_ref().map(|rule| (rule, claim(&rule.claim))) {
            Some((rule, Some(value))) => vec![hash(rule, value)?],
            Some((rule, None)) if !rule.absent_if_empty => return Err(Rejection::MissingPart),
            Some((_, None)) | None => Vec::new(),
        };
        if let Some(rule) = &self.url_hash {
            let expected = hash(rule, claim(&rule.claim).ok_or(Rejection::MissingPart)?)?;
            if delivery.url.is_empty() {
                return Err(Rejection::MissingPart);
            }
            if !expected.fits(delivery.url.as_bytes()) {
                return Err(Rejection::Mismatch);
            }
        }
        let time = |name| claim(name).map(|value| times::seconds(value.as_bytes(), true)).transpose();
        let times = Times {
            sent: match sent_at.map(|rule| rule.field) {
                None => None,
                Some(TimeField::NotBefore) => Some(time("nbf")?.ok_or(Rejection::MissingTimestamp)?),
                Some(_) => Some(time("iat")?.ok_or(Rejection::MissingTimestamp)?),
            },
            not_before: time("nbf")?,
            expires: time("exp")?,
        };
        let signed = &token[..token.len() - signature.len() - 1];
        Ok(Opened {
            signature,
            signed: Cow::Borrowed(signed),
            is_empty: self.body_hash.is_some() && hashes.is_empty(),
            hashes,
            times,
        })
    }
}

impl HashClaim {
    /// The text of the claim for `content`, as a sender writes it.
    pub(super) fn text_of(&self, content: &[u8]) -> String {
        let tag = unkeyed_hash(self.algorithm, &[content]);
        let hash = &tag.as_ref()[..self.algorithm.tag_len()];
        crate::encode::encode(self.encoding, hash)
    }
}

/// The token after the word that some senders write in front of it.
fn strip_word(value: &[u8]) -> &[u8] {
    let Some(at) = value.iter().position(|&byte| byte == b' ') else { return value };
    let (word, token) = value.split_at(at);
    let is_known = word.eq_ignore_ascii_case(b"bearer") || word.eq_ignore_ascii_case(b"jwt");
    if is_known { token.trim_ascii_start() } else { value }
}

/// Header, claims and signature.
fn parts(token: &[u8]) -> Result<[&[u8]; 3], Rejection> {
    let mut parts = token.split(|&byte| byte == b'.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(header), Some(claims), Some(signature), None) => Ok([header, claims, signature]),
        _ => Err(Rejection::MalformedSignature),
    }
}

/// The fields of a JSON object in base64url, as names and JSON texts. No name stands twice (RFC 7519 section 4).
fn object(text: &[u8]) -> Result<Vec<(String, String)>, Rejection> {
    const MALFORMED: Rejection = Rejection::MalformedSignature;
    let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| MALFORMED)?;
    let mut reader = serde_json::Deserializer::from_slice(&json);
    let fields = reader.deserialize_map(Entries).map_err(|_| MALFORMED)?;
    reader.end().map_err(|_| MALFORMED)?;
    if fields.len() > MAX_CLAIMS {
        return Err(MALFORMED);
    }
    let mut found: Vec<(String, String)> = Vec::with_capacity(fields.len());
    for (name, value) in fields {
        if found.iter().any(|(other, _)| *other == name) {
            return Err(MALFORMED);
        }
        found.push((name, RawValue::get(value).to_owned()));
    }
    Ok(found)
}

/// The text of a JSON string.
fn text(json: &str) -> Option<String> {
    serde_json::from_str(json).ok()
}

/// Checks that the header names the algorithm of the scheme, and no extension that must be understood (RFC 7515 section
/// 4.1.11).
fn check_header(header: &[(String, String)], algorithm: Algorithm) -> Result<(), Rejection> {
    let field = |name: &str| header.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
    let named = match field("alg").and_then(text).ok_or(Rejection::MalformedSignature)?.as_str() {
        "HS256" => Algorithm::Sha256,
        "HS384" => Algorithm::Sha384,
        "HS512" => Algorithm::Sha512,
        // Among them `none`, and the algorithms with a public key.
        _ => return Err(Rejection::UnknownAlgorithm),
    };
    if named != algorithm {
        return Err(Rejection::AlgorithmNotAccepted);
    }
    if field("crit").is_some() { Err(Rejection::MalformedSignature) } else { Ok(()) }
}

/// The name of an algorithm in the header of a token; `None` if tokens have none for it.
pub(crate) fn algorithm_name(algorithm: Algorithm) -> Option<&'static str> {
    match algorithm {
        Algorithm::Sha256 => Some("HS256"),
        Algorithm::Sha384 => Some("HS384"),
        Algorithm::Sha512 => Some("HS512"),
        Algorithm::Md5 | Algorithm::Sha1 | Algorithm::Sha224 => None,
    }
}
