//! The verifier.

use countersign::{Scheme, Secret, Verifier as Engine};
use pyo3::prelude::*;

use crate::bytes::{self, Bytes};
use crate::configuration;
use crate::delivery::Around;
use crate::errors;
use crate::headers::Held;
use crate::secret;
use crate::text;
use crate::verdict::{self, Verified};

/// From this length on, in bytes, other threads may run while a body is verified. Letting go of the interpreter's lock and
/// taking it again costs as much as hashing some hundred bytes, and more if another thread wants it.
const LARGE: usize = 32 * 1024;

/// Checks deliveries. Made once; may be shared between threads.
#[pyclass(frozen, module = "countersign")]
#[derive(Debug)]
pub(crate) struct Verifier {
    engine: Engine,
    scheme: Scheme,
}

impl Verifier {
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    fn of(scheme: Scheme, secrets: Vec<Secret>) -> Result<Self, countersign::ConfigError> {
        Ok(Self { engine: scheme.verifier(secrets)?, scheme })
    }
}

#[pymethods]
impl Verifier {
    #[new]
    #[pyo3(signature = (secret, algorithm = "SHA_256", encoding = "BASE64", *, header = None))]
    fn new(
        py: Python<'_>,
        secret: &Bound<'_, PyAny>,
        algorithm: &str,
        encoding: &str,
        header: Option<&str>,
    ) -> PyResult<Self> {
        let secrets = secret::several(secret)?;
        configuration::hmac(py, algorithm, encoding, header, |scheme| Self::of(scheme, secrets))
    }

    #[staticmethod]
    #[pyo3(signature = (name, secret, *, tolerance = None))]
    fn preset(
        py: Python<'_>,
        name: &str,
        secret: &Bound<'_, PyAny>,
        tolerance: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let secrets = secret::several(secret)?;
        configuration::preset(py, name, tolerance, |scheme| Self::of(scheme, secrets))
    }

    #[staticmethod]
    #[pyo3(signature = (scheme, secret, *, tolerance = None))]
    fn from_scheme(
        scheme: &Bound<'_, PyAny>,
        secret: &Bound<'_, PyAny>,
        tolerance: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let secrets = secret::several(secret)?;
        configuration::scheme(scheme, tolerance, |scheme| Self::of(scheme, secrets))
    }

    #[staticmethod]
    #[pyo3(signature = (connection, secret = None))]
    fn from_connection(connection: &Bound<'_, PyAny>, secret: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let secrets = secret.map(secret::several).transpose()?;
        configuration::connection(connection, |connection| {
            let engine = match secrets {
                None => connection.verifier()?,
                Some(secrets) => connection.verifier_with(&secrets)?,
            };
            // One that names no way to authenticate takes everything.
            let none = || countersign::Connection::from_json(r#"{"auth_method": "NONE"}"#)?.scheme();
            Ok(Self { engine, scheme: connection.scheme().or_else(|_| none())? })
        })
    }

    #[getter]
    fn header(&self) -> &str {
        self.engine.header()
    }

    #[pyo3(signature = (signature, body))]
    fn verify_signature(
        &self,
        py: Python<'_>,
        signature: &Bound<'_, PyAny>,
        body: &Bound<'_, PyAny>,
    ) -> PyResult<Py<Verified>> {
        let body = bytes::body(body)?;
        if signature.is_none() {
            return Err(errors::rejected(py, countersign::Rejection::MissingSignature));
        }
        let signature = text::header(signature, || "the signature".to_owned())?;
        let verdict = released(py, &body, |body| self.engine.verify_signature(&signature, body));
        match verdict {
            Ok(verified) => verdict::verified(py, verified),
            Err(rejection) => Err(errors::rejected(py, rejection)),
        }
    }

    #[pyo3(signature = (headers, body, *, method = None, url = None, now = None))]
    fn verify<'py>(
        &self,
        py: Python<'py>,
        headers: &Bound<'py, PyAny>,
        body: &Bound<'py, PyAny>,
        method: Option<&Bound<'py, PyAny>>,
        url: Option<&Bound<'py, PyAny>>,
        now: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Py<Verified>> {
        let (held, around) = (Held::gather(headers)?, Around::of(method, url, now)?);
        let lines = held.lines()?;
        // Last of all, since from here on no Python code may run.
        let body = bytes::body(body)?;
        let verdict = released(py, &body, |body| self.engine.verify(&around.delivery(&lines, body), around.now));
        match verdict {
            Ok(verified) => verdict::verified(py, verified),
            Err(rejection) => Err(errors::rejected(py, rejection)),
        }
    }
}

/// Runs `verify` over a body, without the interpreter's lock if it is a large one that cannot change.
#[inline]
fn released<T: Send>(py: Python<'_>, body: &Bytes<'_, '_>, verify: impl FnOnce(&[u8]) -> T + Send) -> T {
    let slice = body.as_slice();
    if slice.len() >= LARGE && body.are_fixed() { py.detach(|| verify(slice)) } else { verify(slice) }
}
