//! Why a delivery is rejected.

use countersign::{Cause, Explanation as Inner, Rejection};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

/// Why a delivery is rejected. `str()` describes it. It contains no secret, no MAC and no valid signature.
#[pyclass(frozen, module = "countersign_webhooks")]
#[derive(Debug)]
pub(crate) struct Explanation(Inner);

impl Explanation {
    pub(crate) fn new(inner: Inner) -> Self {
        Self(inner)
    }

    fn rejection(&self) -> Option<Rejection> {
        match self.0 {
            Inner::Found { rejection, .. } | Inner::Unexplained { rejection, .. } => Some(rejection),
            _ => None,
        }
    }
}

#[pymethods]
impl Explanation {
    #[allow(clippy::unused_self, reason = "Python asks the object")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "an Explanation cannot be pickled or copied; pass on its texts: reason, cause and advice",
        ))
    }

    /// Why it is rejected, such as `mismatch`; `None` if it is authentic.
    #[getter]
    fn reason(&self) -> Option<&'static str> {
        self.rejection().map(Rejection::name)
    }

    /// The number of the rejection; 0 if it is authentic.
    #[getter]
    fn code(&self) -> u8 {
        self.rejection().map_or(0, Rejection::code)
    }

    /// The mistake that explains it, such as `body_newline_added`; `None` if none was found.
    #[getter]
    fn cause(&self) -> Option<&'static str> {
        self.0.cause().map(Cause::name)
    }

    /// The second mistake, if two were made at once, such as `body_reserialised`; else `None`.
    #[getter]
    fn also(&self) -> Option<&'static str> {
        self.0.also().map(Cause::name)
    }

    /// A text that says what is wrong and what to do.
    #[getter]
    fn advice(&self) -> String {
        self.0.to_string()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        let text = |name: Option<&str>| name.map_or_else(|| "None".to_owned(), |name| format!("'{name}'"));
        format!("Explanation(reason={}, cause={})", text(self.reason()), text(self.cause()))
    }
}
