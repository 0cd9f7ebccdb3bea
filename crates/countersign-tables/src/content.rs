//! From the bytes of a body to the text that rows are made of.

use std::borrow::Cow;

use crate::dead_letter::{KEYS_MAX, Reason, Unfit};
use crate::encoding::decode;
use crate::event::Event;
use crate::form::{Form, is_form};
use crate::json::{self, Document, Keep, Parts, unescape};
use crate::table::Table;

/// What a body says, once its encodings are undone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content<'a> {
    /// Text: JSON or not.
    Text(Cow<'a, str>),
    /// What is no text.
    Bytes { bytes: Cow<'a, [u8]>, why: String },
}

const NOTHING: Keep = Keep { members: 0, elements: 0 };
const MEMBERS: Keep = Keep { members: KEYS_MAX, elements: 0 };

/// Undoes Content-Encoding, turns a form or a query into an object, and puts the JSON of the field that is to be unwrapped in the
/// place of the body.
pub(crate) fn content<'a>(event: &Event<'a>, table: &Table) -> Result<Content<'a>, Unfit> {
    let body = if event.is_query { decode(event.body, None)? } else { decode(event.body, event.content_encoding)? };
    // `curl -d` says that whatever it sends is a form, and much of it is JSON.
    let is_form = event.is_query || (is_form(event.content_type) && !is_container(&body));
    if is_form {
        return Ok(match Form::parse(&body) {
            Ok(form) => {
                let field = table.unwrap.as_deref().and_then(|name| form.field(name)).filter(|text| is_json(text));
                Content::Text(Cow::Owned(field.map_or_else(|| form.to_json(), str::to_owned)))
            }
            Err(unfit) if unfit.reason == Reason::InvalidUtf8 => Content::Bytes { bytes: body, why: unfit.detail },
            Err(unfit) => return Err(unfit),
        });
    }
    let text = match into_text(body) {
        Ok(text) => without_bom(text),
        Err((bytes, at)) => {
            return Ok(Content::Bytes { bytes, why: format!("byte {at} of the decoded body is not UTF-8") });
        }
    };
    let unwrapped = table.unwrap.as_deref().and_then(|name| unwrap(&text, name));
    Ok(Content::Text(unwrapped.map_or(text, Cow::Owned)))
}

fn into_text(bytes: Cow<'_, [u8]>) -> Result<Cow<'_, str>, (Cow<'_, [u8]>, usize)> {
    match bytes {
        Cow::Borrowed(bytes) => {
            str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| (Cow::Borrowed(bytes), error.valid_up_to()))
        }
        Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            (Cow::Owned(error.into_bytes()), at)
        }),
    }
}

/// A byte order mark is no part of JSON, and receivers may pass over it (RFC 8259, section 8.1).
fn without_bom(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Cow::Owned(text) => Cow::Owned(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
    }
}

fn is_json(text: &str) -> bool {
    json::parse(text, NOTHING).is_ok()
}

/// Whether the bytes are an object or array of JSON.
fn is_container(bytes: &[u8]) -> bool {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'[')) && str::from_utf8(bytes).is_ok_and(is_json)
}

/// The JSON in the member `name` of an object: an object or array, or text that is JSON itself.
fn unwrap(text: &str, name: &str) -> Option<String> {
    let Ok(Document { parts: Parts::Object { members, count }, .. }) = json::parse(text, MEMBERS) else { return None };
    if count > members.len() {
        return None;
    }
    let mut named = members.iter().filter(|member| *unescape(member.key) == *name.as_bytes());
    let (Some(member), None) = (named.next(), named.next()) else { return None };
    match member.value.text.as_bytes().first() {
        Some(b'{' | b'[') => Some(member.value.text.to_owned()),
        Some(b'"') => String::from_utf8(unescape(member.value.text).into_owned()).ok().filter(|text| is_json(text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Format;

    fn text(content_type: &str, body: &[u8], is_query: bool, unwrap: Option<&str>) -> String {
        let event = Event {
            seq: 1,
            id: [0; 16],
            received_at: 0,
            content_type: Some(content_type),
            content_encoding: None,
            is_query,
            body,
        };
        let table = Table { unwrap: unwrap.map(str::to_owned), ..Table::new("s", "t", Format::Packed) };
        match content(&event, &table).unwrap() {
            Content::Text(text) => text.into_owned(),
            Content::Bytes { why, .. } => format!("bytes: {why}"),
        }
    }

    const FORM: &str = "application/x-www-form-urlencoded";

    #[test]
    fn a_form_is_an_object_and_json_stays_json() {
        assert_eq!(text(FORM, b"a=1&a=2", false, None), r#"{"a":["1","2"]}"#);
        assert_eq!(text(FORM, b" {\"a\":1}\n", false, None), " {\"a\":1}\n");
        assert_eq!(text(FORM, b"{a}", false, None), r#"{"{a}":""}"#);
        assert_eq!(text(FORM, b"a=%ff", false, None), "bytes: a field of the form is not UTF-8");
        assert_eq!(text("application/json", b"a=1", false, None), "a=1");
        assert_eq!(text("application/json", b"a=1&b=%20", true, None), r#"{"a":"1","b":" "}"#);
        assert_eq!(text("", b"\xef\xbb\xbf{}", false, None), "{}");
        assert_eq!(text("", b"ab\xff", false, None), "bytes: byte 2 of the decoded body is not UTF-8");
    }

    #[test]
    fn a_field_is_unwrapped_where_it_holds_json() {
        let payload = Some("payload");
        assert_eq!(text(FORM, b"payload=%7B%22a%22%3A1%7D&x=y", false, payload), r#"{"a":1}"#);
        assert_eq!(text(FORM, b"payload=text", false, payload), r#"{"payload":"text"}"#);
        assert_eq!(text(FORM, b"payload=1&payload=2", false, payload), r#"{"payload":["1","2"]}"#);
        assert_eq!(text("", br#"{"x":1,"payload": {"a" : 1} }"#, false, payload), r#"{"a" : 1}"#);
        assert_eq!(text("", br#"{"p\u0061yload":"[1,\"b\"]"}"#, false, payload), r#"[1,"b"]"#);
        for same in
            [r#"{"payload":1}"#, r#"{"payload":"text"}"#, r#"{"payload":[],"payload":[]}"#, r#"{"x":{}}"#, "[]", "{"]
        {
            assert_eq!(text("", same.as_bytes(), false, payload), same);
        }
    }
}
