//! The hash of a body inside the text that is signed: `Content-Digest` (RFC 9530), the older `Digest` (RFC 3230), and the
//! claim of a JWT.

use countersign_core::hazmat::{decode, unkeyed_hash};
use countersign_core::{Algorithm, Encoding, Rejection};

use super::structured;

/// The most digests in one header.
const MAX_DIGESTS: usize = 16;

/// A hash that the body must have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyHash {
    algorithm: Algorithm,
    /// The hash, then zeros.
    expected: [u8; 64],
}

impl BodyHash {
    /// Decodes the text of a hash.
    ///
    /// # Errors
    /// `malformed_encoding` or `wrong_length` if this is not a hash of that algorithm in that encoding.
    pub(super) fn new(algorithm: Algorithm, encoding: Encoding, text: &[u8]) -> Result<Self, Rejection> {
        let mut expected = [0; 64];
        let length = decode(text, encoding, &mut expected).ok_or(Rejection::MalformedEncoding)?;
        if length == algorithm.tag_len() { Ok(Self { algorithm, expected }) } else { Err(Rejection::WrongLength) }
    }

    /// Whether this is the hash of `text`. Neither of the two is secret.
    pub(super) fn fits(&self, text: &[u8]) -> bool {
        *unkeyed_hash(self.algorithm, &[text]).as_ref() == self.expected
    }
}

/// The algorithm by its name in both headers. The others of the registries are weak, or no hashes at all.
fn algorithm(name: &[u8]) -> Option<Algorithm> {
    if name.eq_ignore_ascii_case(b"sha-256") {
        Some(Algorithm::Sha256)
    } else if name.eq_ignore_ascii_case(b"sha-512") {
        Some(Algorithm::Sha512)
    } else {
        None
    }
}

/// The hashes in a header `Content-Digest`: `sha-256=:…:, sha-512=:…:`.
///
/// # Errors
/// `malformed_signature` if it is not such a dictionary, `unknown_algorithm` if none of its algorithms is known, and those of
/// [`BodyHash::new`].
pub(super) fn content_digest(value: &[u8]) -> Result<Vec<BodyHash>, Rejection> {
    let mut hashes = Vec::new();
    for (name, text) in structured::byte_sequences(value)? {
        if let Some(algorithm) = algorithm(name.as_bytes()) {
            hashes.push(BodyHash::new(algorithm, Encoding::Base64, text)?);
        }
    }
    if hashes.is_empty() { Err(Rejection::UnknownAlgorithm) } else { Ok(hashes) }
}

/// The hashes in a header `Digest`: `SHA-256=…,SHA-512=…`.
///
/// # Errors
/// As [`content_digest`].
pub(super) fn digest(value: &[u8]) -> Result<Vec<BodyHash>, Rejection> {
    let mut hashes: Vec<BodyHash> = Vec::new();
    for (index, item) in value.split(|&byte| byte == b',').enumerate() {
        let at = item.iter().position(|&byte| byte == b'=').filter(|_| index < MAX_DIGESTS);
        let (name, text) = item.split_at(at.ok_or(Rejection::MalformedSignature)?);
        if let Some(algorithm) = algorithm(name.trim_ascii()) {
            if hashes.iter().any(|hash| hash.algorithm == algorithm) {
                return Err(Rejection::MalformedSignature);
            }
            hashes.push(BodyHash::new(algorithm, Encoding::Base64, text[1..].trim_ascii())?);
        }
    }
    if hashes.is_empty() { Err(Rejection::UnknownAlgorithm) } else { Ok(hashes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body and the digests of RFC 9421 appendix B.2.
    const BODY: &[u8] = br#"{"hello": "world"}"#;
    const SHA_256: &str = "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=";
    const SHA_512: &str = "WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==";

    fn fit(hashes: Result<Vec<BodyHash>, Rejection>, body: &[u8]) -> Result<(usize, bool), Rejection> {
        hashes.map(|hashes| (hashes.len(), hashes.iter().all(|hash| hash.fits(body))))
    }

    #[test]
    fn every_known_digest_counts() {
        for (value, count) in [
            (format!("sha-256=:{SHA_256}:"), 1),
            (format!("sha-512=:{SHA_512}:, sha-256=:{SHA_256}:"), 2),
            (format!("md5=:AAAA:,\tsha-512=:{SHA_512}:"), 1),
        ] {
            assert_eq!(fit(content_digest(value.as_bytes()), BODY), Ok((count, true)), "{value}");
            assert_eq!(fit(content_digest(value.as_bytes()), b"{}"), Ok((count, false)), "{value}");
            let older = value.replace("=:", "=").replace(':', "");
            assert_eq!(fit(digest(older.as_bytes()), BODY), Ok((count, true)), "{older}");
            let upper = older.replace("sha", "SHA");
            assert_eq!(fit(digest(upper.as_bytes()), b"{}"), Ok((count, false)), "{upper}");
        }
    }

    #[test]
    fn other_texts_are_no_digests() {
        let other = format!("sha-256=:{SHA_512}:");
        for (value, expected) in [
            ("", Rejection::MalformedSignature),
            ("sha-256", Rejection::MalformedSignature),
            ("sha-256=AAAA", Rejection::MalformedSignature),
            ("md5=:AAAA:", Rejection::UnknownAlgorithm),
            ("sha-256=:AAAA:", Rejection::WrongLength),
            (other.as_str(), Rejection::WrongLength),
        ] {
            assert_eq!(fit(content_digest(value.as_bytes()), BODY), Err(expected), "{value}");
        }
        let twice = format!("SHA-256={SHA_256},sha-256={SHA_256}");
        for (value, expected) in [
            ("", Rejection::MalformedSignature),
            ("SHA-256", Rejection::MalformedSignature),
            ("MD5=AAAA", Rejection::UnknownAlgorithm),
            ("SHA-256=AAAA", Rejection::WrongLength),
            ("SHA-256=A!AA", Rejection::MalformedEncoding),
            (twice.as_str(), Rejection::MalformedSignature),
        ] {
            assert_eq!(fit(digest(value.as_bytes()), BODY), Err(expected), "{value}");
        }
    }
}
