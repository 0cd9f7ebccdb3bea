//! Verifies bodies that arrive in pieces.

use std::sync::{Mutex, PoisonError};

use countersign::Stream as Engine;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::MutexExt;

use crate::bytes::{self, released};
use crate::errors;
use crate::verdict::{self, Verified};

/// The verification of a body that arrives in pieces. The body is not kept.
#[pyclass(frozen, module = "countersign_webhooks")]
#[derive(Debug)]
pub(crate) struct Stream(Mutex<Option<Engine>>);

impl Stream {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(Mutex::new(Some(engine)))
    }
}

#[pymethods]
impl Stream {
    #[allow(clippy::unused_self, reason = "Python asks the object")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a Stream cannot be pickled or copied, since it holds a key; begin one in each process",
        ))
    }

    /// Hashes the next piece of the body, of any length.
    ///
    /// Raises `ValueError` if the stream is finished.
    fn update(&self, py: Python<'_>, chunk: &Bound<'_, PyAny>) -> PyResult<()> {
        let chunk = bytes::body(chunk)?;
        // Releases the GIL while waiting for another thread that holds the stream.
        let mut stream = self.0.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
        let engine = stream.as_mut().ok_or_else(finished)?;
        released(py, &chunk, |chunk| engine.update(chunk));
        Ok(())
    }

    /// Decides, once the body is complete.
    ///
    /// Raises `Rejected`; `ValueError` if the stream is already finished.
    fn finish(&self, py: Python<'_>) -> PyResult<Py<Verified>> {
        let mut stream = self.0.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
        // Where it is, so that no copy of its keys stays in Python's object.
        let verdict = stream.as_mut().ok_or_else(finished)?.finish_in_place();
        *stream = None;
        drop(stream);
        match verdict {
            Ok(verified) => verdict::verified(py, verified),
            Err(rejection) => Err(errors::rejected(py, rejection)),
        }
    }
}

#[cold]
fn finished() -> PyErr {
    PyValueError::new_err("this stream is finished; begin another one for each delivery")
}
