//! Which messages were taken before.

use std::time::Duration;

use countersign::{Identity, Repeated, ReplayMemory as Engine, Ticket as Inner, Verifier};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt};

use crate::bytes::kind;
use crate::errors;
use crate::moment;

/// Remembers the messages of one sender that were taken, in the memory of this process.
///
/// It is made apart from the verifier and outlives it: when secrets are changed, keep the memory. Two senders may use the
/// same ids, so each needs a memory of its own. Other processes, such as the workers of a server, know nothing of it, and it is
/// empty after a restart. It may be shared between threads, and cannot be pickled.
///
/// It holds at most `capacity` messages, about 200 bytes each. If more arrive within the window the oldest is forgotten
/// first, and `evicted` counts those.
///
/// Raises `ConfigError` for a capacity of 0.
#[pyclass(frozen, module = "countersign_webhooks")]
#[derive(Debug)]
pub(crate) struct ReplayMemory(Engine);

/// The right to say what became of a message: whoever took it got it. It does nothing to the same message taken again later.
///
/// As a context manager it finishes the message at the end of the block, and forgets it if an exception leaves the block.
#[pyclass(frozen, eq, hash, module = "countersign_webhooks")]
#[derive(Debug)]
pub(crate) struct Ticket {
    inner: Inner,
    memory: Engine,
}

#[pymethods]
impl ReplayMemory {
    #[new]
    fn new(py: Python<'_>, capacity: usize) -> PyResult<Self> {
        Engine::new(capacity).map(Self).map_err(|error| errors::config(py, &error, false))
    }

    /// Takes a message that was found to be authentic, unless it was taken within `window` before. Of several that arrive at
    /// once, one is taken.
    ///
    /// `identity` is what `Verifier.identify` gives, `window` what `Verifier.replay_window` gives, in seconds. `now` is when the
    /// delivery was received: seconds since 1970, or a `datetime` with a time zone; the present moment if it is left out.
    ///
    /// Once a message was handled, the window runs from the last time that it came. One of which nobody has said what became
    /// of it is taken again `window` after it was taken.
    ///
    /// Raises `Replayed` if the message was taken before; `ValueError` for a window of 0 and for an identity that is not 32
    /// bytes long.
    #[pyo3(signature = (identity, *, window, now = None))]
    fn take(
        &self,
        py: Python<'_>,
        identity: &Bound<'_, PyAny>,
        window: &Bound<'_, PyAny>,
        now: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Ticket> {
        let (identity, window, now) = (read_identity(identity)?, seconds(window)?, moment::or_now(now)?);
        if window.is_zero() {
            return Err(PyValueError::new_err("a window of 0 remembers nothing; give what replay_window gives"));
        }
        match self.0.take(identity, now, window) {
            Ok(inner) => Ok(Ticket { inner, memory: self.0.clone() }),
            Err(repeated) => Err(errors::replayed(py, repeated == Repeated::Handled)),
        }
    }

    /// Says that a message was handled. `False` if it is not remembered any more, or was taken again since.
    fn finish(&self, ticket: &Ticket) -> bool {
        self.0.finish(&ticket.inner)
    }

    /// Forgets a message that could not be handled, so that it is taken once more when its sender sends it again. `False` if it
    /// is not remembered any more; if it was taken again since, that taking stays.
    fn forget(&self, ticket: &Ticket) -> bool {
        self.0.forget(&ticket.inner)
    }

    /// How many messages were forgotten before their time, for want of room. If this grows, replays may pass: make the
    /// capacity larger.
    #[getter]
    fn evicted(&self) -> u64 {
        self.0.evicted()
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    /// One that remembers nothing is a memory all the same.
    #[allow(clippy::unused_self, reason = "Python asks the object")]
    fn __bool__(&self) -> bool {
        true
    }

    fn __repr__(&self) -> String {
        format!("<ReplayMemory of {} messages, {} evicted>", self.0.len(), self.0.evicted())
    }
}

#[pymethods]
impl Ticket {
    /// Which message was taken.
    #[getter]
    fn identity<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.inner.identity().as_bytes())
    }

    /// Which taking of it this is: never 0, and different for every taking in this process.
    #[getter]
    fn number(&self) -> u64 {
        self.inner.number()
    }

    fn __enter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __exit__(&self, raised: &Bound<'_, PyAny>, _error: &Bound<'_, PyAny>, _traceback: &Bound<'_, PyAny>) {
        if raised.is_none() {
            self.memory.finish(&self.inner);
        } else {
            self.memory.forget(&self.inner);
        }
    }

    fn __repr__(&self) -> String {
        format!("Ticket(number={})", self.inner.number())
    }
}

impl PartialEq for Ticket {
    fn eq(&self, other: &Self) -> bool {
        self.inner == other.inner
    }
}

impl Eq for Ticket {}

impl std::hash::Hash for Ticket {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.inner.hash(state);
    }
}

/// For how long a verifier's messages must be remembered, in seconds.
///
/// # Errors
/// `ConfigError` if there is no such time; as [`seconds`].
pub(crate) fn window(py: Python<'_>, verifier: &Verifier, window: Option<&Bound<'_, PyAny>>) -> PyResult<f64> {
    let window = window.map_or(Ok(Duration::ZERO), seconds)?;
    let needed = verifier.replay_window(window).map_err(|error| errors::config(py, &error, false))?;
    Ok(needed.as_secs_f64())
}

/// A span of time in seconds.
///
/// # Errors
/// `TypeError` for what is no number; `ValueError` for one that is negative, not finite, or longer than any clock can show.
fn seconds(window: &Bound<'_, PyAny>) -> PyResult<Duration> {
    let is_number = window.cast::<PyInt>().is_ok() || window.cast::<PyFloat>().is_ok();
    if !is_number || window.is_instance_of::<PyBool>() {
        return Err(PyTypeError::new_err(format!("window must be a number of seconds, not {}", kind(window))));
    }
    let out_of_range = || PyValueError::new_err("window is out of range; give seconds, more than 0");
    let seconds: f64 = window.extract().map_err(|_| out_of_range())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| out_of_range())
}

fn read_identity(identity: &Bound<'_, PyAny>) -> PyResult<Identity> {
    let bytes = identity.cast::<PyBytes>().map_err(|_| {
        PyTypeError::new_err(format!("identity must be the bytes that identify gives, not {}", kind(identity)))
    })?;
    let bytes = bytes.as_bytes().try_into().map_err(|_| {
        PyValueError::new_err(format!(
            "an identity has 32 bytes, not {}; give what identify gives",
            bytes.as_bytes().len()
        ))
    })?;
    Ok(Identity::from_bytes(bytes))
}
