//! The verbs that read the archive again.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use http::StatusCode;
use serde::de::DeserializeOwned;

use super::{Admin, stream};
use crate::connections::Connection;
use crate::error_chain::chain;
use crate::sync::dead_letters::Page;
use crate::sync::resync::Resync;
use crate::sync::retry::Retry;
use crate::sync::reverify::Reverify;
use crate::why::table::DeadLetter;

/// An answer that says what was wrong.
type Refusal = (StatusCode, String);

/// The routes.
pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new()
        .route("/resync/{id}", post(resync))
        .route("/dead-letters/{id}", post(dead_letters))
        .route("/retry/{id}", post(retry))
        .route("/reverify/{id}", post(reverify))
}

/// The connection with an id, or the answer that there is none.
pub(super) async fn connection(admin: &Admin, id: &str) -> Result<Arc<Connection>, Refusal> {
    match admin.collector.connections.with_id(id).await {
        Ok(found) => found.ok_or_else(|| (StatusCode::NOT_FOUND, format!("there is no connection {id:?}\n"))),
        Err(error) => Err((StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", chain(&error)))),
    }
}

/// What the body says, which may be empty.
fn details<T: DeserializeOwned + Default>(body: &Bytes) -> Result<T, Refusal> {
    if body.is_empty() {
        return Ok(T::default());
    }
    serde_json::from_slice(body).map_err(|error| (StatusCode::BAD_REQUEST, format!("{error}\n")))
}

async fn resync(State(admin): State<Arc<Admin>>, Path(id): Path<String>, body: Bytes) -> Result<Response, Refusal> {
    let (connection, resync) = (connection(&admin, &id).await?, details::<Resync>(&body)?);
    Ok(stream::answer(|progress| async move {
        let report = |far| {
            let _ = progress.send(far);
        };
        admin.syncer.resync(&connection, resync, report).await.map_err(|error| chain(&error))
    }))
}

async fn dead_letters(
    State(admin): State<Arc<Admin>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    match admin.syncer.dead_letters(&id, details::<Page>(&body)?).await {
        Ok(Some(page)) => Ok(Json(page).into_response()),
        // It has none before its first sync.
        Ok(None) => connection(&admin, &id).await.map(|_| Json(Vec::<DeadLetter>::new()).into_response()),
        Err(error) => Err((StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", chain(&error)))),
    }
}

async fn retry(State(admin): State<Arc<Admin>>, Path(id): Path<String>, body: Bytes) -> Result<Response, Refusal> {
    let (connection, retry) = (connection(&admin, &id).await?, details::<Retry>(&body)?);
    Ok(stream::answer(|progress| async move {
        let report = |far| {
            let _ = progress.send(far);
        };
        admin.syncer.retry(&connection, retry, report).await.map_err(|error| chain(&error))
    }))
}

async fn reverify(State(admin): State<Arc<Admin>>, Path(id): Path<String>, body: Bytes) -> Result<Response, Refusal> {
    let (connection, reverify) = (connection(&admin, &id).await?, details::<Reverify>(&body)?);
    Ok(stream::answer(|progress| async move {
        let report = |far| {
            let _ = progress.send(far);
        };
        admin.syncer.reverify(&connection, reverify, report).await.map_err(|error| chain(&error))
    }))
}
