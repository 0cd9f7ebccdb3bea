//! Answers in the envelope of the API: `{"code", "message", "data"}`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::Value;
use tracing::error;

use crate::error_chain::chain;
use crate::source::stored::StoredError;

/// What was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub(super) status: StatusCode,
    pub(super) message: Option<String>,
    pub(super) data: Option<Value>,
}

/// Why nothing was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) header: Option<(HeaderName, HeaderValue)>,
}

/// What an operation comes to.
pub(super) type Outcome = Result<Answer, Refusal>;

impl Answer {
    pub(super) fn data(data: Value) -> Self {
        Self { status: StatusCode::OK, message: None, data: Some(data) }
    }

    pub(super) fn message(message: impl Into<String>) -> Self {
        Self { status: StatusCode::OK, message: Some(message.into()), data: None }
    }

    pub(super) fn with_message(self, message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..self }
    }

    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), header: None }
    }

    /// Something in the request is wrong: which field, and what is allowed.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidInput", message)
    }

    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "Conflict", message)
    }

    pub(super) fn no_connection(id: &str) -> Self {
        let message = format!("Cannot find connection with id '{}'", id.escape_debug());
        Self::new(StatusCode::NOT_FOUND, "NotFound_Connection", message)
    }

    /// Whoever asks must say who they are.
    #[must_use]
    pub fn unauthorized(message: impl Into<String>) -> Self {
        let basic = HeaderValue::from_static("Basic realm=\"countersignd\", charset=\"UTF-8\"");
        let refusal = Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", message);
        Self { header: Some((WWW_AUTHENTICATE, basic)), ..refusal }
    }

    /// Whoever asks may not.
    #[must_use]
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message)
    }

    pub(super) fn wrong_method(allowed: &str) -> Self {
        let message = format!("This method cannot be used here; allowed are {allowed}");
        let header = HeaderValue::try_from(allowed).ok().map(|allowed| (ALLOW, allowed));
        Self { header, ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message) }
    }

    /// What went wrong here. It is logged, since whoever asks cannot mend it.
    pub(super) fn failed(error: &dyn std::error::Error) -> Self {
        error!("a request to the API has failed: {}", chain(error));
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", chain(error))
    }

    pub(super) fn ending() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", "The process is ending: try again")
    }
}

impl From<StoredError> for Refusal {
    fn from(error: StoredError) -> Self {
        Self::failed(&error)
    }
}

impl From<crate::metadata::MetadataError> for Refusal {
    fn from(error: crate::metadata::MetadataError) -> Self {
        Self::failed(&error)
    }
}

#[derive(Serialize)]
struct Envelope<'a> {
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let envelope = Envelope { code: "Success", message: self.message.as_deref(), data: self.data.as_ref() };
        (self.status, Json(envelope)).into_response()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let envelope = Envelope { code: self.code, message: Some(&self.message), data: None };
        let mut response = (self.status, Json(envelope)).into_response();
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
