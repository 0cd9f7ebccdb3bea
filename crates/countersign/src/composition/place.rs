//! The places of a delivery from which a scheme can read a value.

use std::borrow::Cow;
use std::fmt;

use countersign_core::http_header::is_name;
use countersign_core::{Delivery, Headers, Rejection};
use serde_json::value::RawValue;

use super::{json_value, xml};
use crate::delivery_id::Pointer;
use crate::form;
use crate::header_line::single_line;
use crate::json::Node;
use crate::missing_part::MissingPart;
use crate::printable::quoted;

/// One place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// `header:NAME`: the only line of a header.
    Header(String),
    /// `query:NAME`: a parameter of the URL's query, decoded.
    Query(String),
    /// `form:NAME`: a field of a form body, decoded.
    Form(String),
    /// `json:/POINTER`: a value of a JSON body (RFC 6901).
    Json(Pointer),
    /// `xml:NAME`: an element directly below the root of an XML body.
    Xml(String),
}

/// What may stand where a place is expected.
pub(crate) const PLACES: &str = "header:NAME, query:NAME, form:NAME, json:/POINTER and xml:NAME";

impl Place {
    pub(crate) fn read(node: &Node<'_>) -> Result<Self, crate::error::ConfigError> {
        Self::parse(&node.string()?).map_err(|message| node.error(message))
    }

    /// A place as it is written, or what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let filled =
            |name: &str| if name.is_empty() { Err("the name is empty".to_owned()) } else { Ok(name.to_owned()) };
        match text.split_once(':') {
            Some(("header", name)) if is_name(name) => Ok(Self::Header(name.to_owned())),
            Some(("header", _)) => {
                Err("header:NAME needs the name of a header: letters, digits and !#$%&'*+-.^_`|~".to_owned())
            }
            Some(("query", name)) => filled(name).map(Self::Query),
            Some(("form", name)) => filled(name).map(Self::Form),
            Some(("json", pointer)) => Pointer::parse(pointer).map(Self::Json),
            Some(("xml", name)) => filled(name).map(Self::Xml),
            _ => Err(format!("found {}; allowed are {PLACES}", quoted(text))),
        }
    }

    /// The last name of the place, for messages: `hmac` of `query:hmac`.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Header(name) | Self::Query(name) | Self::Form(name) | Self::Xml(name) => name,
            Self::Json(pointer) => pointer.names().last().map_or("", String::as_str),
        }
    }

    /// The place in words: `the parameter hmac of the URL's query`.
    pub(crate) fn words(&self) -> String {
        MissingPart::from(self).to_string()
    }

    /// The value that stands here; `None` if there is none. A JSON object or list, a number, `true` and `false` have the
    /// text with which they are written; `null` is absent.
    ///
    /// # Errors
    /// `repeated_signature` if the name stands twice; `malformed_signature` for a header value that is too long;
    /// `missing_part` if the body is not of the kind in which the place is.
    pub(crate) fn value<'d, H: Headers + ?Sized>(
        &'d self,
        delivery: &Delivery<'d, H>,
    ) -> Result<Option<Cow<'d, [u8]>>, Rejection> {
        match self {
            Self::Header(name) => single_line(delivery.headers, name).map(|line| line.map(Cow::Borrowed)),
            Self::Query(name) => parameter(query_of(delivery.url).as_bytes(), name),
            Self::Form(name) if may_be_form(delivery.headers)? => parameter(delivery.body, name),
            Self::Form(_) => Ok(None),
            Self::Json(pointer) => {
                let Some(raw) = json_value::find(json_text(delivery.body)?, pointer)? else { return Ok(None) };
                json_value::text(raw).map(|text| text.map(into_bytes))
            }
            Self::Xml(name) => {
                let elements = xml::elements(delivery.body).ok_or(Rejection::MissingPart)?;
                let mut values = elements.into_iter().filter(|(other, _)| other == name).map(|(_, value)| value);
                match (values.next(), values.next()) {
                    (_, Some(_)) => Err(Rejection::RepeatedSignature),
                    (value, None) => Ok(value.map(Cow::Owned)),
                }
            }
        }
    }

    /// The JSON value that stands here, as it is written. `None` for any other place, and if there is none.
    pub(super) fn json<'d, H: ?Sized>(&self, delivery: &Delivery<'d, H>) -> Result<Option<&'d RawValue>, Rejection> {
        let Self::Json(pointer) = self else { return Ok(None) };
        json_value::find(json_text(delivery.body)?, pointer)
    }
}

/// As a scheme writes it.
impl From<&Place> for MissingPart {
    fn from(place: &Place) -> Self {
        match place {
            Place::Header(name) => Self::Header(name.clone()),
            Place::Query(name) => Self::Query(name.clone()),
            Place::Form(_) | Place::Json(_) | Place::Xml(_) => Self::InBody(place.to_string()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "header:{name}"),
            Self::Query(name) => write!(f, "query:{name}"),
            Self::Form(name) => write!(f, "form:{name}"),
            Self::Json(pointer) => write!(f, "json:{pointer}"),
            Self::Xml(name) => write!(f, "xml:{name}"),
        }
    }
}

/// The query of a URL, without `?` and fragment; empty if there is none.
pub(super) fn query_of(url: &str) -> &str {
    let without_fragment = url.split('#').next().unwrap_or_default();
    without_fragment.split_once('?').map_or("", |(_, query)| query)
}

/// A body as the text of JSON.
pub(super) fn json_text(body: &[u8]) -> Result<&str, Rejection> {
    str::from_utf8(body).map_err(|_| Rejection::MissingPart)
}

/// Whether the body is a form, as far as its header says. Not all senders of forms write one.
pub(super) fn may_be_form<H: Headers + ?Sized>(headers: &H) -> Result<bool, Rejection> {
    Ok(single_line(headers, "Content-Type")?.is_none() || form::is_form(headers)?)
}

/// The only parameter with this name.
fn parameter<'d>(parameters: &[u8], name: &str) -> Result<Option<Cow<'d, [u8]>>, Rejection> {
    let mut values = form::values_of(parameters, name.as_bytes());
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(Rejection::RepeatedSignature),
        (value, None) => Ok(value.map(Cow::Owned)),
    }
}

fn into_bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}
