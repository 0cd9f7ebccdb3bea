//! HTTP Basic (RFC 7617): the key and the secret of a request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use zeroize::Zeroizing;

use crate::keys::Refusal;

/// The most bytes of the header's value. Key and secret together have 90, and base64 makes 120 of them.
const VALUE_MAX: usize = 512;

/// What a request says.
pub(super) struct Credentials {
    decoded: Zeroizing<Vec<u8>>,
    colon: usize,
}

impl Credentials {
    /// Reads the header.
    ///
    /// # Errors
    /// `Missing` without it; `Malformed` if there are several, or it is too long, of another scheme, or no base64 of a key, a colon and a
    /// secret.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut lines = headers.get_all(AUTHORIZATION).iter();
        let value = lines.next().ok_or(Refusal::Missing)?.as_bytes();
        if lines.next().is_some() || value.len() > VALUE_MAX {
            return Err(Refusal::Malformed);
        }
        let (scheme, rest) = value.split_first_chunk::<6>().ok_or(Refusal::Malformed)?;
        if !scheme.eq_ignore_ascii_case(b"Basic ") {
            return Err(Refusal::Malformed);
        }
        let decoded = Zeroizing::new(STANDARD.decode(rest.trim_ascii()).map_err(|_| Refusal::Malformed)?);
        let colon = decoded.iter().position(|byte| *byte == b':').ok_or(Refusal::Malformed)?;
        Ok(Self { decoded, colon })
    }

    /// The id of the key; empty if it is no text.
    pub(super) fn key(&self) -> &str {
        str::from_utf8(&self.decoded[..self.colon]).unwrap_or_default()
    }

    pub(super) fn secret(&self) -> &[u8] {
        &self.decoded[self.colon + 1..]
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(values: &[&str]) -> Result<(String, String), Refusal> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        let read = Credentials::read(&headers)?;
        Ok((read.key().to_owned(), String::from_utf8(read.secret().to_vec()).unwrap()))
    }

    #[test]
    fn key_and_secret_are_read() {
        let expected = Ok(("key".to_owned(), "sec:ret".to_owned()));
        for value in ["Basic a2V5OnNlYzpyZXQ=", "basic a2V5OnNlYzpyZXQ=", "BASIC   a2V5OnNlYzpyZXQ= "] {
            assert_eq!(read(&[value]), expected, "{value}");
        }
        // An empty key or secret is one that nobody has.
        assert_eq!(read(&["Basic Og=="]), Ok((String::new(), String::new())));
        assert_eq!(read(&["Basic /zo="]), Ok((String::new(), String::new())));
    }

    #[test]
    fn anything_else_is_malformed() {
        assert_eq!(read(&[]), Err(Refusal::Missing));
        let long = format!("Basic {}", STANDARD.encode([b':'; 400]));
        for value in [
            "",
            "Basic",
            "Basic ",
            "Bearer a2V5OnNlYzpyZXQ=",
            "Basica2V5OnM=",
            "Basic a2V5",
            "Basic a2V5OnNlYzpyZXQ",
            "Basic ?",
            &long,
        ] {
            assert_eq!(read(&[value]), Err(Refusal::Malformed), "{value}");
        }
        assert_eq!(read(&["Basic a2V5OnNlYzpyZXQ=", "Basic a2V5OnNlYzpyZXQ="]), Err(Refusal::Malformed));
    }
}
