//! The Arrow PyCapsule interface: <https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html>.

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi, to_ffi};
use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::{Array, RecordBatch, StructArray};
use arrow_schema::{ArrowError, DataType};
use countersign::printable;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};

use crate::bytes::kind;

/// Batches of rows from another library.
pub(super) enum Source {
    Stream(RecordBatchStreamReader),
    One(Option<RecordBatch>),
}

impl Source {
    /// # Errors
    /// `TypeError` for an object that is no table; `ValueError` if its library breaks the rules of the interface.
    pub(super) fn of(data: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = data.py();
        if let Some(stream) = data.getattr_opt(intern!(py, "__arrow_c_stream__"))? {
            return stream_of(&stream.call0()?).map(Self::Stream);
        }
        if let Some(array) = data.getattr_opt(intern!(py, "__arrow_c_array__"))? {
            return batch_of(&array.call0()?).map(|rows| Self::One(Some(rows)));
        }
        let found = kind(data);
        Err(PyTypeError::new_err(format!(
            "the data must be a table or record batch with an Arrow interface (pyarrow, polars, DuckDB …), not {found}"
        )))
    }
}

impl Iterator for Source {
    type Item = PyResult<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Stream(batches) => Some(batches.next()?.map_err(|error| broken(&error))),
            Self::One(rows) => rows.take().map(Ok),
        }
    }
}

#[allow(unsafe_code, reason = "what lies in a capsule is moved out as the interface says")]
fn stream_of(capsule: &Bound<'_, PyAny>) -> PyResult<RecordBatchStreamReader> {
    let capsule = capsule.cast::<PyCapsule>()?;
    let stream = capsule.pointer_checked(Some(c"arrow_array_stream"))?.cast::<FFI_ArrowArrayStream>();
    // SAFETY: a capsule of this name holds such a stream, or one that was moved out before, which is refused.
    unsafe { RecordBatchStreamReader::from_raw(stream.as_ptr()) }.map_err(|error| broken(&error))
}

#[allow(unsafe_code, reason = "as above")]
fn batch_of(capsules: &Bound<'_, PyAny>) -> PyResult<RecordBatch> {
    let (schema, array): (Bound<'_, PyCapsule>, Bound<'_, PyCapsule>) = capsules.cast::<PyTuple>()?.extract()?;
    let schema = schema.pointer_checked(Some(c"arrow_schema"))?.cast::<FFI_ArrowSchema>();
    let array = array.pointer_checked(Some(c"arrow_array"))?.cast::<FFI_ArrowArray>();
    // SAFETY: capsules of these names hold a schema, which stays where it is, and an array, which is moved out.
    let data = unsafe { from_ffi(FFI_ArrowArray::from_raw(array.as_ptr()), schema.as_ref()) };
    let data = data.map_err(|error| broken(&error))?;
    if !matches!(data.data_type(), DataType::Struct(_)) {
        let message = format!(
            "the data must have columns, and this is one array of the type {}",
            printable(&data.data_type().to_string())
        );
        return Err(PyTypeError::new_err(message));
    }
    let rows = StructArray::from(data);
    if rows.null_count() > 0 {
        return Err(PyValueError::new_err("the data is an array of structs with nulls among them; make a table of it"));
    }
    Ok(RecordBatch::from(rows))
}

/// The two capsules of an array.
///
/// # Errors
/// `MemoryError`.
pub(super) fn export<'py>(
    py: Python<'py>,
    array: &dyn Array,
) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
    let (array, schema) = to_ffi(&array.to_data()).map_err(|error| broken(&error))?;
    Ok((PyCapsule::new_with_value(py, schema, c"arrow_schema")?, PyCapsule::new_with_value(py, array, c"arrow_array")?))
}

fn broken(error: &ArrowError) -> PyErr {
    PyValueError::new_err(format!("Arrow data that cannot be read: {}", printable(&error.to_string())))
}
