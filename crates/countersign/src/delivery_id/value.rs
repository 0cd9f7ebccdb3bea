//! What is found at a place, and what of it is an id.

/// The longest id, in bytes. A longer value is no id.
pub const MAX_DELIVERY_ID: usize = 1024;

/// What a place holds.
pub(crate) enum Value {
    /// The value, which is not empty.
    Found(String),
    /// Nothing; the next place counts.
    Absent,
    /// Something that could be read in two ways, or is no id: no other place counts either.
    Unusable,
}

/// A value as an id: UTF-8 without control characters, not too long. An empty one is absent.
pub(super) fn text(value: &[u8]) -> Value {
    match str::from_utf8(value) {
        Ok("") => Value::Absent,
        Ok(text) if text.len() <= MAX_DELIVERY_ID && !text.chars().any(char::is_control) => {
            Value::Found(text.to_owned())
        }
        _ => Value::Unusable,
    }
}
