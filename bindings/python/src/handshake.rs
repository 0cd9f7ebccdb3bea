//! The answer to a handshake as a Python object.

use countersign::Handshake as Inner;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

/// The answer to a handshake, which a sender demands before it sends events. `Verifier.handshake` makes it.
///
/// Its `repr` shows the status alone, since headers and body may hold a secret or a MAC. It cannot be pickled or copied.
#[pyclass(frozen, module = "countersign_webhooks")]
#[derive(Debug)]
pub(crate) struct Handshake(Inner);

impl From<Inner> for Handshake {
    fn from(inner: Inner) -> Self {
        Self(inner)
    }
}

#[pymethods]
impl Handshake {
    /// The status of the response, 200 to 299.
    #[getter]
    fn status(&self) -> u16 {
        self.0.status
    }

    /// The headers of the response: pairs of a name and a value, in order.
    #[getter]
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, &self.0.headers)
    }

    /// The body of the response.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.body.as_bytes())
    }

    /// The secret that the sender has chosen in this handshake, with which it signs from now on; `None` where the sender
    /// chooses none.
    ///
    /// Keep it only while someone has opened the endpoint for a new secret, and never over one that is in use: anyone can
    /// send such a request.
    #[getter]
    fn secret(&self) -> Option<String> {
        // A token, which is ASCII.
        self.0.secret.as_ref().map(|secret| String::from_utf8_lossy(secret.expose()).into_owned())
    }

    #[allow(clippy::unused_self, reason = "Python asks the object")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a Handshake cannot be pickled or copied, since it may hold a secret; pass on its status, headers and body",
        ))
    }

    fn __repr__(&self) -> String {
        format!("<Handshake with the status {}>", self.0.status)
    }
}
