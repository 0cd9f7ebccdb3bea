//! The verifier.

use countersign::engine::{AlgorithmRule, HmacScheme, Scheme as CoreScheme};
use countersign::{ConfigError, Rejection, Scheme, Secret, Verifier as Engine, printable};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::arrow::{self, Codes};
use crate::batch;
use crate::bytes::{self, released};
use crate::configuration;
use crate::delivery::Around;
use crate::delivery_id::DeliveryId;
use crate::errors;
use crate::explanation::Explanation;
use crate::handshake::Handshake;
use crate::headers::{self, Held};
use crate::replay;
use crate::secret;
use crate::stream::{self, Stream};
use crate::text;
use crate::verdict::{self, Verified};
use crate::whole;

/// Verifies deliveries. Make it once; it can be shared between threads.
///
/// `Verifier(secret)` is for HMAC over the body alone; for other schemes, use the static methods. `secret` is one
/// secret, or a list of up to 8 for rotation: `str` (its bytes in UTF-8), bytes, or `Secret`. `algorithm` is SHA_256,
/// SHA_512, SHA_384, SHA_224, SHA_1, MD5 or INFER_FROM_HEADER, `encoding` BASE64, HEXA_DECIMAL or BASE64_URL. `header`
/// is the header in which `verify` looks for the signature, by default `X-Fivetran-Hmac-Sign`.
///
/// It keeps no secrets, only keys made from them, and wipes those when it is freed. It cannot be pickled: make one in
/// each process.
///
/// Raises `ConfigError`, whose text says what is wrong and what to do.
#[pyclass(frozen, module = "countersign_webhooks")]
#[derive(Debug)]
pub(crate) struct Verifier {
    engine: Engine,
    scheme: Scheme,
    /// How many secrets it has.
    secrets: usize,
}

impl Verifier {
    fn of(scheme: Scheme, secrets: Vec<Secret>) -> Result<Self, ConfigError> {
        let count = secrets.len();
        Ok(Self { engine: scheme.verifier(secrets)?, scheme, secrets: count })
    }

    /// # Errors
    /// `ConfigError` if messages cannot be identified.
    fn check_signs(&self, py: Python<'_>) -> PyResult<()> {
        if self.engine.signs() {
            return Ok(());
        }
        Err(errors::unsupported(py, "without a signature one message cannot be told from another"))
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

    fn __repr__(&self) -> String {
        let s = if self.secrets == 1 { "" } else { "s" };
        format!("<Verifier {}, {} secret{s}>", shown(&self.scheme, self.engine.header()), self.secrets)
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

    /// A known sender, such as `github` or `stripe`; `presets()` lists them. Another of its names, such as `whatsapp` for
    /// `meta`, finds it too; PRESETS.md lists those.
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
    /// `secret` replaces the secrets in it, for secrets that are kept elsewhere. `None` is an error, and not the same
    /// as omitting it.
    ///
    /// Only an explicit `{"auth_method": "NONE"}` makes a verifier that accepts every delivery unchecked.
    ///
    /// Raises `ConfigError`.
    #[staticmethod]
    #[pyo3(signature = (connection, secret = None), text_signature = "(connection, secret=...)")]
    fn from_connection(
        connection: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = secret::in_place)] secret: Option<Vec<Secret>>,
    ) -> PyResult<Self> {
        configuration::connection(connection, |connection| {
            let secrets = secret.unwrap_or_else(|| connection.config.secrets.clone());
            Ok(Self {
                engine: connection.verifier_with(&secrets)?,
                scheme: connection.scheme()?,
                secrets: secrets.len(),
            })
        })
    }

    /// The name of the header that has the signature or token; the first, if there can be several.
    #[getter]
    fn header(&self) -> &str {
        self.engine.header()
    }

    /// Whether the sender signs the URL, so that `verify` needs `url`.
    ///
    /// Build it from an origin that you configure and from the path and query of the request, never from the `Host`
    /// header, which the sender chooses.
    ///
    /// Refuse a query that you did not give the sender, or pass the URL that you gave it as a constant. If the URL
    /// touches the body in the signed text (PRESETS.md in the repository lists the presets for which it does), the end of the query can be moved
    /// into the body, and back, and the signature still fits.
    #[getter]
    fn signs_url(&self) -> bool {
        self.engine.reads_url()
    }

    /// Whether the sender signs nothing but the body, or parts of it, apart from literal text and the secret: no timestamp, no id
    /// in a header, no URL and no method.
    ///
    /// Two events with equal bodies then have one identity, and a memory of identities loses the second. If the sender gives ids,
    /// remember `hashlib.sha256(identity + found.text.encode()).digest()` in its place, with the `delivery_id` as `found`. Do that
    /// for such senders only: for others, whoever has recorded a delivery could have it handled again with another id.
    ///
    /// It is false for a token, if the verifier checks nothing, and for the formats in which each message lists what it signs
    /// (`jwt`, `rfc9421` and `draft-cavage`), since it can sign more than the body.
    #[getter]
    fn signs_body_alone(&self) -> bool {
        self.engine.signs_body_alone()
    }

    /// Decides whether `signature`, the value of the signature's header, belongs to `body`.
    ///
    /// For schemes that sign only the body and values in that one header. Pass `None` if the header is absent.
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

    /// Decides whether a delivery is authentic, and fresh if its sender signs a timestamp.
    ///
    /// `headers` are a mapping, pairs, a WSGI environ, or the headers of a request in Starlette, FastAPI, Flask, Django
    /// and others; the type `Headers` lists the forms. `body` is the raw body as it was received. `method` and `url` matter
    /// for senders that sign them; the URL is the one that the sender called. `now` is when the delivery was received:
    /// seconds since 1970, or a `datetime` with a time zone; by default, the current time.
    ///
    /// Raises `Rejected`; `TypeError` for other types, such as a body that is text; `ValueError` for a `now` that looks like
    /// milliseconds or has no time zone.
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
        // Must come last, since no Python code may run from here on.
        let body = bytes::body(body)?;
        let verdict = released(py, &body, |body| self.engine.verify(&around.delivery(&lines[..], body), around.now));
        match verdict {
            Ok(verified) => verdict::verified(py, verified),
            Err(rejection) => Err(errors::rejected(py, rejection)),
        }
    }

    /// Identifies the message of an authentic delivery by 32 bytes, so that a repetition can be recognised. They are
    /// made from the id if that is signed, otherwise from the whole signed text; they do not depend on the secret.
    ///
    /// They are the same each time that a message is sent, in every process, also after secrets have changed, and
    /// different for every other message. Call it after `verify`: a forger can give a delivery any identity. An
    /// unsigned id is ignored, since anyone who replays a message can change it.
    ///
    /// `body` is the whole body that was verified. With an empty one, different messages of a sender that signs no id have
    /// one identity, and a memory of identities loses all but the first. For a body that arrives in pieces, use
    /// `begin_identified`.
    ///
    /// Raises `ConfigError` if the verifier checks a token or nothing; `Rejected` with the code 13 for a delivery in
    /// which the signature or a signed part is absent or malformed. It does not check whether the signature is right:
    /// call `verify` first.
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
        // Must come last, since no Python code may run from here on.
        let body = bytes::body(body)?;
        self.check_signs(py)?;
        match released(py, &body, |body| self.engine.identify(&around.delivery(&lines[..], body))) {
            Some(identity) => Ok(PyBytes::new(py, identity.as_bytes())),
            None => Err(errors::rejected(py, Rejection::MissingPart)),
        }
    }

    /// Finds the id by which a repetition of a delivery is recognised, if the scheme says where its sender puts one
    /// (`id_from`) and it is there; `None` if not. It does not look at whether the delivery is authentic: call `verify`
    /// first.
    ///
    /// Unlike `identify`, it also reads ids that are not signed: in headers, in the query of the URL, and in JSON and form
    /// bodies. No id is looked for in a body with a `Content-Encoding`. These are no id: a header, parameter or JSON name
    /// that occurs twice, a value that is neither text nor a number, and a value that contains control characters or is
    /// longer than 1024 bytes.
    ///
    /// Raises `TypeError` for other types, such as a body that is text.
    #[pyo3(signature = (headers, body, *, method = None, url = None))]
    fn delivery_id<'py>(
        &self,
        py: Python<'py>,
        headers: &Bound<'py, PyAny>,
        body: &Bound<'py, PyAny>,
        method: Option<&Bound<'py, PyAny>>,
        url: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Option<DeliveryId>> {
        let (held, around) = (Held::gather(headers)?, Around::of(method, url, None)?);
        let lines = held.lines()?;
        // Must come last, since no Python code may run from here on.
        let body = bytes::body(body)?;
        let id = released(py, &body, |body| self.engine.delivery_id(&around.delivery(&lines[..], body)));
        Ok(id.map(DeliveryId::from))
    }

    /// Answers the handshake of a sender: some send no event before the endpoint has answered a challenge. `None` if the
    /// request is no handshake. Call it before `verify`: most handshakes are not signed, and none is an event.
    ///
    /// `method` is the request method, which decides. `url` needs only the path and query here. Where the sender signs the
    /// handshake, only an authentic one is answered, so pass all that `verify` needs. Send `status`, `headers` and `body` of
    /// the answer back unchanged. If it has a `secret`, the sender chooses the secret: answer only while someone has opened
    /// the endpoint for a new one.
    ///
    /// The text to be repeated or signed must have the form of a token: 1 to 512 letters, digits and `-._~+/`, and `=` where it
    /// is repeated only.
    ///
    /// Raises `TypeError` for other types, such as a body that is text.
    #[pyo3(signature = (headers, body, *, method, url = None, now = None))]
    fn handshake<'py>(
        &self,
        py: Python<'py>,
        headers: &Bound<'py, PyAny>,
        body: &Bound<'py, PyAny>,
        method: &Bound<'py, PyAny>,
        url: Option<&Bound<'py, PyAny>>,
        now: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Option<Handshake>> {
        let (held, around) = (Held::gather(headers)?, Around::of(Some(method), url, now)?);
        let lines = held.lines()?;
        // Must come last, since no Python code may run from here on.
        let body = bytes::body(body)?;
        let answer = released(py, &body, |body| self.engine.handshake(&around.delivery(&lines[..], body), around.now));
        Ok(answer.map(Handshake::from))
    }

    /// For how long messages must be remembered so that none is accepted twice, in seconds: `window`, or the sum of
    /// the scheme's two tolerances plus one second, whichever is longer. Pass it to `ReplayMemory.take`.
    ///
    /// Raises `ConfigError`: `invalid_config` without a window if the scheme has no tolerance, so that its messages
    /// never expire; `unsupported` if the verifier checks a token or nothing, since messages then cannot be
    /// distinguished.
    #[pyo3(signature = (window = None))]
    fn replay_window(&self, py: Python<'_>, window: Option<&Bound<'_, PyAny>>) -> PyResult<f64> {
        replay::window(py, &self.engine, window)
    }

    /// Verifies many pairs of a signature and a body, each like `verify_signature`, in a fraction of the time.
    ///
    /// Returns a verdict for each, in the same order: `Verified`, which is true in a condition, or `Rejection`, which
    /// is false. Uses up to `threads` cores, at most 1024, which pays for batches that take milliseconds.
    ///
    /// Raises `TypeError` for an item that is not such a pair, `ValueError` for `threads` below 1 or above 1024.
    #[pyo3(signature = (batch, *, threads = 1))]
    fn verify_batch<'py>(
        &self,
        batch: &Bound<'py, PyAny>,
        #[pyo3(from_py_with = whole::read)] threads: i128,
    ) -> PyResult<Bound<'py, PyList>> {
        batch::verify_signatures(&self.engine, batch, threads)
    }

    /// Like `verify_batch`, for whole deliveries: each a `Delivery`, or a tuple of headers and body and, if they
    /// matter, method, URL and the time at which it was received.
    #[pyo3(signature = (deliveries, *, threads = 1))]
    fn verify_deliveries<'py>(
        &self,
        deliveries: &Bound<'py, PyAny>,
        #[pyo3(from_py_with = whole::read)] threads: i128,
    ) -> PyResult<Bound<'py, PyList>> {
        batch::verify_deliveries(&self.engine, deliveries, threads)
    }

    /// Verifies each row of an Arrow table or record batch, like `verify_signature`, without copying the data.
    ///
    /// `data` comes from pyarrow, polars, DuckDB or any other library with the Arrow PyCapsule interface; `signature`
    /// and `body` name its columns of bytes or text. Returns a number for each row: 0 if it is authentic, otherwise the
    /// number of the rejection. A null signature gives 1 (`missing_signature`), a null body 13 (`missing_part`).
    ///
    /// Raises `KeyError` if a column is missing, `TypeError` if it has another type.
    #[pyo3(signature = (data, *, signature = "signature", body = "body", threads = 1))]
    fn verify_arrow(
        &self,
        data: &Bound<'_, PyAny>,
        signature: &str,
        body: &str,
        #[pyo3(from_py_with = whole::read)] threads: i128,
    ) -> PyResult<Codes> {
        arrow::verify(&self.engine, data, signature, body, threads)
    }

    /// Begins the verification of a body that arrives in pieces. The arguments are those of `verify`. To recognise
    /// repetitions, use `begin_identified`.
    ///
    /// Raises `Rejected` if the headers are at fault, before the body is read; `ConfigError` if the scheme needs the
    /// whole body at once.
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
        Stream::begun(py, streaming.begin(&around.head(&lines[..]), around.now).map(stream::Engine::Verifying))
    }

    /// Like `begin`, for a stream that also identifies the message: after `finish`, its `identity` returns what `identify`
    /// would return for the whole delivery. The body is hashed a second time, unless the sender signs an id.
    ///
    /// Raises as `begin`, and `ConfigError` also if the verifier checks a token or nothing, since messages then cannot be
    /// told from each other.
    #[pyo3(signature = (headers, *, method = None, url = None, now = None))]
    fn begin_identified(
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
        self.check_signs(py)?;
        Stream::begun(
            py,
            streaming.begin_identified(&around.head(&lines[..]), around.now).map(stream::Engine::Identifying),
        )
    }

    /// Like `begin`, with only the value of the signature's header.
    fn begin_signature(&self, py: Python<'_>, signature: &Bound<'_, PyAny>) -> PyResult<Stream> {
        let streaming = self.engine.streaming().map_err(|error| errors::config(py, &error, false))?;
        if signature.is_none() {
            return Err(errors::rejected(py, Rejection::MissingSignature));
        }
        let signature = text::header(signature, || "the signature".to_owned())?;
        Stream::begun(py, streaming.begin_signature(&signature).map(stream::Engine::Verifying))
    }

    /// Tries the common mistakes, and returns the first that, once corrected, makes a rejected delivery authentic.
    ///
    /// For an operator, never on the request path: it computes many MACs, and its answer would help a forger. Pass the
    /// secret again, since a verifier does not keep it; it may be one that the verifier would not accept.
    ///
    /// Raises `ConfigError` for a secret that cannot be used, unless a common mistake explains that too.
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
        // Must come last, since no Python code may run from here on.
        let body = bytes::body(body)?;
        let explanation = self.scheme.explain(secrets, &around.delivery(&lines[..], body.as_slice()), around.now);
        explanation.map(Explanation::new).map_err(|error| errors::config(py, &error, false))
    }
}

/// What a scheme is, for `repr`: its name if it has one, what is checked, and the header with the signature or token.
fn shown(scheme: &Scheme, header: &str) -> String {
    let checked = match scheme.core() {
        CoreScheme::Hmac(HmacScheme { algorithm, encoding, .. }) => {
            let algorithm = match algorithm {
                AlgorithmRule::Fixed(algorithm) => algorithm.name(),
                _ => "INFER_FROM_HEADER",
            };
            let kind = if scheme.is_hmac() { "" } else { "plain hash " };
            format!("{kind}{algorithm} in {} in {header}", encoding.name())
        }
        CoreScheme::Token { .. } => format!("token in {header}"),
        CoreScheme::None => "that checks nothing".to_owned(),
    };
    scheme.name().map_or_else(String::new, |name| format!("{}: ", printable(name))) + &checked
}
