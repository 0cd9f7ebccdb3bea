//! From a request to an operation: media types, who asks, the body, the query; and back to an answer.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::{Map, Value};

use super::Api;
use super::account::{account_info, list_users};
use super::answer::{Outcome, Refusal};
use super::call::Call;
use super::json;
use super::query::Query;
use super::routes::{Body, Match, Operation, Route, find};
use crate::keys::{Keys, Principal};

/// The most bytes of a request body.
const BODY_BYTES_MAX: usize = 1 << 20;

/// Who is let in.
#[derive(Clone, Debug)]
pub enum Access {
    /// Whoever can ask is the owner of the data folder: of the socket that nobody else can open.
    Owner,
    /// Who has one of these keys.
    Keys(Arc<Keys>),
}

impl Access {
    fn authenticate(&self, headers: &HeaderMap, now: i64) -> Result<Principal, Refusal> {
        match self {
            Self::Owner => Ok(Principal::owner()),
            Self::Keys(keys) => {
                keys.authenticate(headers, now).map_err(|error| Refusal::unauthorized(error.to_string()))
            }
        }
    }
}

/// All routes of the API, for whoever is let in.
pub fn routes(api: &Arc<Api>, access: Access) -> Router {
    let api = Arc::clone(api);
    Router::new().fallback(move |request: Request| {
        let (api, access) = (Arc::clone(&api), access.clone());
        async move { answer(api, &access, request).await }
    })
}

async fn answer(api: Arc<Api>, access: &Access, request: Request) -> Response {
    match operate(api, access, request).await {
        Ok(answer) => answer.into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn operate(api: Arc<Api>, access: &Access, request: Request) -> Outcome {
    let (parts, body) = request.into_parts();
    if !parts.uri.path().starts_with("/v1/") {
        return Err(no_route());
    }
    let principal = access.authenticate(&parts.headers, api.collector.clock.unix_micros())?;
    let (route, names) = match find(&parts.method, parts.uri.path()) {
        Match::Route(route, names) => (route, names),
        Match::Methods(allowed) => return Err(Refusal::wrong_method(&allowed)),
        Match::Nothing => return Err(no_route()),
    };
    if route.changes && !principal.may_manage() {
        return Err(Refusal::forbidden("This key may only read: its scope must be \"manage\""));
    }
    check_accept(&parts.headers)?;
    let query = Query::read(parts.uri.query().unwrap_or_default(), route.query)?;
    let body = read_body(route, &parts.headers, body).await?;
    let call = Call { principal, names, query, body };
    match route.operation {
        Operation::CreateConnection => api.create_connection(call).await,
        Operation::ListConnections => api.list_connections(call).await,
        Operation::ConnectionDetails => api.connection_details(call).await,
        Operation::ModifyConnection => api.modify_connection(call).await,
        Operation::DeleteConnection => api.delete_connection(call).await,
        Operation::SyncConnection => api.sync_connection(call, false).await,
        Operation::ForceSync => api.sync_connection(call, true).await,
        Operation::ResyncConnection => api.resync_connection(call).await,
        Operation::TestConnection => api.test_connection(call).await,
        Operation::RotateEndpoint => api.rotate_endpoint(call).await,
        Operation::ListEvents => api.list_events(call).await,
        Operation::ListGroups => api.list_groups(&call),
        Operation::GroupDetails => api.group_details(&call),
        Operation::GroupServiceAccount => api.group_service_account(&call).await,
        Operation::ListConnectionsOfGroup => api.list_connections_of_group(call).await,
        Operation::AccountInfo => Ok(account_info(&call)),
        Operation::ListUsers => list_users(&call),
    }
}

fn no_route() -> Refusal {
    let message = "HTTP 404 Not Found: there is no such route; /openapi.json lists them";
    Refusal::new(StatusCode::NOT_FOUND, "NotFound", message)
}

/// The answers are JSON.
fn check_accept(headers: &HeaderMap) -> Result<(), Refusal> {
    let accepted: Vec<&str> = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let mut types = accepted.iter().flat_map(|value| value.split(',')).map(media_type).filter(|name| !name.is_empty());
    let fits = |name: String| ["*/*", "application/*", "application/json"].contains(&name.as_str());
    if accepted.iter().all(|value| value.trim().is_empty()) || types.any(fits) {
        return Ok(());
    }
    let message = "The header Accept must allow application/json, which the answers are";
    Err(Refusal::new(StatusCode::NOT_ACCEPTABLE, "NotAcceptable", message))
}

/// A media type without its parameters, in lower case.
fn media_type(value: &str) -> String {
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

async fn read_body(route: &Route, headers: &HeaderMap, body: axum::body::Body) -> Result<Map<String, Value>, Refusal> {
    let is_large = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let too_large = || {
        let message = format!("The body may have at most {BODY_BYTES_MAX} bytes");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLarge", message)
    };
    if is_large.is_some_and(|length: usize| length > BODY_BYTES_MAX) {
        return Err(too_large());
    }
    let read = Limited::new(body, BODY_BYTES_MAX).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            too_large()
        } else {
            Refusal::invalid("The body has not arrived as a whole")
        }
    });
    let bytes = read?.to_bytes();
    let text = bytes.trim_ascii();
    match (route.body, text.is_empty()) {
        (Body::None, _) | (Body::Optional(_), true) => return Ok(Map::new()),
        (Body::Required(_), true) => return Err(Refusal::invalid("The body is empty; a JSON object is required")),
        _ => {}
    }
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(media_type);
    if content_type.as_deref() != Some("application/json") {
        let message = "The header Content-Type must be application/json";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message));
    }
    json::object(text).map_err(Refusal::invalid)
}
