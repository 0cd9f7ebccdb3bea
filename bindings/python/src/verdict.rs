//! Verdicts as Python objects. There are few different ones, so all are made once and reused.

use countersign::{Algorithm, MAX_SECRETS};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// A delivery is authentic. Only a verifier makes one. True in a condition.
#[pyclass(frozen, eq, hash, module = "countersign_webhooks")]
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Verified {
    algorithm: Option<Algorithm>,
    secret_index: Option<u8>,
    covers_body: bool,
}

/// Why a delivery of a batch is rejected. False in a condition.
#[pyclass(frozen, eq, hash, module = "countersign_webhooks")]
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rejection(countersign::Rejection);

#[pymethods]
impl Verified {
    /// The algorithm of the HMAC, such as `SHA_256`; `None` for a token, or if the verifier checks nothing.
    #[getter]
    fn algorithm(&self) -> Option<&'static str> {
        self.algorithm.map(Algorithm::name)
    }

    /// Which secret matched, counted from 0; `None` if the verifier checks nothing.
    #[getter]
    fn secret_index(&self) -> Option<u8> {
        self.secret_index
    }

    /// Whether the MAC covers the whole body: its bytes, or a hash of them, or all of its fields.
    ///
    /// False if the sender signs some fields of the body or nothing of it, so that whoever holds one signed delivery can
    /// write the rest; for a token; and if the verifier checks nothing.
    #[getter]
    fn covers_body(&self) -> bool {
        self.covers_body
    }

    /// 0.
    #[getter]
    #[allow(clippy::unused_self, reason = "Python asks the object")]
    fn code(&self) -> u8 {
        0
    }

    #[allow(clippy::unused_self, reason = "Python asks the object")]
    fn __bool__(&self) -> bool {
        true
    }

    /// For pickle, so that processes can pass verdicts to each other. They contain nothing secret.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py, VerifiedParts>> {
        Ok((native(py, "_verified")?, (self.algorithm(), self.secret_index, self.covers_body)))
    }

    fn __repr__(&self) -> String {
        let algorithm = self.algorithm().map_or_else(|| "None".to_owned(), |name| format!("'{name}'"));
        let index = self.secret_index.map_or_else(|| "None".to_owned(), |index| index.to_string());
        // Said only where it is not what everyone expects.
        let covers = if self.algorithm.is_some() && !self.covers_body { ", covers_body=False" } else { "" };
        format!("Verified(algorithm={algorithm}, secret_index={index}{covers})")
    }
}

#[pymethods]
impl Rejection {
    /// The fixed name, such as `mismatch`.
    #[getter]
    fn reason(&self) -> &'static str {
        self.0.name()
    }

    /// The fixed number, 1 to 15.
    #[getter]
    fn code(&self) -> u8 {
        self.0.code()
    }

    /// One sentence that says what is wrong.
    #[getter]
    fn message(&self) -> &'static str {
        self.0.message()
    }

    #[allow(clippy::unused_self, reason = "Python asks the object")]
    fn __bool__(&self) -> bool {
        false
    }

    /// Like that of [`Verified`].
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py, (u8,)>> {
        Ok((native(py, "_rejection")?, (self.0.code(),)))
    }

    fn __repr__(&self) -> String {
        format!("Rejection(reason='{}', code={})", self.0.name(), self.0.code())
    }
}

/// Algorithm, index of the secret, and whether the body is covered.
type VerifiedParts = (Option<&'static str>, Option<u8>, bool);

/// What pickle stores for an object: a function and its arguments.
pub(crate) type Reduced<'py, T> = (Bound<'py, PyAny>, T);

pub(crate) fn native<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("countersign_webhooks._native")?.getattr(name)
}

/// Makes a verdict that was pickled. Anyone who controls what is unpickled can do worse than forge one.
#[pyfunction]
pub(crate) fn _verified(
    py: Python<'_>,
    algorithm: Option<&str>,
    secret_index: Option<u8>,
    covers_body: bool,
) -> PyResult<Py<Verified>> {
    let known = algorithm.map(|name| Algorithm::from_name(name).ok_or_else(unknown)).transpose()?;
    if secret_index.is_some_and(|index| usize::from(index) >= MAX_SECRETS) {
        return Err(unknown());
    }
    of(py, Verified { algorithm: known, secret_index, covers_body })
}

/// Makes a rejection that was pickled.
#[pyfunction]
pub(crate) fn _rejection(py: Python<'_>, code: u8) -> PyResult<Py<Rejection>> {
    let known = countersign::Rejection::ALL.into_iter().find(|rejection| rejection.code() == code);
    rejection(py, known.ok_or_else(unknown)?)
}

fn unknown() -> PyErr {
    PyValueError::new_err("no such verdict; was it pickled by a later version?")
}

/// How many values `secret_index` can have, including `None`.
const INDEXES: usize = MAX_SECRETS + 1;

/// Every possible verdict.
struct Verdicts {
    /// For no algorithm and for each, without an index and with each, without the body and with it.
    verified: Vec<Py<Verified>>,
    /// By their numbers, from 1.
    rejections: Vec<Py<Rejection>>,
}

static VERDICTS: PyOnceLock<Verdicts> = PyOnceLock::new();

/// Makes them all.
///
/// # Errors
/// `MemoryError`.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    VERDICTS.get_or_try_init(py, || {
        let algorithms = [None].into_iter().chain(Algorithm::ALL.map(Some));
        let each = algorithms.flat_map(|algorithm| {
            let indexes = [None].into_iter().chain((0..).take(MAX_SECRETS).map(Some));
            indexes.flat_map(move |secret_index| {
                [false, true].map(|covers_body| Verified { algorithm, secret_index, covers_body })
            })
        });
        let verified = each.map(|verified| Py::new(py, verified)).collect::<PyResult<_>>()?;
        let rejections = countersign::Rejection::ALL.map(|rejection| Py::new(py, Rejection(rejection)));
        Ok::<_, PyErr>(Verdicts { verified, rejections: rejections.into_iter().collect::<PyResult<_>>()? })
    })?;
    Ok(())
}

/// The object for it.
#[inline]
pub(crate) fn verified(py: Python<'_>, verified: countersign::Verified) -> PyResult<Py<Verified>> {
    let countersign::Verified { algorithm, secret_index, covers_body, .. } = verified;
    of(py, Verified { algorithm, secret_index, covers_body })
}

#[inline]
fn of(py: Python<'_>, verified: Verified) -> PyResult<Py<Verified>> {
    let Verified { algorithm, secret_index, covers_body } = verified;
    let place = algorithm.map_or(0, place_of) * INDEXES + secret_index.map_or(0, |index| usize::from(index) + 1);
    let place = 2 * place + usize::from(covers_body);
    match VERDICTS.get(py).and_then(|all| all.verified.get(place)) {
        Some(known) => Ok(known.clone_ref(py)),
        None => Py::new(py, verified),
    }
}

/// The object for it.
pub(crate) fn rejection(py: Python<'_>, rejection: countersign::Rejection) -> PyResult<Py<Rejection>> {
    let place = usize::from(rejection.code()) - 1;
    match VERDICTS.get(py).and_then(|all| all.rejections.get(place)) {
        Some(known) => Ok(known.clone_ref(py)),
        None => Py::new(py, Rejection(rejection)),
    }
}

#[inline]
fn place_of(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::Md5 => 1,
        Algorithm::Sha1 => 2,
        Algorithm::Sha224 => 3,
        Algorithm::Sha256 => 4,
        Algorithm::Sha384 => 5,
        Algorithm::Sha512 => 6,
    }
}
