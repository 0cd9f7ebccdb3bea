//! Reads whole numbers of any size.

use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;

/// A whole number. One beyond `i128`, on either side, becomes the largest: its user refuses that with the same error as
/// every other number out of range, and not with an `OverflowError`.
///
/// # Errors
/// `TypeError` for anything that is no whole number.
pub(crate) fn read(number: &Bound<'_, PyAny>) -> PyResult<i128> {
    number.extract().or_else(|error: PyErr| {
        if error.is_instance_of::<PyOverflowError>(number.py()) { Ok(i128::MAX) } else { Err(error) }
    })
}
