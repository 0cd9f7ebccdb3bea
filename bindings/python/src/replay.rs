//! A memory of accepted messages.

use std::time::Duration;

use countersign::{Identity, Repeated, ReplayMemory as Engine, Ticket as Inner, Verifier};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt};

use crate::bytes::kind;
use crate::errors;
use crate::moment;
use crate::whole;

/// Remembers the accepted messages of one sender, in this process.
///
/// It is independent of the verifier: when secrets change, keep the memory. Two senders may use the same ids, so make
/// one memory for each. Other processes, such as the workers of a server, do not share it, and it is empty after a
/// restart. It can be shared between threads, but not pickled.
///
/// It holds at most `capacity` messages, about 200 bytes each. If more arrive within the window, it forgets the oldest
/// first, and `evicted` counts those.
///
/// Raises `ConfigError` for a capacity of 0, and `ValueError` for one that is negative or out of range.
#[pyclass(frozen, module = "countersign_webhooks")]
#[derive(Debug)]
pub(crate) struct ReplayMemory(Engine);

/// The right to report what became of an accepted message. It has no effect on the same message if that is accepted
/// again later.
///
/// As a context manager, it finishes the message at the end of the block, or forgets it if an exception leaves the
/// block.
#[pyclass(frozen, eq, hash, module = "countersign_webhooks")]
#[derive(Debug)]
pub(crate) struct Ticket {
    inner: Inner,
    memory: Engine,
}

#[pymethods]
impl ReplayMemory {
    #[allow(clippy::unused_self, reason = "Python asks the object")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a ReplayMemory cannot be pickled or copied, since a copy does not learn what the original accepts later, and \
             would accept it again; make one in each process, or store what identify returns in a table that the processes \
             share",
        ))
    }

    #[new]
    fn new(py: Python<'_>, #[pyo3(from_py_with = whole::read)] capacity: i128) -> PyResult<Self> {
        let fits = usize::try_from(capacity);
        let capacity =
            fits.map_err(|_| PyValueError::new_err("capacity is out of range; give a number of messages, 1 or more"))?;
        Engine::new(capacity).map(Self).map_err(|error| errors::config(py, &error, false))
    }

    /// Accepts the message of an authentic delivery, unless it was accepted within the last `window`. If several of
    /// one message arrive at once, one is accepted.
    ///
    /// `identity` comes from `Verifier.identify`, or is any other 32 bytes that identify a message, such as the SHA-256
    /// of a delivery's id that is signed. `window`, in seconds, comes from `Verifier.replay_window`. `now` is when the
    /// delivery was received: seconds since 1970, or a `datetime` with a time zone; by default, the current time.
    ///
    /// The window of a handled message starts at the last time that it arrived. A message whose outcome nobody reports
    /// is accepted again `window` after it was accepted.
    ///
    /// Raises `Replayed` if the message was accepted before; `ValueError` for a window of 0 and for an identity that is
    /// not 32 bytes long.
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

    /// Reports that a message was handled. Returns `False` if it is no longer remembered, or was accepted again
    /// since.
    fn finish(&self, ticket: &Ticket) -> bool {
        self.0.finish(&ticket.inner)
    }

    /// Forgets a message that could not be handled, so that it is accepted when its sender sends it again. Returns
    /// `False` if it is no longer remembered, or was accepted again since and remains remembered.
    fn forget(&self, ticket: &Ticket) -> bool {
        self.0.forget(&ticket.inner)
    }

    /// How many messages were forgotten before the end of their window because the memory was full. If this grows,
    /// replays may be accepted: make the capacity larger.
    #[getter]
    fn evicted(&self) -> u64 {
        self.0.evicted()
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    /// An empty memory is true too.
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
    #[allow(clippy::unused_self, reason = "Python asks the object")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a Ticket cannot be pickled or copied, since it belongs to a ReplayMemory of this process; call finish or \
             forget in the process that took it",
        ))
    }

    /// Which message was accepted.
    #[getter]
    fn identity<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.inner.identity().as_bytes())
    }

    /// The number of the ticket: never 0, and different for every ticket in this process.
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
/// `ConfigError` if there is no such time; those of [`seconds`].
pub(crate) fn window(py: Python<'_>, verifier: &Verifier, window: Option<&Bound<'_, PyAny>>) -> PyResult<f64> {
    let window = window.map_or(Ok(Duration::ZERO), seconds)?;
    let needed = verifier.replay_window(window).map_err(|error| errors::config(py, &error, false))?;
    Ok(needed.as_secs_f64())
}

/// A span of time in seconds.
///
/// # Errors
/// `TypeError` for anything that is not a number; `ValueError` for one that is negative, not finite, or out of range.
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
            "an identity has 32 bytes, not {}; give what identify gives, or a SHA-256",
            bytes.as_bytes().len()
        ))
    })?;
    Ok(Identity::from_bytes(bytes))
}
