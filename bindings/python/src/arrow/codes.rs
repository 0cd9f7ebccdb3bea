//! The resulting column of numbers.

use arrow_array::UInt8Array;
use pyo3::exceptions::{PyIndexError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyIterator};

use super::capsule;

/// A number for each row of an Arrow table: 0 if it is authentic, otherwise the number of the rejection.
///
/// It is a sequence and, through its Arrow interface, a column: `pyarrow.array(codes)`, `polars.Series(codes)`.
#[pyclass(frozen, module = "countersign_webhooks")]
#[derive(Debug)]
pub(crate) struct Codes(UInt8Array);

impl Codes {
    pub(super) fn new(codes: Vec<u8>) -> Self {
        Self(UInt8Array::from(codes))
    }
}

#[pymethods]
impl Codes {
    #[allow(clippy::unused_self, reason = "Python asks the object")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("Codes cannot be pickled or copied; pass on list(codes) or pyarrow.array(codes)"))
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __getitem__(&self, index: isize) -> PyResult<u8> {
        let codes = self.0.values();
        let place = if index < 0 { codes.len().checked_add_signed(index) } else { usize::try_from(index).ok() };
        place.and_then(|place| codes.get(place)).copied().ok_or_else(|| PyIndexError::new_err("there is no such row"))
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        PyBytes::new(py, self.0.values()).try_iter()
    }

    /// How many rows have this number.
    fn count(&self, code: u8) -> usize {
        self.0.values().iter().map(|&found| usize::from(found == code)).sum()
    }

    /// The Arrow PyCapsule interface: a column of the type uint8.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        // It may be ignored: the caller must check the type of the result.
        let _ = requested_schema;
        capsule::export(py, &self.0)
    }

    fn __repr__(&self) -> String {
        format!("<countersign_webhooks.Codes of {} rows, {} of them authentic>", self.0.len(), self.count(0))
    }
}
