//! The other direction: what a sender would send.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use countersign_core::{Algorithm, Encoding, Key, SIGNATURE_HEADER};

use crate::error::ConfigError;
use crate::header_name;
use crate::secret::Secret;

/// Makes the header lines that a [`Verifier`](crate::Verifier) of the same configuration takes.
///
/// For senders, tests and tools. Never verify by signing and comparing texts: that tells a patient listener the right
/// signature, character by character.
#[derive(Clone)]
pub struct Signer {
    header: String,
    algorithm: Algorithm,
    key: Key,
    encoding: Encoding,
}

impl Signer {
    /// HMAC over the body, sent in the header [`SIGNATURE_HEADER`] unless [`in_header`](Self::in_header) names another.
    ///
    /// # Errors
    /// `empty_secret` if the secret has no bytes.
    #[expect(clippy::needless_pass_by_value, reason = "as for a verifier: the secret is wiped once the key is made")]
    pub fn hmac(algorithm: Algorithm, encoding: Encoding, secret: Secret) -> Result<Self, ConfigError> {
        Self::with_header(SIGNATURE_HEADER, algorithm, encoding, &secret)
    }

    /// The same signer, sending in the header `name`.
    ///
    /// # Errors
    /// `invalid_config` if no header can have this name (RFC 9110 section 5.6.2).
    pub fn in_header(self, name: &str) -> Result<Self, ConfigError> {
        header_name::check(name)?;
        Ok(Self { header: name.to_owned(), ..self })
    }

    /// The algorithm it signs with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The signature of `body` as text: hex in lower case, base64 with padding.
    #[must_use]
    pub fn sign(&self, body: &[u8]) -> String {
        let tag = self.key.sign(&[body]);
        let tag = tag.as_ref().map_or(&[][..], |tag| tag.as_bytes());
        match self.encoding {
            Encoding::Base64 => STANDARD.encode(tag),
            Encoding::Base64Url => URL_SAFE.encode(tag),
            Encoding::HexaDecimal => const_hex::encode(tag),
        }
    }

    /// The header lines that go with `body`, as names and values.
    #[must_use]
    pub fn headers(&self, body: &[u8]) -> Vec<(String, String)> {
        vec![(self.header.clone(), self.sign(body))]
    }

    pub(crate) fn with_header(
        header: &str,
        algorithm: Algorithm,
        encoding: Encoding,
        secret: &Secret,
    ) -> Result<Self, ConfigError> {
        let key = Key::hmac(algorithm, secret.expose())?;
        Ok(Self { header: header.to_owned(), algorithm, key, encoding })
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("header", &self.header).field("key", &self.key).finish_non_exhaustive()
    }
}
