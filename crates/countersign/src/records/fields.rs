//! The fields of a line, and the types of their values in JSON.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::error::RecordError;
use super::extension::Extension;
use super::kind::{NUMBER, kind};
use super::micros::{NotMicros, UnixMicros};
use super::record::Record;
use super::text::Text;

/// The fields of a line, as they stand there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fields<'a> {
    #[serde(borrow)]
    id: Option<JsonText<'a>>,
    #[serde(borrow)]
    connection: Option<JsonText<'a>>,
    #[serde(borrow)]
    method: Option<JsonText<'a>>,
    #[serde(borrow)]
    url: Option<JsonText<'a>>,
    #[serde(borrow)]
    headers: Headers<'a>,
    #[serde(borrow)]
    body: Option<JsonText<'a>>,
    #[serde(borrow)]
    body_base64: Option<JsonText<'a>>,
    received_at: Option<JsonMoment>,
    #[serde(borrow)]
    countersignd: Option<JsonObject<'a>>,
}

impl<'a> Fields<'a> {
    /// The record that they make.
    pub(super) fn record(self) -> Result<Record<'a>, RecordError> {
        let fault = |message: &str| Err(RecordError::new(message));
        let body = match (self.body, self.body_base64) {
            (Some(body), None) => match body.0 {
                Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                Cow::Owned(text) => Cow::Owned(text.into_bytes()),
            },
            (None, Some(body)) => match STANDARD.decode(&*body.0) {
                Ok(bytes) => Cow::Owned(bytes),
                Err(_) => return fault("body_base64: not valid base64 (standard alphabet, with padding)"),
            },
            (None, None) => return fault("the body is missing; give \"body\" or \"body_base64\""),
            (Some(_), Some(_)) => return fault("\"body\" and \"body_base64\" are both given; give one of them"),
        };
        Ok(Record {
            id: self.id.map(JsonText::text),
            connection: self.connection.map(JsonText::text),
            method: self.method.map(JsonText::text),
            url: self.url.map(JsonText::text),
            headers: self.headers.0,
            body,
            received_at: self.received_at.map(|moment| moment.0),
            extension: self.countersignd.map(|object| object.0),
        })
    }
}

/// A JSON text, borrowed if it can be.
#[derive(Deserialize)]
struct JsonText<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> JsonText<'a> {
    fn text(self) -> Text<'a> {
        self.0.into()
    }
}

/// Seconds with decimals, of which a floating-point number would not keep all.
struct JsonMoment(UnixMicros);

impl<'de> Deserialize<'de> for JsonMoment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = <&RawValue>::deserialize(deserializer)?;
        let is_number = kind(value) == NUMBER;
        match is_number.then(|| UnixMicros::parse(value.get())) {
            Some(Ok(moment)) => Ok(Self(moment)),
            Some(Err(NotMicros::Late)) => Err(D::Error::custom(
                "looks like milliseconds (as seconds it would be after the year 9999); write seconds since 1970",
            )),
            Some(Err(NotMicros::Early)) => Err(D::Error::custom("the number is too far below zero")),
            Some(Err(NotMicros::Form)) | None => {
                let expected = "seconds since 1970 with at most six decimals and no exponent";
                Err(D::Error::custom(format!("found {}; expected {expected}", kind(value))))
            }
        }
    }
}

/// An object whose content does not matter.
struct JsonObject<'a>(Extension<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for JsonObject<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Extension::of(<&RawValue>::deserialize(deserializer)?).map(Self).map_err(D::Error::custom)
    }
}

/// Header lines: an object, in which a name that stands twice is two lines, or a list of pairs.
struct Headers<'a>(Vec<(Text<'a>, Text<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Headers<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HeadersVisitor)
    }
}

struct HeadersVisitor;

impl<'a> Visitor<'a> for HeadersVisitor {
    type Value = Headers<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, or a list of pairs")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut lines = Vec::with_capacity(8);
        while let Some((name, value)) = map.next_entry::<JsonText<'a>, JsonText<'a>>()? {
            lines.push((name.text(), value.text()));
        }
        Ok(Headers(lines))
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut list: S) -> Result<Self::Value, S::Error> {
        let mut lines = Vec::with_capacity(8);
        while let Some(pair) = list.next_element::<Vec<JsonText<'a>>>()? {
            match <[_; 2]>::try_from(pair) {
                Ok([name, value]) => lines.push((name.text(), value.text())),
                Err(_) => return Err(S::Error::custom("expected pairs [\"Name\", \"value\"]")),
            }
        }
        Ok(Headers(lines))
    }
}
