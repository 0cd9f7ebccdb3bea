//! Bytes that Python owns, read in place.
//!
//! Rust assumes that nobody changes a `&[u8]`. The contents of `bytes` never change. Another thread may change a
//! `bytearray`, but not while this thread holds the interpreter's lock (GIL). So the GIL is released only for bytes
//! that [cannot change](Bytes::are_fixed), and no Python code runs while any others are read.

use std::marker::PhantomData;
use std::slice;

use pyo3::exceptions::{PyBufferError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView};

/// The bytes of a `bytes`, `bytearray`, `memoryview` or another object with a buffer, without copying them.
#[derive(Debug)]
pub(crate) enum Bytes<'a, 'py> {
    /// From a `bytes` object.
    Fixed(&'a [u8]),
    /// From any other object.
    Exported(Export<'py>),
}

impl<'a, 'py> Bytes<'a, 'py> {
    /// # Errors
    /// `TypeError` for an object that has no bytes, with the text of `refuse`; `BufferError` if they are not
    /// contiguous.
    #[inline]
    pub(crate) fn of(
        object: &'a Bound<'py, PyAny>,
        refuse: impl FnOnce(&Bound<'py, PyAny>) -> PyErr,
    ) -> PyResult<Self> {
        match object.cast::<PyBytes>() {
            Ok(bytes) => Ok(Self::Fixed(bytes.as_bytes())),
            Err(_) => Export::of(object, refuse).map(Self::Exported),
        }
    }

    /// No Python code may run, and the GIL must be held, while the slice is in use, unless the bytes [cannot
    /// change](Self::are_fixed).
    #[inline]
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Fixed(bytes) => bytes,
            Self::Exported(export) => export.as_slice(),
        }
    }

    /// Whether nothing can change them, even if the GIL is released.
    #[inline]
    pub(crate) fn are_fixed(&self) -> bool {
        match self {
            Self::Fixed(_) => true,
            Self::Exported(export) => export.is_view_of_bytes,
        }
    }
}

/// A buffer that an object exports. Until this is dropped, it is neither freed nor moved, though it may be written
/// to.
pub(crate) struct Export<'py> {
    // On the heap, since an exporter may point from one field to another.
    view: Box<ffi::Py_buffer>,
    /// Whether it is a view of `bytes`, which servers make from received data.
    is_view_of_bytes: bool,
    /// It is released with the GIL held, so it must not leave the thread.
    attached: PhantomData<Python<'py>>,
}

#[allow(unsafe_code, reason = "PyO3 has no safe way to read a buffer in place")]
impl<'py> Export<'py> {
    #[cold]
    fn of(object: &Bound<'py, PyAny>, refuse: impl FnOnce(&Bound<'py, PyAny>) -> PyErr) -> PyResult<Self> {
        // SAFETY: `object` is alive and the GIL is held; an unused view is all zeros.
        if unsafe { ffi::PyObject_CheckBuffer(object.as_ptr()) } == 0 {
            return Err(refuse(object));
        }
        let mut view = Box::new(ffi::Py_buffer::new());
        // SAFETY: as above, and `view` is not moved until it is released.
        if unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), &raw mut *view, ffi::PyBUF_SIMPLE) } != 0 {
            let cause = PyErr::take(object.py());
            let error = PyBufferError::new_err("the bytes must lie side by side; make `bytes` of this view first");
            error.set_cause(object.py(), cause);
            return Err(error);
        }
        let mut export = Self { view, is_view_of_bytes: false, attached: PhantomData };
        export.is_view_of_bytes = export.views_bytes(object)?;
        Ok(export)
    }

    fn views_bytes(&self, object: &Bound<'py, PyAny>) -> PyResult<bool> {
        if self.view.readonly == 0 || !object.is_exact_instance_of::<PyMemoryView>() {
            return Ok(false);
        }
        let base = object.getattr("obj")?;
        let Ok(base) = base.cast_exact::<PyBytes>() else { return Ok(false) };
        let (whole, part) = (base.as_bytes().as_ptr_range(), self.as_slice().as_ptr_range());
        Ok(whole.start <= part.start && part.end <= whole.end)
    }

    fn as_slice(&self) -> &[u8] {
        let Ok(length) = usize::try_from(self.view.len) else { return &[] };
        if length == 0 {
            return &[];
        }
        // SAFETY: the exporter promises `len` bytes at `buf` until the view is released. The head of this file says why
        // nobody writes to them in the meantime.
        unsafe { slice::from_raw_parts(self.view.buf.cast::<u8>(), length) }
    }
}

#[allow(unsafe_code, reason = "what was lent is given back")]
impl Drop for Export<'_> {
    fn drop(&mut self) {
        // SAFETY: the view was filled in, is released once, and the GIL is held.
        unsafe { ffi::PyBuffer_Release(&raw mut *self.view) }
    }
}

impl std::fmt::Debug for Export<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Export").field("len", &self.view.len).finish_non_exhaustive()
    }
}

/// The bytes of a body.
///
/// # Errors
/// `TypeError` for anything that is not raw bytes; it says what to pass instead.
#[inline]
pub(crate) fn body<'a, 'py>(object: &'a Bound<'py, PyAny>) -> PyResult<Bytes<'a, 'py>> {
    Bytes::of(object, |object| {
        let why = if object.is_none() {
            "an empty body is b\"\""
        } else {
            "pass the raw bytes as they were received: request.get_data() in Flask, request.body in Django, await \
             request.body() in FastAPI and Starlette. The sender signed exactly these bytes, and a str or parsed JSON, \
             encoded again, can give other bytes"
        };
        let found = kind(object);
        PyTypeError::new_err(format!("the body must be bytes, bytearray or memoryview, not {found}: {why}"))
    })
}

/// From this length on, in bytes, other threads may run while a body is hashed. That takes about 20 microseconds.
/// Releasing the GIL and acquiring it again costs almost nothing if no other thread wants it. But a thread that
/// computes holds it for five milliseconds, which is too long to wait for a short body.
const LARGE: usize = 32 * 1024;

/// Calls `work` with these bytes, without the GIL if they are many and cannot change.
#[inline]
pub(crate) fn released<T: Send>(py: Python<'_>, bytes: &Bytes<'_, '_>, work: impl FnOnce(&[u8]) -> T + Send) -> T {
    let slice = bytes.as_slice();
    if slice.len() >= LARGE && bytes.are_fixed() { py.detach(|| work(slice)) } else { work(slice) }
}

/// The name of an object's type, for errors.
pub(crate) fn kind(object: &Bound<'_, PyAny>) -> String {
    if object.is_none() {
        return "None".to_owned();
    }
    object.get_type().name().map_or_else(|_| "something else".to_owned(), |name| name.to_string())
}
