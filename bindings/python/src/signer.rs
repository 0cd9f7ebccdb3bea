//! Signs messages, as a sender does.

use countersign::{Algorithm, ConfigError, Message, Scheme, Secret, Signer as Engine};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::bytes;
use crate::configuration;
use crate::errors;
use crate::headers::{self, Held};
use crate::moment;
use crate::secret;

/// Makes the header lines that a verifier accepts, for senders and tests. The arguments are those of `Verifier`.
///
/// Never verify by signing and comparing texts: the time of the comparison reveals the right signature, character by
/// character.
#[pyclass(frozen, module = "countersign_webhooks")]
#[derive(Debug)]
pub(crate) struct Signer(Engine);

#[pymethods]
impl Signer {
    #[allow(clippy::unused_self, reason = "Python asks the object")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a Signer cannot be pickled or copied, since it holds a key; make one in each process",
        ))
    }

    fn __repr__(&self) -> String {
        format!("<Signer with {}>", self.0.algorithm().name())
    }

    #[new]
    #[pyo3(signature = (secret, algorithm = "SHA_256", encoding = "BASE64", *, header = None))]
    fn new(
        py: Python<'_>,
        secret: &Bound<'_, PyAny>,
        algorithm: &str,
        encoding: &str,
        header: Option<&str>,
    ) -> PyResult<Self> {
        let secret = secret::one(secret)?;
        configuration::hmac(py, algorithm, encoding, header, |scheme| of(&scheme, secret, None))
    }

    /// A known sender. `algorithm` chooses one if the scheme infers it.
    ///
    /// Raises `ConfigError`.
    #[staticmethod]
    #[pyo3(signature = (name, secret, *, algorithm = None))]
    fn preset(py: Python<'_>, name: &str, secret: &Bound<'_, PyAny>, algorithm: Option<&str>) -> PyResult<Self> {
        let (secret, algorithm) = (secret::one(secret)?, named(py, algorithm)?);
        configuration::preset(py, name, None, |scheme| of(&scheme, secret, algorithm))
    }

    /// A scheme of your own.
    ///
    /// Raises `ConfigError`.
    #[staticmethod]
    #[pyo3(signature = (scheme, secret, *, algorithm = None))]
    fn from_scheme(scheme: &Bound<'_, PyAny>, secret: &Bound<'_, PyAny>, algorithm: Option<&str>) -> PyResult<Self> {
        let (secret, algorithm) = (secret::one(secret)?, named(scheme.py(), algorithm)?);
        configuration::scheme(scheme, None, |scheme| of(&scheme, secret, algorithm))
    }

    /// A connection, with its first secret or with `secret`.
    ///
    /// Raises `ConfigError`.
    #[staticmethod]
    #[pyo3(
        signature = (connection, secret = None, *, algorithm = None),
        text_signature = "(connection, secret=..., *, algorithm=None)"
    )]
    fn from_connection(
        connection: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = secret::one_in_place)] secret: Option<Secret>,
        algorithm: Option<&str>,
    ) -> PyResult<Self> {
        let algorithm = named(connection.py(), algorithm)?;
        configuration::connection(connection, |connection| {
            let engine = match secret {
                None => connection.signer(algorithm)?,
                Some(secret) => connection.signer_with(&[secret], algorithm)?,
            };
            Ok(Self(engine))
        })
    }

    /// The algorithm with which it signs.
    #[getter]
    fn algorithm(&self) -> &'static str {
        self.0.algorithm().name()
    }

    /// The header lines that go with a body: that of the signature, and those of the id and the time of sending if
    /// the scheme has them.
    ///
    /// `headers` are the headers that are sent anyway, for schemes that sign one of them. `url` is signed as it is given. A
    /// receiver builds it from the origin by which it knows itself and from the request line: with `/` for an empty path,
    /// without user and fragment.
    ///
    /// Raises `ConfigError` if a part is missing that the scheme signs.
    #[pyo3(signature = (body, *, method = "POST", url = "", headers = None, id = "", now = None))]
    #[allow(clippy::too_many_arguments, reason = "they have names in Python")]
    fn headers<'py>(
        &self,
        py: Python<'py>,
        body: &Bound<'py, PyAny>,
        method: &str,
        url: &str,
        headers: Option<&Bound<'py, PyAny>>,
        id: &str,
        now: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let held = headers.map_or_else(|| Ok(Held::none()), Held::gather)?;
        let lines = held.lines()?;
        let lines = headers::named(&lines);
        let lines: Vec<_> = lines.iter().map(|(name, value)| (&**name, *value)).collect();
        let now = moment::or_now(now)?;
        // Must come last, since no Python code may run from here on.
        let body = bytes::body(body)?;
        let message = Message { method, url, headers: &lines, body: body.as_slice(), id, now };
        let added = self.0.headers(&message).map_err(|error| errors::config(py, &error, false))?;
        let dict = PyDict::new(py);
        for (name, value) in added {
            dict.set_item(name, value)?;
        }
        Ok(dict)
    }
}

fn of(scheme: &Scheme, secret: Secret, algorithm: Option<Algorithm>) -> Result<Signer, ConfigError> {
    let engine = match algorithm {
        None => scheme.signer(secret),
        Some(algorithm) => scheme.signer_with(secret, algorithm),
    };
    engine.map(Signer)
}

/// The algorithm with this name.
fn named(py: Python<'_>, name: Option<&str>) -> PyResult<Option<Algorithm>> {
    let Some(name) = name else { return Ok(None) };
    let known = Algorithm::from_name(name);
    known.map(Some).ok_or_else(|| {
        let names = Algorithm::ALL.map(Algorithm::name).join(", ");
        // What was found is not repeated: if two arguments were swapped, it is a secret.
        errors::invalid(py, "algorithm", format!("not a known name; allowed are {names}"))
    })
}
