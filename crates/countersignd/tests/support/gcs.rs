//! A small Google Cloud Storage: of its XML API, what the crate `object_store` asks for, with `x-goog-if-generation-match: 0`.
//!
//! <https://cloud.google.com/storage/docs/xml-api/reference-headers#xgoogifgenerationmatch>

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, put};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};

/// By bucket and key.
type Objects = Arc<Mutex<BTreeMap<(String, String), Bytes>>>;

/// Starts one on a port of this machine, in the runtime of whoever calls. Returns its scheme, host and port.
pub(crate) async fn start() -> String {
    let objects = Objects::default();
    let routes = Router::new()
        .route("/{bucket}/{*key}", put(write).get(read).delete(remove))
        .route("/{bucket}", get(list))
        .route("/{bucket}/", get(list))
        .layer(axum::extract::DefaultBodyLimit::max(64 << 20))
        .with_state(objects);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    endpoint
}

async fn write(
    State(objects): State<Objects>,
    Path(place): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let is_once = headers.get("x-goog-if-generation-match").is_some_and(|generation| generation == "0");
    let mut objects = objects.lock().unwrap();
    if is_once && objects.contains_key(&place) {
        return StatusCode::PRECONDITION_FAILED.into_response();
    }
    objects.insert(place, body);
    [(header::ETAG, "\"1\"")].into_response()
}

async fn read(State(objects): State<Objects>, Path(place): Path<(String, String)>) -> Response {
    match objects.lock().unwrap().get(&place) {
        Some(object) => {
            let headers = [(header::ETAG, "\"1\""), (header::LAST_MODIFIED, "Sun, 29 Nov 2026 00:00:00 GMT")];
            (headers, Body::from(object.clone())).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn remove(State(objects): State<Objects>, Path(place): Path<(String, String)>) -> StatusCode {
    let removed = objects.lock().unwrap().remove(&place);
    if removed.is_some() { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

async fn list(State(objects): State<Objects>, Path(bucket): Path<String>, RawQuery(query): RawQuery) -> String {
    let query = query.unwrap_or_default();
    let prefix = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "prefix");
    let prefix = prefix.map_or(String::new(), |(_, prefix)| prefix.into_owned());
    let mut text = "<ListBucketResult><IsTruncated>false</IsTruncated>".to_owned();
    let first = (bucket.clone(), prefix.clone());
    let is_in = |(of, key): &(String, String)| *of == bucket && key.starts_with(&prefix);
    for ((_, key), object) in objects.lock().unwrap().range(first..).take_while(|(place, _)| is_in(place)) {
        let size = object.len();
        let modified = "2026-11-29T00:00:00.000Z";
        write!(
            text,
            "<Contents><Key>{key}</Key><Size>{size}</Size><LastModified>{modified}</LastModified><ETag>\"1\"</ETag></Contents>"
        )
        .unwrap();
    }
    text + "</ListBucketResult>"
}
