//! Values in a JSON body: by their pointer, as the fields of an object, and as text.

use std::borrow::Cow;

use countersign_core::Rejection;
use serde::de::Deserializer as _;
use serde_json::value::RawValue;

use super::limit::MAX_FIELDS;
use crate::delivery_id::{Pointer, find_raw};
use crate::json::Entries;

/// The value at `pointer`; `None` if there is none.
///
/// # Errors
/// `missing_part` for a text that is not JSON, and for a name on the way that stands twice, or beside one that some parsers
/// take for it.
pub(super) fn find<'a>(json: &'a str, pointer: &Pointer) -> Result<Option<&'a RawValue>, Rejection> {
    find_raw(json, pointer.names()).map_err(|_| Rejection::MissingPart)
}

/// A body that is one JSON value.
///
/// # Errors
/// `missing_part` for a text that is not JSON.
pub(super) fn whole(json: &str) -> Result<&RawValue, Rejection> {
    serde_json::from_str(json).map_err(|_| Rejection::MissingPart)
}

/// The text of a value: the content of a string; a number, boolean, list or object as it is written. `None` for `null`.
pub(super) fn text(raw: &RawValue) -> Result<Option<Cow<'_, str>>, Rejection> {
    match raw.get().as_bytes() {
        [b'n', ..] => Ok(None),
        [b'"', ..] => serde_json::from_str::<String>(raw.get())
            .map(|text| Some(Cow::Owned(text)))
            .map_err(|_| Rejection::MissingPart),
        _ => Ok(Some(Cow::Borrowed(raw.get()))),
    }
}

/// The fields of an object, in order, duplicates and all.
///
/// # Errors
/// `missing_part` for any other value; `body_too_large` for more than [`MAX_FIELDS`].
pub(super) fn entries(json: &str) -> Result<Vec<(String, &RawValue)>, Rejection> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let entries = reader.deserialize_map(Entries).map_err(|_| Rejection::MissingPart)?;
    reader.end().map_err(|_| Rejection::MissingPart)?;
    if entries.len() > MAX_FIELDS { Err(Rejection::BodyTooLarge) } else { Ok(entries) }
}
