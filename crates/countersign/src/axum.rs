//! Extractors for axum.

use ::http::StatusCode;
use ::http::request::Parts;
use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::tower::Authentic;

/// The body of an authentic delivery, as it came over the wire.
#[derive(Clone, Debug)]
pub struct VerifiedBody(pub Bytes);

/// The JSON in the body of an authentic delivery.
#[derive(Clone, Debug)]
pub struct VerifiedJson<T>(pub T);

/// Why there is no [`VerifiedBody`] or [`VerifiedJson`] for a handler.
#[derive(Debug)]
#[non_exhaustive]
pub enum NotVerified {
    /// 500: no [`VerifyLayer`](crate::tower::VerifyLayer) that collects bodies is in front of this handler.
    NoLayer,
    /// 400: it is authentic, but not the JSON that the handler wants. The text says where, to the authentic sender.
    Json(serde_json::Error),
}

impl std::fmt::Display for NotVerified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoLayer => f.write_str("there is no VerifyLayer in front of this handler, so nothing was verified"),
            Self::Json(_) => f.write_str("the body is not the JSON that is expected here"),
        }
    }
}

impl std::error::Error for NotVerified {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoLayer => None,
            Self::Json(error) => Some(error),
        }
    }
}

impl IntoResponse for NotVerified {
    fn into_response(self) -> Response {
        match self {
            // Which layers there are is not the sender's business.
            Self::NoLayer => (StatusCode::INTERNAL_SERVER_ERROR, "internal error\n").into_response(),
            Self::Json(ref error) => (StatusCode::BAD_REQUEST, format!("{self}: {error}\n")).into_response(),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for VerifiedBody {
    type Rejection = NotVerified;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NotVerified> {
        let authentic = parts.extensions.get::<Authentic>().ok_or(NotVerified::NoLayer)?;
        Ok(Self(authentic.body().clone()))
    }
}

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for VerifiedJson<T> {
    type Rejection = NotVerified;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NotVerified> {
        let authentic = parts.extensions.get::<Authentic>().ok_or(NotVerified::NoLayer)?;
        serde_json::from_slice(authentic.body()).map(Self).map_err(NotVerified::Json)
    }
}
