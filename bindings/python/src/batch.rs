//! Verifies many deliveries in one call.

use std::borrow::Cow;
use std::num::NonZero;
use std::time::SystemTime;

use countersign::{Batch, Delivery, MAX_THREADS, Rejection, Verdict, Verifier};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use crate::bytes::{self, Bytes, kind};
use crate::delivery::Around;
use crate::headers::{Held, LineSlice};
use crate::text;
use crate::verdict;

/// A batch on up to `threads` cores, and that number. The argument may be any number, so that a negative one gives
/// the same error as 0.
///
/// # Errors
/// `ValueError` for 0 and for more than the maximum: if the system cannot start that many threads, the process ends.
pub(crate) fn on(threads: i128) -> PyResult<(Batch, usize)> {
    let fits = usize::try_from(threads).ok().and_then(NonZero::new).filter(|threads| threads.get() <= MAX_THREADS);
    let threads = fits.ok_or_else(|| PyValueError::new_err(format!("threads must be 1 to {MAX_THREADS}")))?;
    Ok((Batch::new().threads(threads), threads.get()))
}

/// Verifies pairs of a signature and a body.
///
/// # Errors
/// `TypeError` for an item that is no such pair, with its index.
pub(crate) fn verify_signatures<'py>(
    verifier: &Verifier,
    pairs: &Bound<'py, PyAny>,
    threads: i128,
) -> PyResult<Bound<'py, PyList>> {
    let (py, (batch, _)) = (pairs.py(), on(threads)?);
    let held = gather(pairs, two)?;
    let mut read = Vec::with_capacity(held.len());
    for (at, (signature, body)) in held.iter().enumerate() {
        read.push(pair(signature, body).map_err(|error| placed(py, at, &error))?);
    }
    let batched: Vec<_> = read.iter().map(|(signature, body)| (verifier, &**signature, body.as_slice())).collect();
    let mut verdicts = vec![Err(Rejection::MissingSignature); batched.len()];
    if read.iter().all(|(_, body)| body.are_fixed()) {
        py.detach(|| batch.verify_signatures(&batched, &mut verdicts));
    } else {
        batch.verify_signatures(&batched, &mut verdicts);
    }
    for (verdict, (signature, _)) in verdicts.iter_mut().zip(&held) {
        if signature.is_none() {
            *verdict = Err(Rejection::MissingSignature);
        }
    }
    list(py, &verdicts)
}

/// Verifies whole deliveries: tuples of headers, body and, if they matter, method, URL and the time of arrival.
///
/// # Errors
/// `TypeError` or `ValueError` for an item that cannot be read, with its index.
pub(crate) fn verify_deliveries<'py>(
    verifier: &Verifier,
    deliveries: &Bound<'py, PyAny>,
    threads: i128,
) -> PyResult<Bound<'py, PyList>> {
    let (py, (batch, _)) = (deliveries.py(), on(threads)?);
    let held = gather(deliveries, |delivery| {
        let parts = parts(delivery)?;
        let [headers, body, rest @ ..] = &*parts else {
            return Err(PyTypeError::new_err("must be headers and a body, and perhaps method, url and now"));
        };
        let given = |at: usize| rest.get(at).filter(|part| !part.is_none()).cloned();
        if rest.len() > 3 {
            return Err(PyTypeError::new_err(format!("has {} parts; five are known", parts.len())));
        }
        Ok((Held::gather(headers)?, body.clone(), given(0), given(1), given(2)))
    })?;
    let mut read = Vec::with_capacity(held.len());
    for (at, (headers, body, method, url, now)) in held.iter().enumerate() {
        let one =
            || Ok((headers.lines()?, Around::of(method.as_ref(), url.as_ref(), now.as_ref())?, bytes::body(body)?));
        read.push(one().map_err(|error| placed(py, at, &error))?);
    }
    let batched: Vec<(&Verifier, Delivery<'_, LineSlice<'_>>, SystemTime)> = read
        .iter()
        .map(|(lines, around, body)| (verifier, around.delivery(&lines[..], body.as_slice()), around.now))
        .collect();
    let mut verdicts = vec![Err(Rejection::MissingSignature); batched.len()];
    if read.iter().all(|(_, _, body)| body.are_fixed()) {
        py.detach(|| batch.verify(&batched, &mut verdicts));
    } else {
        batch.verify(&batched, &mut verdicts);
    }
    list(py, &verdicts)
}

/// Calls `read` for each item and keeps a reference to it: a list may be changed while it is verified.
fn gather<'py, T>(items: &Bound<'py, PyAny>, read: impl Fn(&Bound<'py, PyAny>) -> PyResult<T>) -> PyResult<Vec<T>> {
    let py = items.py();
    let mut held = Vec::with_capacity(items.len().unwrap_or(0));
    for (at, item) in items.try_iter()?.enumerate() {
        held.push(read(&item?).map_err(|error| placed(py, at, &error))?);
    }
    Ok(held)
}

/// A signature and a body.
fn two<'py>(item: &Bound<'py, PyAny>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    if let Ok(tuple) = item.cast::<PyTuple>()
        && tuple.len() == 2
    {
        return Ok((tuple.get_item(0)?, tuple.get_item(1)?));
    }
    match &*parts(item)? {
        [signature, body] => Ok((signature.clone(), body.clone())),
        other => Err(PyTypeError::new_err(format!("must be a signature and a body, and has {} parts", other.len()))),
    }
}

fn parts<'py>(item: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    if let Ok(tuple) = item.cast::<PyTuple>() {
        Ok(tuple.iter().collect())
    } else if let Ok(list) = item.cast::<PyList>() {
        Ok(list.iter().collect())
    } else {
        Err(PyTypeError::new_err(format!("must be a tuple, not {}", kind(item))))
    }
}

fn pair<'a, 'py>(
    signature: &'a Bound<'py, PyAny>,
    body: &'a Bound<'py, PyAny>,
) -> PyResult<(Cow<'a, [u8]>, Bytes<'a, 'py>)> {
    let signature =
        if signature.is_none() { Cow::default() } else { text::header(signature, || "the signature".to_owned())? };
    Ok((signature, bytes::body(body)?))
}

/// The same error, with the index of the item.
#[cold]
fn placed(py: Python<'_>, at: usize, error: &PyErr) -> PyErr {
    PyErr::from_type(error.get_type(py), format!("item {at} of the batch: {}", error.value(py)))
}

fn list<'py>(py: Python<'py>, verdicts: &[Verdict]) -> PyResult<Bound<'py, PyList>> {
    let mut objects = Vec::with_capacity(verdicts.len());
    for verdict in verdicts {
        objects.push(match *verdict {
            Ok(verified) => verdict::verified(py, verified)?.into_any(),
            Err(rejection) => verdict::rejection(py, rejection)?.into_any(),
        });
    }
    PyList::new(py, objects)
}
