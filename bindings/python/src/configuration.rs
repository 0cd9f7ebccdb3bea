//! Reads connections, schemes and presets, given as JSON text or as the result of `json.loads`.

use countersign::{ConfigError, Connection, SIGNATURE_HEADER, Scheme, Tolerance};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use serde_json::json;
use zeroize::Zeroizing;

use crate::bytes::kind;
use crate::errors;

/// JSON text.
struct Json {
    /// A connection contains secrets.
    text: Zeroizing<String>,
    /// Whether it was given as text, so that line numbers are meaningful.
    is_given: bool,
}

impl Json {
    /// # Errors
    /// `TypeError` for anything that is neither text nor a `dict`, and the errors of `json.dumps`.
    fn of(object: &Bound<'_, PyAny>, what: &str) -> PyResult<Self> {
        if let Ok(text) = object.cast::<PyString>() {
            let text = text.to_str().map_err(|_| PyValueError::new_err(format!("the {what} is not Unicode text")))?;
            return Ok(Self { text: Zeroizing::new(text.to_owned()), is_given: true });
        }
        if !object.is_instance_of::<PyDict>() {
            let message = format!("the {what} must be a dict or JSON in a str, not {}", kind(object));
            return Err(PyTypeError::new_err(message));
        }
        let text = object.py().import("json")?.call_method1("dumps", (object,))?.extract()?;
        Ok(Self { text: Zeroizing::new(text), is_given: false })
    }
}

/// Makes a verifier or signer from a connection.
///
/// # Errors
/// `ConfigError`, and those of [`Json::of`].
pub(crate) fn connection<T>(
    given: &Bound<'_, PyAny>,
    make: impl FnOnce(Connection) -> Result<T, ConfigError>,
) -> PyResult<T> {
    let json = Json::of(given, "connection")?;
    let result = Connection::from_json(&json.text).and_then(make);
    result.map_err(|error| errors::config(given.py(), &error, json.is_given))
}

/// Makes a verifier or signer from a scheme.
///
/// # Errors
/// As [`connection`].
pub(crate) fn scheme<T>(
    given: &Bound<'_, PyAny>,
    tolerance: Option<&Bound<'_, PyAny>>,
    make: impl FnOnce(Scheme) -> Result<T, ConfigError>,
) -> PyResult<T> {
    let (json, tolerance) = (Json::of(given, "scheme")?, seconds(tolerance)?);
    let result = Scheme::from_json(&json.text).and_then(|scheme| make(limited(scheme, tolerance)?));
    result.map_err(|error| errors::config(given.py(), &error, json.is_given))
}

/// Makes a verifier or signer from a preset.
///
/// # Errors
/// As [`connection`].
pub(crate) fn preset<T>(
    py: Python<'_>,
    name: &str,
    tolerance: Option<&Bound<'_, PyAny>>,
    make: impl FnOnce(Scheme) -> Result<T, ConfigError>,
) -> PyResult<T> {
    let tolerance = seconds(tolerance)?;
    let result = Scheme::preset(name).and_then(|scheme| make(limited(scheme, tolerance)?));
    result.map_err(|error| errors::config(py, &error, false))
}

/// Makes a verifier or signer for HMAC over the body.
///
/// # Errors
/// As [`connection`].
pub(crate) fn hmac<T>(
    py: Python<'_>,
    algorithm: &str,
    encoding: &str,
    header: Option<&str>,
    make: impl FnOnce(Scheme) -> Result<T, ConfigError>,
) -> PyResult<T> {
    // As JSON, so that errors have the same texts.
    let header = header.unwrap_or(SIGNATURE_HEADER);
    let json = json!({"signature": {"header": header}, "algorithm": algorithm, "encoding": encoding});
    let result = Scheme::from_json(&json.to_string()).and_then(make);
    result.map_err(|error| errors::config(py, &error, false))
}

fn limited(scheme: Scheme, tolerance: Option<Tolerance>) -> Result<Scheme, ConfigError> {
    match tolerance {
        Some(tolerance) => scheme.with_tolerance(tolerance),
        None => Ok(scheme),
    }
}

/// Seconds for both directions, or a pair for past and future.
fn seconds(given: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Tolerance>> {
    let Some(given) = given else { return Ok(None) };
    let both = given.extract().map(Tolerance::both);
    let tolerance = both.or_else(|_| given.extract().map(|(past, future)| Tolerance { past, future }));
    tolerance.map(Some).map_err(|_| {
        PyValueError::new_err("the tolerance must be whole seconds, 0 or more, or a pair of them for past and future")
    })
}
