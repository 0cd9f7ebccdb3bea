//! Reads header lines in all the forms that Python's frameworks use.

use std::borrow::Cow;

use countersign::printable;
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

use crate::bytes::kind;
use crate::text;

/// Header lines, with references to their objects, so that their text can be read.
#[derive(Debug)]
pub(crate) struct Held<'py>(Vec<Line<'py>>);

/// Name and value of a header line.
type Text<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// Header lines in the form that the engine reads.
pub(crate) type LineSlice<'a> = [Text<'a>];

#[derive(Debug)]
struct Line<'py> {
    name: Name<'py>,
    value: Bound<'py, PyAny>,
}

#[derive(Debug)]
enum Name<'py> {
    Given(Bound<'py, PyAny>),
    /// Made from the key of an environ.
    Made(String),
}

impl<'py> Held<'py> {
    /// Accepts a `dict`, a WSGI environ (or Django's `META`), the header objects of Starlette, Werkzeug, Django and
    /// others that have `items`, and any iterable of pairs.
    ///
    /// # Errors
    /// `TypeError` for anything else, and for a request in place of its headers.
    pub(crate) fn gather(headers: &Bound<'py, PyAny>) -> PyResult<Self> {
        let py = headers.py();
        let mut held = Self(Vec::with_capacity(16));
        if let Ok(dict) = headers.cast_exact::<PyDict>() {
            // PEP 3333 requires it in every environ.
            if dict.contains(intern!(py, "REQUEST_METHOD"))? {
                held.add_environ(dict);
            } else {
                for (name, value) in dict {
                    held.add(name, value);
                }
            }
        } else if headers.is_instance_of::<PyList>() || headers.is_instance_of::<PyTuple>() {
            held.add_pairs(headers)?;
        } else if headers.is_none() || headers.is_instance_of::<PyString>() || headers.is_instance_of::<PyBytes>() {
            return Err(refuse(headers));
        } else if let Some(raw) = list(headers.getattr_opt(intern!(py, "raw"))?) {
            // Starlette and httpx keep the lines there as received.
            held.add_pairs(&raw)?;
        } else if headers.hasattr(intern!(py, "items"))? {
            // The requests of Starlette and aiohttp are mappings too, of other things than headers.
            if headers.hasattr(intern!(py, "headers"))? {
                return Err(refuse_request(headers));
            }
            held.add_pairs(&headers.call_method0(intern!(py, "items"))?)?;
        } else {
            held.add_pairs(headers)?;
        }
        Ok(held)
    }

    /// No lines.
    pub(crate) fn none() -> Self {
        Self(Vec::new())
    }

    /// The text of all lines.
    ///
    /// # Errors
    /// `TypeError` for a name or value that is neither `str` nor `bytes`.
    pub(crate) fn lines(&self) -> PyResult<Vec<Text<'_>>> {
        let mut lines = Vec::with_capacity(self.0.len());
        for line in &self.0 {
            lines.push(line.text().map_err(|error| if self.contain_headers() { refuse_scope() } else { error })?);
        }
        Ok(lines)
    }

    /// Whether they are the keys of a dictionary in which the headers are one value: an ASGI scope, or the event of a function
    /// in a cloud.
    #[cold]
    fn contain_headers(&self) -> bool {
        self.0.iter().any(|line| {
            let Name::Given(name) = &line.name else { return false };
            let is_text = line.value.is_instance_of::<PyString>() || line.value.is_instance_of::<PyBytes>();
            !is_text && name.eq("headers").unwrap_or(false)
        })
    }

    fn add(&mut self, name: Bound<'py, PyAny>, value: Bound<'py, PyAny>) {
        // A list of values means one line for each.
        match value.cast_into::<PyList>() {
            Ok(values) => self.0.extend(values.iter().map(|value| Line { name: Name::Given(name.clone()), value })),
            Err(error) => self.0.push(Line { name: Name::Given(name), value: error.into_inner() }),
        }
    }

    fn add_pairs(&mut self, pairs: &Bound<'py, PyAny>) -> PyResult<()> {
        let Ok(pairs) = pairs.try_iter() else { return Err(refuse(pairs)) };
        for pair in pairs {
            let pair = pair?;
            if let Ok(tuple) = pair.cast::<PyTuple>()
                && tuple.len() == 2
            {
                self.add(tuple.get_item(0)?, tuple.get_item(1)?);
            } else if let Ok(list) = pair.cast::<PyList>()
                && list.len() == 2
            {
                self.add(list.get_item(0)?, list.get_item(1)?);
            } else {
                let found = kind(&pair);
                let message = format!("headers must be pairs of a name and a value, and one of them is {found}");
                return Err(PyTypeError::new_err(message));
            }
        }
        Ok(())
    }

    fn add_environ(&mut self, environ: &Bound<'py, PyDict>) {
        for (key, value) in environ {
            let Ok(key) = key.cast::<PyString>() else { continue };
            // A name that is not Unicode is not the name of a header.
            let Ok(key) = key.to_str() else { continue };
            let name = match key {
                "CONTENT_TYPE" | "CONTENT_LENGTH" => key,
                _ => match key.strip_prefix("HTTP_") {
                    Some(name) => name,
                    None => continue,
                },
            };
            self.0.push(Line { name: Name::Made(name.replace('_', "-")), value });
        }
    }
}

impl Line<'_> {
    fn text(&self) -> PyResult<Text<'_>> {
        let name = match &self.name {
            Name::Given(name) => text::header(name, || "the name of a header".to_owned())?,
            Name::Made(name) => Cow::Borrowed(name.as_bytes()),
        };
        let value = text::header(&self.value, || {
            format!("the value of the header {}", printable(&String::from_utf8_lossy(&name)))
        })?;
        Ok((name, value))
    }
}

/// The same lines with names that are text.
pub(crate) fn named<'a>(lines: &'a LineSlice<'_>) -> Vec<(Cow<'a, str>, &'a [u8])> {
    lines.iter().map(|(name, value)| (String::from_utf8_lossy(name), &**value)).collect()
}

fn list(object: Option<Bound<'_, PyAny>>) -> Option<Bound<'_, PyAny>> {
    object.filter(Bound::is_instance_of::<PyList>)
}

#[cold]
fn refuse(headers: &Bound<'_, PyAny>) -> PyErr {
    let found = kind(headers);
    let advice = if headers.is_instance_of::<PyString>() || headers.is_instance_of::<PyBytes>() {
        "; for the value of the signature's header alone there is verify_signature"
    } else {
        ", such as request.headers"
    };
    PyTypeError::new_err(format!(
        "headers must be a dict, a list of pairs, a WSGI environ or an object with items(), not {found}{advice}"
    ))
}

#[cold]
fn refuse_request(request: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!(
        "headers must be the headers of the request, not {}: pass request.headers",
        kind(request)
    ))
}

#[cold]
fn refuse_scope() -> PyErr {
    PyTypeError::new_err(
        "headers must be the headers alone, not an ASGI scope or an event that contains them: pass request.headers, \
         scope[\"headers\"] or event[\"headers\"]",
    )
}
