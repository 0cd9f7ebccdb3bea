//! The exceptions, which are written in Python.

use countersign::{ConfigError, ConfigErrorKind, Rejection};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

static REJECTED: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static REPLAYED: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static CONFIG_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();

const MODULE: &str = "countersign_webhooks._errors";

/// `Rejected` for a delivery.
#[cold]
pub(crate) fn rejected(py: Python<'_>, rejection: Rejection) -> PyErr {
    match REJECTED.import(py, MODULE, "Rejected") {
        Ok(class) => PyErr::from_type(class.clone(), (rejection.name(), rejection.code(), rejection.message())),
        Err(error) => error,
    }
}

/// `Replayed` for a message that was accepted before.
#[cold]
pub(crate) fn replayed(py: Python<'_>, is_handled: bool) -> PyErr {
    match REPLAYED.import(py, MODULE, "Replayed") {
        Ok(class) => PyErr::from_type(class.clone(), (is_handled,)),
        Err(error) => error,
    }
}

/// `ConfigError`. It has a line only if the configuration was given as text.
#[cold]
pub(crate) fn config(py: Python<'_>, error: &ConfigError, from_text: bool) -> PyErr {
    let line = error.line().filter(|_| from_text);
    raise(py, error.kind(), error.message().to_owned(), line, error.field().map(str::to_owned))
}

/// `ConfigError` for an argument that is not passed to the engine.
#[cold]
pub(crate) fn invalid(py: Python<'_>, field: &str, message: String) -> PyErr {
    raise(py, ConfigErrorKind::InvalidConfig, message, None, Some(field.to_owned()))
}

/// `ConfigError` for what this verifier cannot do.
#[cold]
pub(crate) fn unsupported(py: Python<'_>, message: &str) -> PyErr {
    raise(py, ConfigErrorKind::Unsupported, message.to_owned(), None, None)
}

fn raise(py: Python<'_>, kind: ConfigErrorKind, message: String, line: Option<usize>, field: Option<String>) -> PyErr {
    match CONFIG_ERROR.import(py, MODULE, "ConfigError") {
        Ok(class) => PyErr::from_type(class.clone(), (kind.name(), kind.code(), message, line, field)),
        Err(error) => error,
    }
}
