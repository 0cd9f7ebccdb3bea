//! Senders that sign the text of the secret itself: beside the key of an HMAC (WeChat Pay), or in place of HMAC, in a plain
//! hash such as `SHA-256(secret + body)`.
//!
//! A plain hash is no HMAC, and weaker than one. Where the secret stands first, MD5, SHA-1, SHA-256 and SHA-512 let anyone
//! who holds one signed delivery append bytes to what is signed and compute the new hash (length extension). Where it stands
//! last, two texts with the same hash have the same signature, and such pairs are known for MD5 and SHA-1.
//!
//! The core's template has a literal in place of the secret (`composition/template.rs`). So the core parses the delivery,
//! and checks that each value ends where the text beside it begins, as for every scheme, and never sees the secret. A secret
//! parts what stands on its two sides: whoever could move the cut would have to write the secret, and so to know it.

use countersign_core::hazmat::{Backend, Claim, Tag, unkeyed_hash};
use countersign_core::{
    Algorithm, Delivery, Headers, Key, Rejection, Scheme as CoreScheme, SecretSet, Timestamp, Verified,
    Verifier as CoreVerifier,
};

use crate::composition::SECRET;
use crate::secret::Secret;

/// How the text of the secret is signed, and the secrets.
#[derive(Clone, Debug)]
pub(crate) struct SecretText {
    /// The algorithm of a plain hash; `None` for an HMAC.
    plain_hash: Option<Algorithm>,
    /// In the order of the core's keys.
    secrets: Box<[Secret]>,
}

impl SecretText {
    /// `None` if a scheme of the core does not sign the text of the secret.
    pub(crate) fn new(scheme: &CoreScheme<String>, plain_hash: Option<Algorithm>, secrets: &[Secret]) -> Option<Self> {
        let CoreScheme::Hmac(scheme) = scheme else { return None };
        let is_signed = plain_hash.is_some() || scheme.template().contains(SECRET);
        is_signed.then(|| Self { plain_hash, secrets: secrets.into() })
    }

    /// The verdict on a delivery in which every text stands where the core's scheme expects it.
    ///
    /// # Errors
    /// Those of the core. A delivery with several signatures is a mismatch: no sender of this kind is known to send them.
    pub(crate) fn verify<H: Headers + ?Sized>(
        &self,
        core: &CoreVerifier<Box<[Key]>, String>,
        backend: &impl Backend,
        usable: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        let (mut claim, mut parts) = (Claim::empty(), Vec::new());
        core.claim(backend, usable, delivery, now, &mut claim, |part| parts.push(part))
            .map_err(|verdict| verdict.err().unwrap_or(Rejection::Mismatch))?;
        let template = template(core.scheme());
        // Without a secret in it, anyone can compute the hash.
        if !template.contains(SECRET) {
            return Err(Rejection::Mismatch);
        }
        let texts = self.secrets.iter().map(|secret| with_secret(template, &parts, secret));
        match self.plain_hash {
            None => claim.judge(texts.zip(claim.keys()).map(|(text, key)| backend.mac(key, &text))),
            Some(algorithm) => claim.judge(texts.map(|text| unkeyed_hash(algorithm, &text))),
        }
    }

    /// The tag that a sender would send, for the parts of the text that the core would sign.
    pub(crate) fn sign(&self, scheme: &CoreScheme<String>, key: &Key, parts: &[&[u8]]) -> Option<Vec<u8>> {
        let text = with_secret(template(scheme), parts, self.secrets.first()?);
        Some(match self.plain_hash {
            None => key.sign(&text)?.as_bytes().to_vec(),
            Some(algorithm) => {
                let tag: Tag = unkeyed_hash(algorithm, &text);
                tag.as_ref().iter().copied().take(algorithm.tag_len()).collect()
            }
        })
    }
}

fn template(scheme: &CoreScheme<String>) -> &str {
    if let CoreScheme::Hmac(scheme) = scheme { scheme.template() } else { "" }
}

/// The parts of the signed text, with the secret in its place.
fn with_secret<'a>(template: &str, parts: &[&'a [u8]], secret: &'a Secret) -> Vec<&'a [u8]> {
    let mut text = Vec::with_capacity(parts.len() + 2);
    for part in parts {
        // A literal is a slice of the template, and nothing of a delivery is.
        let is_literal = template.as_bytes().as_ptr_range().contains(&part.as_ptr());
        let mut rest = *part;
        while let Some(at) = is_literal.then(|| find(rest)).flatten() {
            text.push(rest.get(..at).unwrap_or_default());
            text.push(secret.expose());
            rest = rest.get(at + SECRET.len()..).unwrap_or_default();
        }
        text.push(rest);
    }
    text
}

/// Where the secret stands in a literal.
fn find(literal: &[u8]) -> Option<usize> {
    literal.windows(SECRET.len()).position(|window| window == SECRET.as_bytes())
}
