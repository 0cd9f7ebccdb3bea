//! The parts of a delivery besides its headers and body.

use std::borrow::Cow;
use std::time::SystemTime;

use countersign::{Delivery, Head, Headers};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::bytes::kind;
use crate::moment;

/// Method, URL and the time of arrival.
#[derive(Debug)]
pub(crate) struct Around<'a> {
    method: Cow<'a, str>,
    url: Cow<'a, str>,
    pub(crate) now: SystemTime,
}

impl<'a> Around<'a> {
    /// # Errors
    /// `TypeError` or `ValueError` for an argument that cannot be read.
    #[inline]
    pub(crate) fn of(
        method: Option<&'a Bound<'_, PyAny>>,
        url: Option<&'a Bound<'_, PyAny>>,
        now: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        Ok(Self { method: text(method, "method")?, url: text(url, "url")?, now: moment::or_now(now)? })
    }

    pub(crate) fn head<'h, H: Headers + ?Sized>(&'h self, headers: &'h H) -> Head<'h, H> {
        Head { method: &self.method, url: &self.url, headers }
    }

    pub(crate) fn delivery<'h, H: Headers + ?Sized>(&'h self, headers: &'h H, body: &'h [u8]) -> Delivery<'h, H> {
        Delivery { method: &self.method, url: &self.url, headers, body }
    }
}

/// The method or URL; empty if it is not given. One that is not Unicode matches no signature.
#[inline]
fn text<'a>(given: Option<&'a Bound<'_, PyAny>>, name: &str) -> PyResult<Cow<'a, str>> {
    let Some(object) = given else { return Ok(Cow::Borrowed("")) };
    match object.cast::<PyString>() {
        Ok(text) => Ok(text.to_string_lossy()),
        Err(_) => Err(PyTypeError::new_err(format!("{name} must be str, not {}", kind(object)))),
    }
}
