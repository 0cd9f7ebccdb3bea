//! Signatures by draft-cavage-http-signatures-12 with HMAC, and `Digest` (RFC 3230) or `Content-Digest` (RFC 9530) for the
//! body.
//!
//! ```text
//! Authorization: Signature keyId="k",algorithm="hmac-sha256",headers="(request-target) date digest",signature="…"
//! ```
//!
//! signs one line for each name in `headers`, `name: value`, in their order. No value contains a newline, and no name a
//! colon, so the text can be split in one way only. Some gateways write `@request-target` for `(request-target)`.

use std::borrow::Cow;

use countersign_core::http_header::{is_name, trim};
use countersign_core::{Algorithm, Delivery, Headers, Rejection};

use super::request::{self, Url};
use super::times::{self, SentAt, TimeField, Times};
use super::{MAX_COMPONENTS, MAX_PARAMETERS, Opened, body_hash, encoded_tag, field, signature_line};

/// The header with the hash of the body.
pub(super) const BODY_HEADER: &str = "digest";

#[derive(Clone, Debug)]
pub(crate) struct Cavage {
    /// What a signature must cover, as it stands in `headers`.
    pub(crate) components: Vec<String>,
    /// What the parameter `keyId` must be.
    pub(crate) key_id: Option<String>,
}

/// The parameters of a signature.
#[derive(Default)]
struct Parameters<'a> {
    key_id: Option<&'a str>,
    algorithm: Option<&'a str>,
    headers: Option<&'a str>,
    signature: Option<&'a str>,
    created: Option<&'a str>,
    expires: Option<&'a str>,
}

impl Cavage {
    pub(super) fn open<'a, H: Headers + ?Sized>(
        &'a self,
        header: &'a str,
        algorithm: Algorithm,
        sent_at: Option<SentAt>,
        delivery: &Delivery<'a, H>,
    ) -> Result<Opened<'a>, Rejection> {
        let is_authorization = header.eq_ignore_ascii_case("Authorization");
        let parameters = Parameters::read(signature_line(delivery.headers, header)?, is_authorization)?;
        let (Some(signature), Some(headers)) = (parameters.signature, parameters.headers) else {
            return Err(Rejection::MalformedSignature);
        };
        let signature = encoded_tag(signature.as_bytes())?;
        match parameters.algorithm {
            // "Hidden": the name of the draft for an algorithm that only the key tells.
            None | Some("hs2019") => {}
            Some(name) => super::check_label(name, algorithm)?,
        }
        let names = names(headers)?;
        if !self.components.iter().all(|wanted| is_covered(&names, wanted)) {
            return Err(Rejection::MissingPart);
        }

        let (mut signed, mut hashes) = (Vec::with_capacity(headers.len() * 4), Vec::new());
        for (index, name) in names.iter().enumerate() {
            if index > 0 {
                signed.push(b'\n');
            }
            let value = value(name, &parameters, delivery)?;
            signed.extend_from_slice(name.as_bytes());
            signed.extend_from_slice(b": ");
            signed.extend_from_slice(&value);
            match name.as_str() {
                BODY_HEADER => hashes.extend(body_hash::digest(&value)?),
                super::rfc9421::BODY_HEADER => hashes.extend(body_hash::content_digest(&value)?),
                _ => {}
            }
        }

        let time = |text: Option<&str>| text.map(|text| times::seconds(text.as_bytes(), false)).transpose();
        let sent = match sent_at.map(|rule| rule.field) {
            Some(TimeField::Date) => Some(times::http_date(field::value(delivery.headers, "date")?)?),
            Some(_) => Some(time(parameters.created)?.ok_or(Rejection::MissingTimestamp)?),
            None => time(parameters.created)?,
        };
        let times = Times { sent, not_before: None, expires: time(parameters.expires)? };
        if self.key_id.is_some() && self.key_id.as_deref() != parameters.key_id {
            return Err(Rejection::Mismatch);
        }
        Ok(Opened { signature, signed: Cow::Owned(signed), hashes, is_empty: false, times })
    }
}

/// The names of what is signed, in the value of a signature's header.
pub(super) fn listed(value: &[u8]) -> Result<Vec<String>, Rejection> {
    names(Parameters::read(trim(value), false)?.headers.ok_or(Rejection::MalformedSignature)?)
}

/// Whether a list of names has what a scheme requires. The two names of the target of a request mean the same.
pub(super) fn is_covered(names: &[String], wanted: &str) -> bool {
    names.iter().any(|name| name == wanted || (is_target(name) && is_target(wanted)))
}

fn is_target(name: &str) -> bool {
    matches!(name, "(request-target)" | "@request-target")
}

/// The names of what is signed, in lower case and in their order.
fn names(list: &str) -> Result<Vec<String>, Rejection> {
    let mut names: Vec<String> = Vec::new();
    for name in list.split(' ') {
        let name = name.to_ascii_lowercase();
        let is_known = is_special(&name) || field::is_field_name(&name);
        if !is_known || names.contains(&name) || names.len() == MAX_COMPONENTS {
            return Err(Rejection::MalformedSignature);
        }
        names.push(name);
    }
    Ok(names)
}

/// Whether this is a name for something that is no header.
pub(super) fn is_special(name: &str) -> bool {
    is_target(name) || matches!(name, "(created)" | "(expires)")
}

/// The value of a line of the signed text.
fn value<'a, H: Headers + ?Sized>(
    name: &str,
    parameters: &Parameters<'a>,
    delivery: &Delivery<'a, H>,
) -> Result<Cow<'a, [u8]>, Rejection> {
    let text =
        |text: Option<&'a str>| text.map(|text| Cow::Borrowed(text.as_bytes())).ok_or(Rejection::MissingTimestamp);
    match name {
        "(request-target)" | "@request-target" => {
            let method = request::method(delivery.method)?.to_ascii_lowercase();
            Ok(Cow::Owned(format!("{method} {}", Url::new(delivery.url)?.request_target()).into_bytes()))
        }
        "(created)" => text(parameters.created),
        "(expires)" => text(parameters.expires),
        name => field::value(delivery.headers, name).map(|value| Cow::Owned(value.to_vec())),
    }
}

impl<'a> Parameters<'a> {
    /// Reads `Signature keyId="…",algorithm="…",…`. The word in front is that of the header `Authorization`; elsewhere it may be
    /// there. Parameters with other names are passed over.
    fn read(value: &'a [u8], needs_word: bool) -> Result<Self, Rejection> {
        const MALFORMED: Rejection = Rejection::MalformedSignature;
        let text = str::from_utf8(value).map_err(|_| MALFORMED)?;
        let after_word = text.split_once(' ').filter(|(word, _)| word.eq_ignore_ascii_case("signature"));
        let mut rest = match after_word {
            Some((_, rest)) => rest,
            None if needs_word => return Err(MALFORMED),
            None => text,
        };
        let mut parameters = Self::default();
        for count in 0.. {
            let (name, after_name) = rest.split_once('=').filter(|_| count < MAX_PARAMETERS).ok_or(MALFORMED)?;
            let (value, after_value) = match after_name.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').ok_or(MALFORMED)?,
                // `created` and `expires` are numbers.
                None => after_name.split_at(after_name.find(',').unwrap_or(after_name.len())),
            };
            let is_quoted = after_name.starts_with('"');
            let value = if is_quoted { value } else { value.trim_matches([' ', '\t']) };
            let is_text = value.bytes().all(|byte| (b' '..=b'~').contains(&byte) && !b"\"\\".contains(&byte));
            if !is_text || !parameters.store(name.trim_matches([' ', '\t']), value) {
                return Err(MALFORMED);
            }
            match after_value.trim_start_matches([' ', '\t']) {
                "" => break,
                more => rest = more.strip_prefix(',').ok_or(MALFORMED)?,
            }
        }
        Ok(parameters)
    }

    /// Stores a parameter. Returns `false` if its name is none, or stands twice.
    fn store(&mut self, name: &str, value: &'a str) -> bool {
        if !is_name(name) {
            return false;
        }
        let place = match name {
            "keyId" => &mut self.key_id,
            "algorithm" => &mut self.algorithm,
            "headers" => &mut self.headers,
            "signature" => &mut self.signature,
            "created" => &mut self.created,
            "expires" => &mut self.expires,
            _ => return true,
        };
        place.replace(value).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_once_each() {
        let read = |text: &str, needs_word| {
            Parameters::read(text.as_bytes(), needs_word)
                .map(|found| (found.key_id.map(str::to_owned), found.created.map(str::to_owned)))
        };
        let both = Ok((Some("a,b=c".to_owned()), Some("12".to_owned())));
        for text in [
            r#"keyId="a,b=c",created=12"#,
            r#"Signature keyId="a,b=c",created=12"#,
            r#"signature  keyId="a,b=c" ,	created="12",other="x",other="y""#,
        ] {
            assert_eq!(read(text, false), both, "{text}");
        }
        assert!(read(r#"keyId="a",created=12"#, true).is_err());
        for text in [
            "",
            "Signature ",
            "keyId",
            "keyId=\"a",
            "=\"a\"",
            "keyId=\"a\"b",
            "keyId=\"a\",",
            "keyId=\"a\",keyId=\"a\"",
            "keyId=\"\\a\"",
            "keyId=\"\u{e9}\"",
        ] {
            assert!(read(text, false).is_err(), "{text}");
        }
        let many = |count: usize| vec!["x=1"; count].join(",");
        assert!(read(&many(16), false).is_ok() && read(&many(17), false).is_err());
    }

    #[test]
    fn names_are_in_lower_case_and_stand_once() {
        assert_eq!(
            names("(request-target) Date digest"),
            Ok(vec!["(request-target)".into(), "date".into(), "digest".into()])
        );
        for list in ["", " date", "date  digest", "date date", "date Date", "(other)", "da:te", "date\tdigest"] {
            assert_eq!(names(list), Err(Rejection::MalformedSignature), "{list}");
        }
    }
}
