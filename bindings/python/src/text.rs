//! Converts header names and values from Python's text back to the bytes that were received.

use std::borrow::Cow;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::bytes::kind;

/// The bytes of a header's name or value, which is `str` or `bytes`.
///
/// Frameworks decode headers as ISO 8859-1 (PEP 3333; both WSGI and ASGI), so `str` is encoded that way. Text that
/// cannot result from that is treated as UTF-8, which aiohttp decodes, with surrogates for other bytes. A sender
/// decides what a header contains, so no text is refused: it just matches no signature.
///
/// # Errors
/// `TypeError` for other types; `what` is the argument that it names.
#[inline]
pub(crate) fn header<'a>(object: &'a Bound<'_, PyAny>, what: impl FnOnce() -> String) -> PyResult<Cow<'a, [u8]>> {
    if let Ok(text) = object.cast::<PyString>() {
        match text.to_str() {
            Ok(utf8) if utf8.is_ascii() => Ok(Cow::Borrowed(utf8.as_bytes())),
            _ => encode(text).map(Cow::Owned),
        }
    } else if let Ok(bytes) = object.cast::<PyBytes>() {
        Ok(Cow::Borrowed(bytes.as_bytes()))
    } else {
        Err(PyTypeError::new_err(format!("{} must be str or bytes, not {}", what(), kind(object))))
    }
}

#[cold]
fn encode(text: &Bound<'_, PyString>) -> PyResult<Vec<u8>> {
    let ways = [("latin-1", "strict"), ("utf-8", "surrogateescape"), ("utf-8", "surrogatepass")];
    let mut encoded = Ok(Vec::new());
    for way in ways {
        encoded = text.call_method1("encode", way).and_then(|bytes| Ok(bytes.cast::<PyBytes>()?.as_bytes().to_vec()));
        if encoded.is_ok() {
            break;
        }
    }
    encoded
}
