//! Extractors for axum handlers: the verified body of a delivery, as bytes or as JSON.

use ::axum::extract::FromRequestParts;
use ::axum::response::{IntoResponse, Response};
use ::http::StatusCode;
use ::http::request::Parts;
use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::tower::{Authentic, telemetry};

/// The body of an authentic delivery, as it arrived. Needs a [`VerifyLayer`](crate::tower::VerifyLayer) without
/// [`pass_through`](crate::tower::VerifyLayer::pass_through) in front of the handler.
#[derive(Clone, Debug)]
pub struct VerifiedBody(pub Bytes);

/// The JSON in the body of an authentic delivery, as it arrived. Needs a [`VerifyLayer`](crate::tower::VerifyLayer)
/// without [`pass_through`](crate::tower::VerifyLayer::pass_through) in front of the handler.
///
/// If the body is not such JSON, the response is 400, and [log and metrics](crate::tower#logs-and-metrics) say so.
///
/// It does not decompress. If a layer between `VerifyLayer` and the handler decompresses bodies, use axum's own `Json`:
/// the handler gets nothing that was not verified.
#[derive(Clone, Debug)]
pub struct VerifiedJson<T>(pub T);

/// Why an extractor fails.
#[derive(Debug)]
#[non_exhaustive]
pub enum NotVerified {
    /// 500: there is no [`VerifyLayer`](crate::tower::VerifyLayer) in front of the handler, or it has
    /// [`pass_through`](crate::tower::VerifyLayer::pass_through). With the feature `tracing` the log says so.
    NoLayer,
    /// 400: the delivery is authentic, but its body is not the JSON that the handler expects. The text of the response
    /// says where, since the sender is authentic.
    Json(serde_json::Error),
    /// 400: the same, and the request had a `Content-Encoding`, such as `gzip`, which [`VerifiedJson`] does not decode.
    EncodedJson(serde_json::Error),
}

impl std::fmt::Display for NotVerified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoLayer => f.write_str(
                "there is no VerifyLayer in front of this handler, or it has pass_through, so nothing was verified",
            ),
            Self::Json(_) => f.write_str("the body is not the JSON that is expected here"),
            Self::EncodedJson(_) => f.write_str(
                "the body has a Content-Encoding, which is not decoded here, so it is not the JSON that is expected",
            ),
        }
    }
}

impl std::error::Error for NotVerified {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoLayer => None,
            Self::Json(error) | Self::EncodedJson(error) => Some(error),
        }
    }
}

impl IntoResponse for NotVerified {
    fn into_response(self) -> Response {
        match self {
            // The sender must not learn which layers there are.
            Self::NoLayer => (StatusCode::INTERNAL_SERVER_ERROR, "internal error\n").into_response(),
            Self::Json(ref error) | Self::EncodedJson(ref error) => {
                (StatusCode::BAD_REQUEST, format!("{self}: {error}\n")).into_response()
            }
        }
    }
}

impl<S: Sync> FromRequestParts<S> for VerifiedBody {
    type Rejection = NotVerified;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NotVerified> {
        Ok(Self(authentic(parts, "VerifiedBody")?.body().clone()))
    }
}

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for VerifiedJson<T> {
    type Rejection = NotVerified;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NotVerified> {
        let authentic = authentic(parts, "VerifiedJson")?;
        serde_json::from_slice(authentic.body()).map(Self).map_err(|error| {
            let (is_encoded, length) = (authentic.has_content_encoding(), authentic.body().len());
            telemetry::record_unexpected_json(authentic.endpoint(), &error, length, is_encoded);
            if is_encoded { NotVerified::EncodedJson(error) } else { NotVerified::Json(error) }
        })
    }
}

/// The delivery that the layer has verified. `extractor` is the name for the log.
fn authentic<'a>(parts: &'a Parts, extractor: &str) -> Result<&'a Authentic, NotVerified> {
    parts.extensions.get::<Authentic>().ok_or_else(|| {
        telemetry::record_missing_layer(extractor);
        NotVerified::NoLayer
    })
}
