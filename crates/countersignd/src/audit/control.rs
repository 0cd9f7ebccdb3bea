//! The route of the socket in the data folder that lists who changed what.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use crate::audit::Entry;
use crate::error_chain::chain;
use crate::metadata::{Metadata, MetadataError};

/// Which entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Of one connection or key; of all without.
    pub subject: Option<String>,
    /// Those with numbers below; the latest without.
    pub before: Option<i64>,
    /// How many at most.
    pub limit: usize,
}

impl Page {
    /// The entries, the latest first.
    ///
    /// # Errors
    /// Of the database.
    pub fn read(&self, metadata: &Metadata) -> Result<Vec<Entry>, MetadataError> {
        metadata.audited(self.subject.as_deref(), self.before, self.limit)
    }
}

/// The route.
pub fn routes(metadata: Arc<Metadata>) -> Router {
    Router::new().route("/audit", post(list)).with_state(metadata)
}

async fn list(State(metadata): State<Arc<Metadata>>, body: Bytes) -> Result<Json<Vec<Entry>>, (StatusCode, String)> {
    let page: Page = serde_json::from_slice(&body).map_err(|error| (StatusCode::BAD_REQUEST, format!("{error}\n")))?;
    match spawn_blocking(move || page.read(&metadata)).await {
        Ok(Ok(entries)) => Ok(Json(entries)),
        Ok(Err(error)) => Err((StatusCode::INTERNAL_SERVER_ERROR, format!("{}\n", chain(&error)))),
        Err(_) => Err((StatusCode::SERVICE_UNAVAILABLE, "the process is ending\n".to_owned())),
    }
}
