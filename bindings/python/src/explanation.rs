//! Why a delivery is rejected.

use countersign::{Cause, Explanation as Inner, Rejection};
use pyo3::prelude::*;

/// What explains a rejection.
#[pyclass(frozen, module = "countersign")]
#[derive(Debug)]
pub(crate) struct Explanation(pub(crate) Inner);

impl Explanation {
    fn rejection(&self) -> Option<Rejection> {
        match self.0 {
            Inner::Found { rejection, .. } | Inner::Unexplained { rejection } => Some(rejection),
            _ => None,
        }
    }
}

#[pymethods]
impl Explanation {
    #[getter]
    fn reason(&self) -> Option<&'static str> {
        self.rejection().map(Rejection::name)
    }

    #[getter]
    fn code(&self) -> u8 {
        self.rejection().map_or(0, Rejection::code)
    }

    #[getter]
    fn cause(&self) -> Option<&'static str> {
        self.0.cause().map(Cause::name)
    }

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
