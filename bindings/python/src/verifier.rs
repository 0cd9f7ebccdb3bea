//! The verifier.

use countersign::{ConfigError, Rejection, Scheme, Secret, Verifier as Engine};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::arrow::{self, Codes};
use crate::batch;
use crate::bytes::{self, released};
use crate::configuration;
use crate::delivery::Around;
use crate::errors;
use crate::explanation::Explanation;
use crate::headers::{self, Held};
use crate::replay;
use crate::secret;
use crate::stream::Stream;
use crate::text;
use crate::verdict::{self, Verified};

/// Checks deliveries. Made once, it may be shared between threads.
///
/// `Verifier(secret)` is for HMAC over the body alone; other ways to sign have functions of their own. `secret` is one
/// secret, or a list of up to 8 for rotation: `str` (its bytes in UTF-8), bytes, or `Secret`. `algorithm` is SHA_256,
/// SHA_512, SHA_384, SHA_224, SHA_1, MD5 or INFER_FROM_HEADER, `encoding` BASE64, HEXA_DECIMAL or BASE64_URL. `header` is
/// the header in which `verify` looks for the signature; without it, `X-Fivetran-Hmac-Sign`.
///
/// It keeps no secret, only keys made of them, and wipes those when it is freed. It cannot be pickled: make one in each
/// process.
///
/// Raises `ConfigError`, whose text says what is wrong and what to do.
#[pyclass(frozen, module = "countersign_webhooks")]
#[derive(Debug)]
pub(crate) struct Verifier {
    engine: Engine,
    scheme: Scheme,
}

impl Verifier {
    fn of(scheme: Scheme, secrets: Vec<Secret>) -> Result<Self, ConfigError> {
        Ok(Self { engine: scheme.verifier(secrets)?, scheme })
    }
}

#[pymethods]
impl Verifier {
    #[allow(clippy::unused_self, reason = "Python asks the object")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a Verifier cannot be pickled or copied, since it holds keys; make one in each process",
        ))
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
        let secrets = secret::several(secret)?;
        configuration::hmac(py, algorithm, encoding, header, |scheme| Self::of(scheme, secrets))
    }

    /// A sender that is known, such as `github` or `stripe`; `presets()` lists them.
    ///
    /// `tolerance` is in seconds, or a pair of them for past and future, and replaces the sender's own.
    ///
    /// Raises `ConfigError`.
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

    /// A scheme of your own, as a `dict` or as JSON.
    ///
    /// Raises `ConfigError`.
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

    /// A connection, as a `dict` or as JSON: the whole body of `POST /v1/connections`, or its `config` alone.
    ///
    /// `secret` replaces what stands in it, for secrets that are kept elsewhere; `None` is not taken for "left out".
    ///
    /// A verifier that takes every delivery unchecked is made of `{"auth_method": "NONE"}`, in so many words, and of
    /// nothing else.
    ///
    /// Raises `ConfigError`.
    #[staticmethod]
    #[pyo3(signature = (connection, secret = None), text_signature = "(connection, secret=...)")]
    fn from_connection(
        connection: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = secret::in_place)] secret: Option<Vec<Secret>>,
    ) -> PyResult<Self> {
        configuration::connection(connection, |connection| {
            let engine = match secret {
                None => connection.verifier()?,
                Some(secrets) => connection.verifier_with(&secrets)?,
            };
            Ok(Self { engine, scheme: connection.scheme()? })
        })
    }

    /// The name of the header that holds the signature or token; the first, if there can be several.
    #[getter]
    fn header(&self) -> &str {
        self.engine.header()
    }

    /// Whether the sender signs the URL, so that `verify` needs `url`.
    ///
    /// Make it of an origin that you configure and of the path and query of the request, never of the `Host` header, in
    /// which a sender can write what it likes.
    #[getter]
    fn signs_url(&self) -> bool {
        self.engine.reads_url()
    }

    /// Decides whether `signature`, the value of the signature's header, belongs to `body`.
    ///
    /// For schemes that sign nothing but the body and what stands in that one header. `None` is a header that is absent.
    ///
    /// Raises `Rejected`; `TypeError` for other types, such as a body that is text.
    #[pyo3(signature = (signature, body))]
    fn verify_signature(
        &self,
        py: Python<'_>,
        signature: &Bound<'_, PyAny>,
        body: &Bound<'_, PyAny>,
    ) -> PyResult<Py<Verified>> {
        let body = bytes::body(body)?;
        if signature.is_none() {
            return Err(errors::rejected(py, Rejection::MissingSignature));
        }
        let signature = text::header(signature, || "the signature".to_owned())?;
        let verdict = released(py, &body, |body| self.engine.verify_signature(&signature, body));
        match verdict {
            Ok(verified) => verdict::verified(py, verified),
            Err(rejection) => Err(errors::rejected(py, rejection)),
        }
    }

    /// Decides whether a delivery is authentic, and fresh where its sender signs a timestamp.
    ///
    /// `headers` are a mapping, pairs, a WSGI environ, or the headers of a request of Starlette, FastAPI, Flask, Django
    /// and others. `body` is the raw body as it was received. `method` and `url` matter to senders that sign them; the
    /// URL is the one that the sender called. `now` is when the delivery was received: seconds since 1970, or a
    /// `datetime` with a time zone; the present moment if it is left out.
    ///
    /// Raises `Rejected`; `TypeError` for other types, such as a body that is text.
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
        let verdict = released(py, &body, |body| self.engine.verify(&around.delivery(&lines[..], body), around.now));
        match verdict {
            Ok(verified) => verdict::verified(py, verified),
            Err(rejection) => Err(errors::rejected(py, rejection)),
        }
    }

    /// Tells which message an authentic delivery is, in 32 bytes, so that a repetition of it can be known: by its id if
    /// that is signed, else by all that is signed, whichever secret has signed it.
    ///
    /// They are the same each time that a message comes, in every process, also after secrets have changed, and
    /// different for every other message. Call it after `verify`: what a forger sends can be given any identity. An id that
    /// is not signed is not looked at, since whoever replays a message can change it.
    ///
    /// Raises `ConfigError` if the verifier checks no signature but a token, or nothing; `Rejected` for a delivery that it
    /// would not take.
    #[pyo3(signature = (headers, body, *, method = None, url = None))]
    fn identify<'py>(
        &self,
        py: Python<'py>,
        headers: &Bound<'py, PyAny>,
        body: &Bound<'py, PyAny>,
        method: Option<&Bound<'py, PyAny>>,
        url: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let (held, around) = (Held::gather(headers)?, Around::of(method, url, None)?);
        let lines = held.lines()?;
        // Last of all, since from here on no Python code may run.
        let body = bytes::body(body)?;
        if !self.engine.signs() {
            return Err(errors::unsupported(py, "without a signature one message cannot be told from another"));
        }
        match released(py, &body, |body| self.engine.identify(&around.delivery(&lines[..], body))) {
            Some(identity) => Ok(PyBytes::new(py, identity.as_bytes())),
            None => Err(errors::rejected(py, Rejection::MissingPart)),
        }
    }

    /// For how long messages must be remembered so that none is taken twice, in seconds: `window`, or the tolerance of the
    /// scheme, both ways together and one second more, if that is longer. It is what `ReplayMemory.take` wants.
    ///
    /// Raises `ConfigError`: `invalid_config` without a window if the scheme has no tolerance, so that its messages never expire;
    /// `unsupported` if the verifier checks no signature but a token, or nothing, so that messages cannot be told apart.
    #[pyo3(signature = (window = None))]
    fn replay_window(&self, py: Python<'_>, window: Option<&Bound<'_, PyAny>>) -> PyResult<f64> {
        replay::window(py, &self.engine, window)
    }

    /// Verifies many pairs of a signature and a body, as `verify_signature` does each of them, in a fraction of the time.
    ///
    /// Gives a verdict for each, in the same order: `Verified`, which is true in a condition, or `Rejection`, which is
    /// false. On up to `threads` cores, 1024 at the most, which pays for batches that take milliseconds.
    ///
    /// Raises `TypeError` for an item that is no such pair, `ValueError` for `threads` below 1 or above 1024.
    #[pyo3(signature = (batch, *, threads = 1))]
    fn verify_batch<'py>(&self, batch: &Bound<'py, PyAny>, threads: i128) -> PyResult<Bound<'py, PyList>> {
        batch::verify_signatures(&self.engine, batch, threads)
    }

    /// As `verify_batch`, for whole deliveries: each a `Delivery`, or a tuple of headers and body and, if they matter,
    /// method, URL and the moment at which it was received.
    #[pyo3(signature = (deliveries, *, threads = 1))]
    fn verify_deliveries<'py>(&self, deliveries: &Bound<'py, PyAny>, threads: i128) -> PyResult<Bound<'py, PyList>> {
        batch::verify_deliveries(&self.engine, deliveries, threads)
    }

    /// Verifies each row of an Arrow table or record batch, as `verify_signature` does, without copying the data.
    ///
    /// `data` is of pyarrow, polars, DuckDB or any other library with the Arrow PyCapsule interface; `signature` and
    /// `body` name its columns of bytes or text. Gives a number for each row: 0 for an authentic one, else the number of
    /// the rejection. Where the signature is null that is 1 (`missing_signature`), where the body is, 13
    /// (`missing_part`).
    ///
    /// Raises `KeyError` if a column is not there, `TypeError` if it is of another type.
    #[pyo3(signature = (data, *, signature = "signature", body = "body", threads = 1))]
    fn verify_arrow(&self, data: &Bound<'_, PyAny>, signature: &str, body: &str, threads: i128) -> PyResult<Codes> {
        arrow::verify(&self.engine, data, signature, body, threads)
    }

    /// Begins the verification of a body that arrives in pieces. The arguments are those of `verify`.
    ///
    /// Raises `Rejected` for what is wrong with the headers, before the body is read; `ConfigError` if the scheme needs
    /// the whole body at once.
    #[pyo3(signature = (headers, *, method = None, url = None, now = None))]
    fn begin(
        &self,
        py: Python<'_>,
        headers: &Bound<'_, PyAny>,
        method: Option<&Bound<'_, PyAny>>,
        url: Option<&Bound<'_, PyAny>>,
        now: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Stream> {
        let (held, around) = (Held::gather(headers)?, Around::of(method, url, now)?);
        let lines = held.lines()?;
        let streaming = self.engine.streaming().map_err(|error| errors::config(py, &error, false))?;
        let stream = streaming.begin(&around.head(&lines[..]), around.now);
        stream.map(Stream::new).map_err(|rejection| errors::rejected(py, rejection))
    }

    /// As `begin`, with the value of the signature's header alone.
    fn begin_signature(&self, py: Python<'_>, signature: &Bound<'_, PyAny>) -> PyResult<Stream> {
        let streaming = self.engine.streaming().map_err(|error| errors::config(py, &error, false))?;
        if signature.is_none() {
            return Err(errors::rejected(py, Rejection::MissingSignature));
        }
        let stream = streaming.begin_signature(&text::header(signature, || "the signature".to_owned())?);
        stream.map(Stream::new).map_err(|rejection| errors::rejected(py, rejection))
    }

    /// Tries the usual mistakes, and tells the first that makes a rejected delivery authentic.
    ///
    /// For an operator, never on the request path: it computes many MACs, and its answer would help a forger. The secret
    /// is given again, since a verifier does not keep it; it may be one that the verifier would not take.
    ///
    /// Raises `ConfigError` for a secret that cannot be used, unless a usual mistake explains that too.
    #[pyo3(signature = (headers, body, secret, *, method = None, url = None, now = None))]
    #[allow(clippy::too_many_arguments, reason = "they have names in Python")]
    fn explain(
        &self,
        py: Python<'_>,
        headers: &Bound<'_, PyAny>,
        body: &Bound<'_, PyAny>,
        secret: &Bound<'_, PyAny>,
        method: Option<&Bound<'_, PyAny>>,
        url: Option<&Bound<'_, PyAny>>,
        now: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Explanation> {
        let (held, around) = (Held::gather(headers)?, Around::of(method, url, now)?);
        let (lines, secrets) = (held.lines()?, secret::several(secret)?);
        let lines = headers::named(&lines);
        let lines: Vec<_> = lines.iter().map(|(name, value)| (&**name, *value)).collect();
        // Last of all, since from here on no Python code may run.
        let body = bytes::body(body)?;
        let explanation = self.scheme.explain(secrets, &around.delivery(&lines[..], body.as_slice()), around.now);
        explanation.map(Explanation::new).map_err(|error| errors::config(py, &error, false))
    }
}
