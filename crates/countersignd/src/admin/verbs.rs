//! The verbs that make rows anew.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use countersign_inbox::disk::Disk;
use http::StatusCode;
use serde::de::DeserializeOwned;

use super::{Admin, stream};
use crate::connections::Connection;
use crate::error_chain::chain;
use crate::sync::resync::Resync;

/// An answer that says what was wrong.
type Refusal = (StatusCode, String);

/// The routes.
pub(super) fn routes<D: Disk>() -> Router<Arc<Admin<D>>> {
    Router::new().route("/resync/{id}", post(resync::<D>))
}

/// The connection with an id, or the answer that there is none.
pub(super) fn connection<D: Disk>(admin: &Admin<D>, id: &str) -> Result<Arc<Connection>, Refusal> {
    let connections = admin.collector.connections.current();
    let found = connections.iter().find(|one| one.id == id).cloned();
    found.ok_or_else(|| (StatusCode::NOT_FOUND, format!("there is no connection {id:?}\n")))
}

/// What the body says, which may be empty.
fn details<T: DeserializeOwned + Default>(body: &Bytes) -> Result<T, Refusal> {
    if body.is_empty() {
        return Ok(T::default());
    }
    serde_json::from_slice(body).map_err(|error| (StatusCode::BAD_REQUEST, format!("{error}\n")))
}

async fn resync<D: Disk>(
    State(admin): State<Arc<Admin<D>>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let (connection, resync) = (connection(&admin, &id)?, details::<Resync>(&body)?);
    Ok(stream::answer(|progress| async move {
        let report = |far| {
            let _ = progress.send(far);
        };
        admin.syncer.resync(&connection, resync, report).await.map_err(|error| chain(&error))
    }))
}
