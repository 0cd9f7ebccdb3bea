//! What kind of value stands in a JSON text.

use serde_json::value::RawValue;

pub(super) const NUMBER: &str = "a number";
pub(super) const OBJECT: &str = "an object";

/// The kind of a value, in the words of errors.
pub(super) fn kind(value: &RawValue) -> &'static str {
    match value.get().as_bytes().first() {
        Some(b'{') => OBJECT,
        Some(b'[') => "a list",
        Some(b'"') => "a text",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => NUMBER,
    }
}
