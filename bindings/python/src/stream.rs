//! Verifies bodies that arrive in pieces.

use std::sync::{Mutex, MutexGuard, PoisonError};

use countersign::{IdentifyingStream, Identity, Rejection, Verified as Verdict};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::PyBytes;

use crate::bytes::{self, released};
use crate::errors;
use crate::verdict::{self, Verified};

/// The verification of a body that arrives in pieces. The body is not kept.
#[pyclass(frozen, module = "countersign_webhooks")]
#[derive(Debug)]
pub(crate) struct Stream(Mutex<State>);

#[derive(Debug)]
struct State {
    /// It finishes where it is, and stays: to assign another value of this large enum could copy keys from the stack into it.
    engine: Engine,
    is_finished: bool,
    /// Of an authentic message, if it was asked for.
    identity: Option<Identity>,
}

#[derive(Debug)]
pub(crate) enum Engine {
    Verifying(countersign::Stream),
    Identifying(IdentifyingStream),
}

impl Engine {
    fn update(&mut self, chunk: &[u8]) {
        match self {
            Self::Verifying(stream) => stream.update(chunk),
            Self::Identifying(stream) => stream.update(chunk),
        }
    }

    fn finish(&mut self) -> Result<(Verdict, Option<Identity>), Rejection> {
        match self {
            Self::Verifying(stream) => stream.finish_in_place().map(|verified| (verified, None)),
            Self::Identifying(stream) => stream.finish_in_place(),
        }
    }
}

impl Stream {
    /// # Errors
    /// `Rejected`.
    pub(crate) fn begun(py: Python<'_>, engine: Result<Engine, Rejection>) -> PyResult<Self> {
        match engine {
            Ok(engine) => Ok(Self(Mutex::new(State { engine, is_finished: false, identity: None }))),
            Err(rejection) => Err(errors::rejected(py, rejection)),
        }
    }

    /// Releases the GIL while waiting for another thread that holds the stream.
    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, State> {
        self.0.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
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
        let mut stream = self.lock(py);
        let engine = stream.unfinished()?;
        released(py, &chunk, |chunk| engine.update(chunk));
        Ok(())
    }

    /// Decides, once the body is complete.
    ///
    /// Raises `Rejected`; `ValueError` if the stream is already finished.
    fn finish(&self, py: Python<'_>) -> PyResult<Py<Verified>> {
        let mut stream = self.lock(py);
        let finished = stream.unfinished()?.finish();
        stream.is_finished = true;
        if let Ok((_, identity)) = finished {
            stream.identity = identity;
        }
        drop(stream);
        match finished {
            Ok((verified, _)) => verdict::verified(py, verified),
            Err(rejection) => Err(errors::rejected(py, rejection)),
        }
    }

    /// Returns the identity of the message, after `finish` has returned for a stream of `begin_identified`: the same that
    /// `identify` makes of the whole delivery.
    ///
    /// Raises `ValueError` for a stream that is not finished, whose delivery is not authentic, or that was begun with
    /// another function.
    fn identity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        match &self.lock(py).identity {
            Some(identity) => Ok(PyBytes::new(py, identity.as_bytes())),
            None => Err(PyValueError::new_err(
                "a stream has an identity once begin_identified has begun it and finish has found the delivery authentic",
            )),
        }
    }
}

impl State {
    /// # Errors
    /// `ValueError`.
    fn unfinished(&mut self) -> PyResult<&mut Engine> {
        if self.is_finished {
            return Err(PyValueError::new_err("this stream is finished; begin another one for each delivery"));
        }
        Ok(&mut self.engine)
    }
}
