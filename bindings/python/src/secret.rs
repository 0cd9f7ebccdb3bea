//! Secrets, and when they may be used.

use countersign::Secret as Inner;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

use crate::bytes::{Bytes, kind};
use crate::moment;

/// A secret that may be used only for some time, both bounds inclusive. Its `repr` does not show it.
///
/// The bounds are seconds since 1970, or a `datetime` with a time zone.
#[pyclass(frozen, module = "countersign_webhooks")]
#[derive(Debug)]
pub(crate) struct Secret(Inner);

#[pymethods]
impl Secret {
    #[allow(clippy::unused_self, reason = "Python asks the object")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a Secret cannot be pickled or copied, so that it is written nowhere; make one in each process",
        ))
    }

    #[new]
    #[pyo3(signature = (secret, *, not_before = None, not_after = None))]
    fn new(
        secret: &Bound<'_, PyAny>,
        not_before: Option<&Bound<'_, PyAny>>,
        not_after: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let mut inner = read(secret, "a Secret is made of one secret, str or bytes")?;
        let from = not_before.map(|moment| moment::read(moment, "not_before")).transpose()?;
        let until = not_after.map(|moment| moment::read(moment, "not_after")).transpose()?;
        if from.zip(until).is_some_and(|(from, until)| until < from) {
            return Err(PyValueError::new_err("not_after is before not_before, so the secret could never be used"));
        }
        inner = from.into_iter().fold(inner, Inner::not_before);
        inner = until.into_iter().fold(inner, Inner::not_after);
        Ok(Self(inner))
    }

    #[allow(clippy::unused_self, reason = "nothing of it is shown")]
    fn __repr__(&self) -> &'static str {
        "Secret(…)"
    }
}

/// One secret, or a list of them. Errors never show the argument, whatever it is.
///
/// # Errors
/// `TypeError`, or `ValueError` for text that is not Unicode.
pub(crate) fn several(object: &Bound<'_, PyAny>) -> PyResult<Vec<Inner>> {
    if let Ok(list) = object.cast::<PyList>() {
        list.iter().map(|item| read(&item, ONE_OR_MORE)).collect()
    } else if let Ok(tuple) = object.cast::<PyTuple>() {
        tuple.iter().map(|item| read(&item, ONE_OR_MORE)).collect()
    } else {
        Ok(vec![read(object, ONE_OR_MORE)?])
    }
}

/// The secrets that replace those of a connection, if the argument is given.
///
/// # Errors
/// As [`several`], and `TypeError` for `None`, which `os.environ.get` returns for an unset variable.
pub(crate) fn in_place(object: &Bound<'_, PyAny>) -> PyResult<Option<Vec<Inner>>> {
    if object.is_none() {
        return Err(PyTypeError::new_err(
            "the secret is None, which is none (is a variable unset?); leave the argument out to use what stands in the \
             connection",
        ));
    }
    several(object).map(Some)
}

/// As [`in_place`], for the one secret of a signer.
///
/// # Errors
/// As [`in_place`].
pub(crate) fn one_in_place(object: &Bound<'_, PyAny>) -> PyResult<Option<Inner>> {
    if object.is_none() { in_place(object).map(|_| None) } else { one(object).map(Some) }
}

/// The one secret of a signer.
///
/// # Errors
/// As [`several`].
pub(crate) fn one(object: &Bound<'_, PyAny>) -> PyResult<Inner> {
    read(object, "a Signer takes one secret, str or bytes")
}

/// What is expected where there may be several secrets.
const ONE_OR_MORE: &str = "a secret must be str or bytes, or there may be a list of them";

/// One secret: the bytes of `str` in UTF-8, those of `bytes` unchanged. `expected` says what is wanted, for errors.
fn read(object: &Bound<'_, PyAny>, expected: &str) -> PyResult<Inner> {
    if let Ok(secret) = object.cast::<Secret>() {
        return Ok(secret.get().0.clone());
    }
    if let Ok(text) = object.cast::<PyString>() {
        // Python's own error would contain the text.
        let utf8 =
            text.to_str().map_err(|_| PyValueError::new_err("the secret holds half a surrogate pair; give bytes"))?;
        return Ok(Inner::new(utf8.as_bytes()));
    }
    let bytes = Bytes::of(object, |object| PyTypeError::new_err(format!("{expected}; found {}", kind(object))))?;
    Ok(Inner::new(bytes.as_slice()))
}
