//! The column of numbers that comes out.

use arrow_array::{Array, UInt8Array};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use super::capsule;

/// A number for each row.
#[pyclass(frozen, sequence, module = "countersign")]
#[derive(Debug)]
pub(crate) struct Codes(UInt8Array);

impl Codes {
    pub(super) fn new(codes: Vec<u8>) -> Self {
        Self(UInt8Array::from(codes))
    }
}

#[pymethods]
impl Codes {
    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __getitem__(&self, index: isize) -> PyResult<u8> {
        let place = usize::try_from(index).ok().and_then(|place| self.0.values().get(place));
        place.copied().ok_or_else(|| PyIndexError::new_err("there is no such row"))
    }

    fn count(&self, code: u8) -> usize {
        self.0.values().iter().filter(|&&found| found == code).count()
    }

    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        // It may be passed over: whoever asks must look at what comes.
        let _ = requested_schema;
        capsule::export(py, &self.0)
    }

    fn __repr__(&self) -> String {
        format!("<countersign.Codes of {} rows, {} of them authentic>", self.0.len(), self.count(0))
    }
}
