//! The id of a delivery as a Python object.

use pyo3::prelude::*;

use crate::verdict::{Reduced, native};

/// The id by which a repetition of a delivery is recognised. `Verifier.delivery_id` finds it.
#[pyclass(frozen, eq, hash, module = "countersign_webhooks")]
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct DeliveryId {
    /// The id, 1 to 1024 bytes in UTF-8, without control characters. Where a scheme joins several values, there is a colon
    /// between them, and `%` and `:` in a value are written `%25` and `%3A`.
    #[pyo3(get)]
    text: String,
    /// Whether the MAC covers it. If not, anyone who holds one signed delivery can send its body again with another id, or give
    /// another delivery this id.
    #[pyo3(get)]
    is_signed: bool,
}

impl From<countersign::DeliveryId> for DeliveryId {
    fn from(id: countersign::DeliveryId) -> Self {
        Self { text: id.text, is_signed: id.is_signed }
    }
}

#[pymethods]
impl DeliveryId {
    /// For pickle, so that processes can pass ids to each other.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py, (&str, bool)>> {
        Ok((native(py, "_delivery_id")?, (&self.text, self.is_signed)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let text = self.text.as_str().into_pyobject(py)?.repr()?;
        let is_signed = if self.is_signed { "True" } else { "False" };
        Ok(format!("DeliveryId(text={text}, is_signed={is_signed})"))
    }
}

/// Makes an id that was pickled.
#[pyfunction]
pub(crate) fn _delivery_id(text: String, is_signed: bool) -> DeliveryId {
    DeliveryId { text, is_signed }
}
