//! Bytes that Python owns, read where they are.
//!
//! Rust takes it for granted that nobody changes a `&[u8]`. What `bytes` holds never changes. A `bytearray` may be changed
//! by another thread, but not as long as this thread keeps the interpreter's lock (GIL). So the lock is let go only over
//! bytes that [cannot change](Bytes::are_fixed), and while any others are looked at no Python code runs.

use std::marker::PhantomData;
use std::slice;

use pyo3::exceptions::{PyBufferError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView};

/// The bytes of a `bytes`, `bytearray`, `memoryview` or another object with a buffer, without copying them.
#[derive(Debug)]
pub(crate) enum Bytes<'a, 'py> {
    /// Of a `bytes` object.
    Fixed(&'a [u8]),
    /// Of anything else.
    Exported(Export<'py>),
}

impl<'a, 'py> Bytes<'a, 'py> {
    /// # Errors
    /// `TypeError` for an object that has no bytes, in the words of `refuse`; `BufferError` if they do not lie side by
    /// side.
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

    /// No Python code may run, and the lock must be kept, while the slice is in use, unless the bytes
    /// [cannot change](Self::are_fixed).
    #[inline]
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Fixed(bytes) => bytes,
            Self::Exported(export) => export.as_slice(),
        }
    }

    /// Whether nothing can change them, whoever holds the lock.
    #[inline]
    pub(crate) fn are_fixed(&self) -> bool {
        match self {
            Self::Fixed(_) => true,
            Self::Exported(export) => export.is_view_of_bytes,
        }
    }
}

/// A buffer that an object has lent out. It is neither freed nor moved, though it may be written to, until this is dropped.
pub(crate) struct Export<'py> {
    // In a place of its own, since an exporter may point from one field to another.
    view: Box<ffi::Py_buffer>,
    /// Whether it is a view of `bytes`, as servers make them of what they have received.
    is_view_of_bytes: bool,
    /// It is given back with the lock held, so it must not leave the thread.
    attached: PhantomData<Python<'py>>,
}

#[allow(unsafe_code, reason = "PyO3 has no safe way to read a buffer in place")]
impl<'py> Export<'py> {
    #[cold]
    fn of(object: &Bound<'py, PyAny>, refuse: impl FnOnce(&Bound<'py, PyAny>) -> PyErr) -> PyResult<Self> {
        // SAFETY: `object` is alive and the lock is held; all bytes being zero is how an unused view looks.
        if unsafe { ffi::PyObject_CheckBuffer(object.as_ptr()) } == 0 {
            return Err(refuse(object));
        }
        let mut view = Box::new(ffi::Py_buffer::new());
        // SAFETY: as above, and `view` stays where it is until it is given back.
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
        // SAFETY: the exporter promises `len` bytes at `buf` until the view is given back. That nobody writes to them in
        // the meantime is what the head of this file is about.
        unsafe { slice::from_raw_parts(self.view.buf.cast::<u8>(), length) }
    }
}

#[allow(unsafe_code, reason = "what was lent is given back")]
impl Drop for Export<'_> {
    fn drop(&mut self) {
        // SAFETY: the view was filled in, is given back once, and the lock is held.
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
/// `TypeError` for anything that is not raw bytes, with what to give instead.
#[inline]
pub(crate) fn body<'a, 'py>(object: &'a Bound<'py, PyAny>) -> PyResult<Bytes<'a, 'py>> {
    Bytes::of(object, |object| {
        let why = if object.is_none() {
            "an empty body is b\"\""
        } else {
            "what is signed are the raw bytes as they were received, and text or data that was made of them cannot be \
             turned back for certain. Take the body before anything decodes it: request.get_data() in Flask, \
             request.body in Django, await request.body() in FastAPI and Starlette"
        };
        let found = kind(object);
        PyTypeError::new_err(format!("the body must be bytes, bytearray or memoryview, not {found}: {why}"))
    })
}

/// From this length on, in bytes, other threads may run while a body is hashed. It takes some 20 microseconds. Letting go of
/// the interpreter's lock and taking it again costs next to nothing if nobody wants it; but a thread that computes keeps it
/// for five milliseconds, which is too much to wait for a short body.
const LARGE: usize = 32 * 1024;

/// Does `work` with these bytes, without the interpreter's lock if there are many and they cannot change.
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
