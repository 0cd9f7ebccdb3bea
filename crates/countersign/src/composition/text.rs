//! The texts that a template can contain beside those that the core knows, and how their values are found.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_core::{Delivery, Headers, Rejection};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::fields::Fields;
use super::place::{Place, json_text, query_of};
use super::signed_headers::SignedHeaders;
use super::{hubspot, json_value, print};

/// The most functions around one value.
const MAX_DEPTH: usize = 3;

/// A text of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// Literal text.
    Literal(String),
    Body,
    Method,
    /// The URL as the sender called it.
    Url,
    /// The path of the URL.
    Path,
    /// The path of the URL, with `?` and query if it has one.
    Target,
    /// The query of the URL, as it is written.
    Query,
    /// The value at a place.
    Place(Place),
    /// The joined fields.
    Fields,
    /// The list of signed headers in the signature header, as it is written.
    SignedHeaderNames,
    /// The values of these headers.
    SignedHeaders,
    /// What a function makes of another text.
    Of(Function, Box<Text>),
    /// Several texts, one after the other.
    All(Vec<Text>),
}

/// What is made of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    /// ASCII letters in lower case.
    Lower,
    /// ASCII letters in upper case.
    Upper,
    /// A JSON value, printed in another way.
    Print(print::Style),
    /// Base64, with padding.
    Base64,
    /// A URL with the escapes undone that HubSpot undoes.
    HubSpot,
    /// A hash, in hex of lower case or in base64.
    Hash(Hash, HashEncoding),
}

/// A plain hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// How a hash is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HashEncoding {
    Hex,
    Base64,
}

/// What a text can be made of.
pub(super) struct Source<'s, 'd, H: ?Sized> {
    pub(super) delivery: &'s Delivery<'d, H>,
    pub(super) fields: Option<&'d Fields>,
    pub(super) signed_headers: Option<&'d SignedHeaders>,
    /// The list of signed headers in the signature header.
    pub(super) listed: Option<&'d [u8]>,
}

impl Text {
    /// The text between two braces of a template; `None` if it is unknown.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(inside: &str) -> Result<Option<Self>, String> {
        Self::parse_at(inside, 0)
    }

    fn parse_at(inside: &str, depth: usize) -> Result<Option<Self>, String> {
        if depth > MAX_DEPTH {
            return Err(format!("at most {MAX_DEPTH} functions can stand before a value"));
        }
        Ok(Some(match inside {
            "body" => Self::Body,
            "method" => Self::Method,
            "url" => Self::Url,
            "path" => Self::Path,
            "target" => Self::Target,
            "query" => Self::Query,
            "fields" => Self::Fields,
            "signed_header_names" => Self::SignedHeaderNames,
            "signed_headers" => Self::SignedHeaders,
            _ => match inside.split_once(':') {
                Some(("header" | "query" | "form" | "json" | "xml", _)) => Self::Place(Place::parse(inside)?),
                Some((name, of)) if let Some(function) = Function::named(name) => {
                    let Some(text) = Self::parse_at(of, depth + 1)? else { return Ok(None) };
                    if matches!(function, Function::Print(_))
                        && !matches!(text, Self::Place(Place::Json(_)) | Self::Body)
                    {
                        return Err(format!("{name}: goes with json:/POINTER and body only"));
                    }
                    Self::Of(function, Box::new(text))
                }
                _ => return Ok(None),
            },
        }))
    }

    /// Whether the whole body is signed if this text is.
    pub(super) fn covers_the_body(&self, fields: Option<&Fields>) -> bool {
        match self {
            Self::Body => true,
            Self::Fields => fields.is_some_and(Fields::cover_the_body),
            Self::Of(Function::Hash(..) | Function::Print(_) | Function::Base64, text) => text.covers_the_body(fields),
            // Hex is the same in both cases.
            Self::Of(Function::Lower | Function::Upper, text) => {
                matches!(**text, Self::Of(Function::Hash(_, HashEncoding::Hex), _)) && text.covers_the_body(fields)
            }
            Self::All(texts) => texts.iter().any(|text| text.covers_the_body(fields)),
            _ => false,
        }
    }

    /// Whether it is this text, or is made of it.
    pub(super) fn contains(&self, other: &Self) -> bool {
        self == other
            || match self {
                Self::Of(_, text) => text.contains(other),
                Self::All(texts) => texts.iter().any(|text| text.contains(other)),
                _ => false,
            }
    }

    /// Adds the names of the headers whose values it contains.
    pub(super) fn add_headers<'t>(&'t self, names: &mut Vec<&'t str>) {
        match self {
            Self::Place(Place::Header(name)) => names.push(name),
            Self::Of(_, text) => text.add_headers(names),
            Self::All(texts) => texts.iter().for_each(|text| text.add_headers(names)),
            _ => {}
        }
    }

    /// Whether the receiver knows its value as it knows the URL, so that it may touch other texts.
    pub(super) fn is_of_the_url(&self) -> bool {
        match self {
            Self::Path | Self::Target => true,
            Self::Of(Function::Lower | Function::Upper | Function::HubSpot, text) => {
                **text == Self::Url || text.is_of_the_url()
            }
            _ => false,
        }
    }

    /// Whether its value depends on the URL.
    pub(super) fn reads_url(&self, fields: Option<&Fields>) -> bool {
        match self {
            Self::Url | Self::Path | Self::Target | Self::Query | Self::Place(Place::Query(_)) => true,
            Self::Fields => fields.is_some_and(Fields::read_the_query),
            Self::Of(_, text) => text.reads_url(fields),
            Self::All(texts) => texts.iter().any(|text| text.reads_url(fields)),
            _ => false,
        }
    }

    /// Whether its value comes from the body alone.
    pub(super) fn is_of_the_body(&self, fields: Option<&Fields>) -> bool {
        match self {
            Self::Literal(_) | Self::Body | Self::Place(Place::Form(_) | Place::Json(_) | Place::Xml(_)) => true,
            Self::Fields => !fields.is_some_and(Fields::read_the_query),
            Self::Of(_, text) => text.is_of_the_body(fields),
            Self::All(texts) => texts.iter().all(|text| text.is_of_the_body(fields)),
            Self::Method
            | Self::Url
            | Self::Path
            | Self::Target
            | Self::Query
            | Self::Place(Place::Header(_) | Place::Query(_))
            | Self::SignedHeaderNames
            | Self::SignedHeaders => false,
        }
    }

    /// The value in a delivery.
    ///
    /// # Errors
    /// `missing_part` if there is none, or an empty one where it is not the body or the joined fields; the faults of the
    /// places.
    pub(super) fn value<'d, H: Headers + ?Sized>(
        &'d self,
        source: &Source<'_, 'd, H>,
    ) -> Result<Cow<'d, [u8]>, Rejection> {
        let delivery = source.delivery;
        let known = |text: &'d str| if text.is_empty() { Err(Rejection::MissingPart) } else { Ok(text.as_bytes()) };
        Ok(match self {
            Self::Literal(text) => Cow::Borrowed(text.as_bytes()),
            Self::Body => Cow::Borrowed(delivery.body),
            Self::Method => Cow::Borrowed(known(delivery.method)?),
            Self::Url => Cow::Borrowed(known(delivery.url)?),
            Self::Path => Cow::Borrowed(known(path(delivery.url))?),
            Self::Target => Cow::Borrowed(known(target(delivery.url))?),
            Self::Query => Cow::Borrowed(known(query_of(delivery.url))?),
            Self::Place(place) => {
                let value = place.value(delivery)?.filter(|value| !value.is_empty());
                value.ok_or(Rejection::MissingPart)?
            }
            Self::Fields => Cow::Owned(source.fields.ok_or(Rejection::MissingPart)?.text(delivery)?),
            Self::SignedHeaderNames => Cow::Borrowed(source.listed.ok_or(Rejection::MissingPart)?),
            Self::SignedHeaders => {
                let (rule, listed) = source.signed_headers.zip(source.listed).ok_or(Rejection::MissingPart)?;
                Cow::Owned(rule.values(listed, delivery.headers)?)
            }
            Self::Of(Function::Print(style), text) => {
                let raw = match &**text {
                    Self::Place(place) => place.json(delivery)?.ok_or(Rejection::MissingPart)?,
                    _ => json_value::whole(json_text(delivery.body)?)?,
                };
                Cow::Owned(print::encode(raw, *style).ok_or(Rejection::MissingPart)?.into_bytes())
            }
            Self::Of(function, text) => Cow::Owned(function.apply(&text.value(source)?)),
            Self::All(texts) => {
                let mut all = Vec::new();
                for text in texts {
                    all.extend_from_slice(&text.value(source)?);
                }
                Cow::Owned(all)
            }
        })
    }
}

impl Function {
    /// The function of this name, such as `sha256` or `sha256-base64`.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "lower" => Self::Lower,
            "upper" => Self::Upper,
            "php" => Self::Print(print::Style::Php),
            "sorted" => Self::Print(print::Style::Sorted),
            "base64" => Self::Base64,
            "hubspot" => Self::HubSpot,
            _ => {
                let (hash, encoding) = match name.strip_suffix("-base64") {
                    Some(hash) => (hash, HashEncoding::Base64),
                    None => (name, HashEncoding::Hex),
                };
                let hash = match hash {
                    "md5" => Hash::Md5,
                    "sha1" => Hash::Sha1,
                    "sha256" => Hash::Sha256,
                    "sha384" => Hash::Sha384,
                    "sha512" => Hash::Sha512,
                    _ => return None,
                };
                Self::Hash(hash, encoding)
            }
        })
    }

    fn apply(self, text: &[u8]) -> Vec<u8> {
        match self {
            Self::Lower => text.to_ascii_lowercase(),
            Self::Upper => text.to_ascii_uppercase(),
            // A JSON value is printed before it becomes text.
            Self::Print(_) => text.to_vec(),
            Self::Base64 => STANDARD.encode(text).into_bytes(),
            Self::HubSpot => match str::from_utf8(text) {
                Ok(text) => hubspot::decode_listed(text).into_owned().into_bytes(),
                Err(_) => text.to_vec(),
            },
            Self::Hash(hash, encoding) => {
                let digest = hash.of(text);
                match encoding {
                    HashEncoding::Hex => const_hex::encode(digest).into_bytes(),
                    HashEncoding::Base64 => STANDARD.encode(digest).into_bytes(),
                }
            }
        }
    }
}

impl Hash {
    pub(super) fn of(self, text: &[u8]) -> Vec<u8> {
        match self {
            Self::Md5 => Md5::digest(text).to_vec(),
            Self::Sha1 => Sha1::digest(text).to_vec(),
            Self::Sha256 => Sha256::digest(text).to_vec(),
            Self::Sha384 => Sha384::digest(text).to_vec(),
            Self::Sha512 => Sha512::digest(text).to_vec(),
        }
    }
}

/// The path of a URL with its query, without a fragment. A URL that begins with a slash is one already.
fn target(url: &str) -> &str {
    let url = url.split('#').next().unwrap_or_default();
    let Some((_, rest)) = url.split_once("://").filter(|_| !url.starts_with('/')) else { return url };
    match rest.find(['/', '?']) {
        Some(at) if rest.get(at..).is_some_and(|rest| rest.starts_with('/')) => rest.get(at..).unwrap_or_default(),
        // An HTTP request line has no empty path (RFC 9112 section 3.2.1). A query cannot stand without one.
        Some(_) => "",
        None => "/",
    }
}

/// The path of a URL.
fn path(url: &str) -> &str {
    target(url).split('?').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_and_target_of_a_url() {
        for (url, expected_path, expected_target) in [
            ("https://example.com/a/b?c=d?e#f", "/a/b", "/a/b?c=d?e"),
            ("https://u:p@[::1]:80/a", "/a", "/a"),
            ("https://example.com", "/", "/"),
            ("https://example.com#x", "/", "/"),
            ("https://example.com?a=b", "", ""),
            ("/a?b=http://c/d", "/a", "/a?b=http://c/d"),
            ("", "", ""),
        ] {
            assert_eq!((path(url), target(url)), (expected_path, expected_target), "{url}");
        }
    }

    #[test]
    fn functions_are_known_by_name() {
        let value = |inside: &str| {
            let text = Text::parse(inside).ok().flatten()?;
            let delivery = Delivery::<[(&str, &str)]> {
                method: "POST",
                url: "/a?n=Ab%2B",
                headers: &[("X-A", " One ")],
                body: b"abc",
            };
            let source = Source { delivery: &delivery, fields: None, signed_headers: None, listed: None };
            text.value(&source).ok().map(|value| String::from_utf8_lossy(&value).into_owned())
        };
        for (inside, expected) in [
            ("md5:body", "900150983cd24fb0d6963f7d28e17f72"),
            ("sha1:body", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            ("sha256-base64:body", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="),
            ("upper:sha1:body", "A9993E364706816ABA3E25717850C26C9CD0D89D"),
            ("lower:query:n", "ab+"),
            ("query", "n=Ab%2B"),
            ("target", "/a?n=Ab%2B"),
            ("upper:header:x-a", "ONE"),
            ("base64:body", "YWJj"),
            ("sha1:base64:body", "d8bce9746547bb7743e5933fbf0fc4f2d2cbcad3"),
        ] {
            assert_eq!(value(inside).as_deref(), Some(expected), "{inside}");
        }
        for inside in [
            "sha3:body",
            "lower:",
            "lower:timestamp",
            "php:body",
            "sorted:query:n",
            "lower:lower:lower:lower:body",
            "query:m",
            "json:x",
        ] {
            assert_eq!(value(inside), None, "{inside}");
        }
    }
}
