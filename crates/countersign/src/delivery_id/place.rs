//! The places where an id can be, and how they are written in a scheme.

use std::fmt;

use countersign_core::http_header::{is_name, trim};
use countersign_core::{Delivery, Headers};

use super::json_pointer::{self, Pointer};
use super::value::{Value, text};
use crate::error::ConfigError;
use crate::form;
use crate::json::Node;
use crate::printable::quoted;

/// The most alternatives of a scheme, and the most places that are joined.
const MAX_PLACES: usize = 8;

/// One place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IdPlace {
    /// `header:NAME`: the only line of a header.
    Header(String),
    /// `json:/pointer`: a text or a number in a JSON body (RFC 6901).
    Json(Pointer),
    /// `query:NAME`: a parameter of the URL's query.
    Query(String),
    /// `form:NAME`: a field of a form body.
    Form(String),
}

/// The places of a scheme, in the order in which they count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct IdPlaces(Vec<Alternative>);

/// Places that make one id together.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Alternative {
    places: Vec<IdPlace>,
    /// Whether the MAC covers all of them.
    is_signed: bool,
}

impl IdPlaces {
    /// Reads `id_from`: a place, or a list of places and of lists of places that are joined.
    pub(crate) fn read(node: &Node<'_>) -> Result<Self, ConfigError> {
        if node.is_string() {
            return Ok(Self::of(vec![vec![IdPlace::read(node)?]]));
        }
        let list = node.array()?;
        let alternative = |node: &Node<'_>| {
            if node.is_string() {
                return Ok(vec![IdPlace::read(node)?]);
            }
            let parts = node.array()?;
            if parts.len() < 2 || parts.len() > MAX_PLACES {
                return Err(node.error(format!("a list of places that are joined has 2 to {MAX_PLACES} of them")));
            }
            parts.iter().map(IdPlace::read).collect()
        };
        if list.is_empty() || list.len() > MAX_PLACES {
            return Err(node.error(format!("names 1 to {MAX_PLACES} places; leave the field out if there is no id")));
        }
        Ok(Self::of(list.iter().map(alternative).collect::<Result<_, _>>()?))
    }

    /// One place.
    pub(crate) fn one(place: IdPlace) -> Self {
        Self::of(vec![vec![place]])
    }

    fn of(alternatives: Vec<Vec<IdPlace>>) -> Self {
        Self(alternatives.into_iter().map(|places| Alternative { places, is_signed: false }).collect())
    }

    /// The same, with the knowledge of which places the MAC covers.
    pub(crate) fn signed_by(mut self, covers: impl Fn(&IdPlace) -> bool) -> Self {
        for alternative in &mut self.0 {
            alternative.is_signed = alternative.places.iter().all(&covers);
        }
        self
    }

    /// The places of each alternative, and whether the MAC covers them.
    pub(super) fn alternatives(&self) -> impl Iterator<Item = (&[IdPlace], bool)> {
        self.0.iter().map(|alternative| (&alternative.places[..], alternative.is_signed))
    }
}

impl IdPlace {
    pub(crate) fn read(node: &Node<'_>) -> Result<Self, ConfigError> {
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
            Some(("json", pointer)) => Pointer::parse(pointer).map(Self::Json),
            Some(("query", name)) => filled(name).map(Self::Query),
            Some(("form", name)) => filled(name).map(Self::Form),
            _ => {
                Err(format!("found {}; allowed are header:NAME, json:/POINTER, query:NAME and form:NAME", quoted(text)))
            }
        }
    }

    /// The value that stands here.
    pub(crate) fn value<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) -> Value {
        match self {
            Self::Header(name) => header(delivery.headers, name),
            Self::Query(name) => {
                let without_fragment = delivery.url.split('#').next().unwrap_or_default();
                let query = without_fragment.split_once('?').map_or("", |(_, query)| query);
                parameter(query.as_bytes(), name)
            }
            // What a compressed body says is not known here.
            Self::Json(_) | Self::Form(_) if is_compressed(delivery.headers) => Value::Absent,
            Self::Json(pointer) => json_pointer::find(delivery.body, pointer),
            Self::Form(name) => match form::is_form(delivery.headers) {
                Ok(true) => parameter(delivery.body, name),
                Ok(false) => Value::Absent,
                Err(_) => Value::Unusable,
            },
        }
    }
}

/// As `id_from` writes it.
impl fmt::Display for IdPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "header:{name}"),
            Self::Json(pointer) => write!(f, "json:{pointer}"),
            Self::Query(name) => write!(f, "query:{name}"),
            Self::Form(name) => write!(f, "form:{name}"),
        }
    }
}

/// The only line of a header; several are no id.
fn header<H: Headers + ?Sized>(headers: &H, name: &str) -> Value {
    let mut lines = headers.lines(name);
    match (lines.next(), lines.next()) {
        (None, _) => Value::Absent,
        (Some(line), None) => text(trim(line)),
        (Some(_), Some(_)) => Value::Unusable,
    }
}

/// The only parameter with this name; several are no id.
fn parameter(parameters: &[u8], name: &str) -> Value {
    let mut values = form::values_of(parameters, name.as_bytes());
    match (values.next(), values.next()) {
        (None, _) => Value::Absent,
        (Some(value), None) => text(&value),
        (Some(_), Some(_)) => Value::Unusable,
    }
}

/// Whether the body is encoded, as far as its header says (RFC 9110 section 8.4).
fn is_compressed<H: Headers + ?Sized>(headers: &H) -> bool {
    headers.lines("Content-Encoding").any(|line| !trim(line).eq_ignore_ascii_case(b"identity"))
}
