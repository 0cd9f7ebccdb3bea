//! The routes of the socket in the data folder that make, list and delete keys.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use http::StatusCode;
use tokio::task::spawn_blocking;

use crate::audit::Actor;
use crate::clock::Clock;
use crate::error_chain::chain;
use crate::keys::{Issued, Key, KeyError, Keys, NewKey};

/// An answer that says what was wrong.
type Refusal = (StatusCode, String);

#[derive(Clone)]
struct Control {
    keys: Arc<Keys>,
    clock: Clock,
}

/// The routes.
pub fn routes(keys: Arc<Keys>, clock: Clock) -> Router {
    Router::new()
        .route("/key-list", post(list))
        .route("/key-create", post(create))
        .route("/key-delete/{id}", post(delete))
        .with_state(Control { keys, clock })
}

async fn list(State(Control { keys, .. }): State<Control>) -> Json<Vec<Key>> {
    Json(keys.list())
}

async fn create(State(Control { keys, clock }): State<Control>, body: Bytes) -> Result<Json<Issued>, Refusal> {
    let new: NewKey = serde_json::from_slice(&body).map_err(|error| (StatusCode::BAD_REQUEST, format!("{error}\n")))?;
    // It waits for the disk.
    let created = spawn_blocking(move || keys.create(new, &Actor::Owner, clock.unix_micros())).await;
    match created.map_err(|_| ending())? {
        Ok(issued) => Ok(Json(issued)),
        Err(error @ KeyError::Metadata(_)) => Err((StatusCode::INTERNAL_SERVER_ERROR, format!("{}\n", chain(&error)))),
        Err(error) => Err((StatusCode::BAD_REQUEST, format!("{}\n", chain(&error)))),
    }
}

async fn delete(State(Control { keys, clock }): State<Control>, Path(id): Path<String>) -> Result<Json<bool>, Refusal> {
    let deleted = spawn_blocking(move || keys.delete(&id, &Actor::Owner, clock.unix_micros())).await;
    let deleted = deleted.map_err(|_| ending())?;
    deleted.map(Json).map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, format!("{}\n", chain(&error))))
}

fn ending() -> Refusal {
    (StatusCode::SERVICE_UNAVAILABLE, "the process is ending\n".to_owned())
}
