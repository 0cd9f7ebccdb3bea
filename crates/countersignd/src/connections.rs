//! Connections, as the collector needs them: of a file, which is a JSON array of request bodies of `POST /v1/connections`, each with `id`
//! and `endpoint` beside; or of one such body.
//!
//! What concerns authentication is read by `countersign`, which refuses unknown and repeated fields. The fields of this service are taken
//! out before.

pub mod bucket;
pub mod cors;
pub mod described;
mod file;
pub mod kept;
mod of_file;
pub mod rate;
pub mod schedule;
pub mod secrets;
mod table;
pub mod traffic;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use countersign::connection::Connection as Configured;
use countersign::engine::Scheme as CoreScheme;
use countersign::tower::Endpoint;
use countersign::{ConfigError, Scheme, Secret, Verifier};
use countersign_tables::Table;
use http::request::Parts;
use http::{HeaderName, Method};
use uuid::Uuid;

use crate::connections::bucket::Bucket;
use crate::connections::cors::Origins;
use crate::connections::kept::{KeptHeaders, header_name};
use crate::connections::schedule::Schedule;
use crate::connections::traffic::Traffic;
use crate::event_id::Dedupe;
use crate::origin::{self, OriginSource};
use crate::random;
pub use of_file::{Connections, ConnectionsError};

/// How long a sender is kept waiting at most, unless it is known to wait for less.
const ANSWER_DEADLINE: Duration = Duration::from_secs(8);

/// A connection, as the collector needs it.
pub struct Connection {
    /// Its API id.
    pub id: String,
    /// How its deliveries are verified.
    pub endpoint: Arc<Endpoint>,
    /// What makes two deliveries one event.
    pub dedupe: Dedupe,
    /// Whether a repetition can be told from another event: by the body, or by an id that its sender may give.
    pub recognises_repetitions: bool,
    /// The headers that are stored.
    pub kept_headers: KeptHeaders,
    /// The header that holds a token, whose value is not stored.
    pub token_header: Option<HeaderName>,
    /// Whether a GET can be an event: something in its URL or a header authenticates it, or nothing is checked.
    pub takes_get: bool,
    /// When an event that is not durable is answered with 503.
    pub answer_deadline: Duration,
    /// The authentic deliveries that it takes in a second; any number without.
    pub rate_limit: Option<u32>,
    /// The pages that may send to it.
    pub origins: Origins,
    /// The query of the URL that its sender was given.
    url_query: String,
    /// The table that its events become rows of.
    pub table: Table,
    /// When it is synced.
    pub schedule: Schedule,
    /// What came to it while the process runs.
    pub traffic: Arc<Traffic>,
    /// When this configuration was made or loaded, in microseconds since 1970.
    pub configuration: u64,
    /// Whether it says how deliveries are authenticated. If it does not, everything is refused.
    pub is_complete: bool,
    /// What verifies with the secrets of before, if they are kept: no delivery, only what is archived.
    pub past_verifier: Option<Verifier>,
    /// The bucket of its customer in which it is archived; none for the own store.
    pub bucket: Option<Bucket>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What all connections have in common.
#[derive(Clone, Debug)]
pub struct Common {
    /// How the scheme and host that a sender called are found.
    pub origins: OriginSource,
    /// The most bytes that bodies of deliveries to one endpoint take in memory together.
    pub endpoint_budget_bytes: u64,
    /// The most bytes of a body.
    pub body_bytes_max: u64,
}

impl Connection {
    /// The URL that the signature of a delivery was made for, of which this method and URL were stored.
    #[must_use]
    pub fn signed_url<'a>(&self, method: &str, url: &'a str) -> Cow<'a, str> {
        believed_url(method, url, &self.url_query)
    }

    /// The connection of a request body of the API, with the secrets that it had before. What was counted of the one of before goes on.
    ///
    /// # Errors
    /// What is wrong with which field, and what is allowed.
    pub fn of_request(
        id: &str,
        endpoint: Uuid,
        request: &str,
        past_secrets: &[String],
        common: &Common,
        configuration: u64,
        earlier: Option<&Self>,
    ) -> Result<Self, String> {
        let entry = file::Entry::of_request(id.to_owned(), endpoint, request)?;
        let (configured, _) = entry.configured()?;
        let mut connection = Self::new(entry, &configured, common, configuration, earlier)?;
        if !past_secrets.is_empty() && connection.is_complete {
            // Of another scheme they may be no secrets at all.
            let secrets: Vec<Secret> = past_secrets.iter().map(|secret| Secret::new(secret.as_str())).collect();
            connection.past_verifier = configured.verifier_with(&secrets).ok().filter(Verifier::signs);
        }
        Ok(connection)
    }

    fn new(
        entry: file::Entry,
        connection: &Configured,
        common: &Common,
        configuration: u64,
        earlier: Option<&Self>,
    ) -> Result<Self, String> {
        let request = connection.request.as_ref().ok_or(
            "\"service\" and \"config\" are missing: a connection is the whole request body, not its config alone",
        )?;
        let is_complete = is_complete(connection);
        let closed = if is_complete || !entry.is_of_api { None } else { Some(closed()?) };
        let authentication = closed.as_ref().unwrap_or(connection);
        let scheme = authentication.scheme().map_err(|error| in_field(&error))?;
        let verifier = authentication.verifier().map_err(|error| in_field(&error))?;
        let reads_url = verifier.reads_url();
        if reads_url && common.origins.is_empty() {
            return Err("its sender signs the URL: say with --public-url which scheme and host senders call, or with \
                        --trusted-proxies which proxies say so"
                .to_owned());
        }
        let origins = common.origins.clone();
        let url_query = entry.url_query.clone().unwrap_or_default();
        let query = url_query.clone();
        let endpoint = Endpoint::from(verifier)
            .named(entry.id.clone())
            .url(move |parts| Some(called_url(&origins.origin(parts)?, parts, &query)));
        let endpoint = match earlier {
            Some(earlier) => endpoint.body_budget_of(&earlier.endpoint),
            None => endpoint.body_budget(common.endpoint_budget_bytes),
        };
        let endpoint = match entry.max_body_bytes {
            Some(bytes) if (1..=common.body_bytes_max).contains(&bytes) => endpoint.body_limit(bytes),
            Some(_) => {
                return Err(format!(
                    "\"max_body_bytes\" must be 1 to {}, which is --max-body-bytes",
                    common.body_bytes_max
                ));
            }
            None => endpoint,
        };
        if entry.rate_limit == Some(0) {
            return Err("\"rate_limit\" must be at least 1; without it there is no limit".to_owned());
        }
        let (token_header, takes_get) = match scheme.core() {
            CoreScheme::Hmac(_) => (None, reads_url),
            CoreScheme::Token { header } => (Some(header_name(header)?), true),
            CoreScheme::None => (None, true),
        };
        let table = table::of(connection, &entry)?;
        Ok(Self {
            recognises_repetitions: recognises_repetitions(entry.dedupe, &scheme),
            id: entry.id,
            endpoint: Arc::new(endpoint),
            dedupe: entry.dedupe,
            kept_headers: KeptHeaders::of(&scheme, &entry.keep_headers)?,
            token_header,
            takes_get,
            answer_deadline: answer_deadline(scheme.answer_within()),
            rate_limit: entry.rate_limit,
            url_query,
            table,
            schedule: Schedule::of(request),
            origins: Origins::new(&entry.cors_origins).map_err(|error| format!("\"cors_origins\": {error}"))?,
            traffic: earlier.map_or_else(Arc::default, |earlier| Arc::clone(&earlier.traffic)),
            configuration,
            is_complete,
            past_verifier: None,
            bucket: Bucket::of(&connection.config.bucket, &request.group_id),
        })
    }
}

/// Whether it is said how deliveries are authenticated.
fn is_complete(connection: &Configured) -> bool {
    connection.config.auth_method.is_some() || connection.config.scheme.is_some()
}

/// Whether a repetition can be told from another event.
fn recognises_repetitions(dedupe: Dedupe, scheme: &Scheme) -> bool {
    let places = scheme.delivery_id_places();
    match dedupe {
        Dedupe::Auto => !places.is_empty(),
        Dedupe::Id => places.iter().any(|place| place.is_signed),
        Dedupe::Body => true,
        Dedupe::Off => false,
    }
}

/// What refuses everything: HMAC with a secret that nobody knows.
fn closed() -> Result<Configured, String> {
    let config = format!(r#"{{"auth_method": "HMAC", "auth_secret": "{}"}}"#, random::hex::<32>());
    Configured::from_json(&config).map_err(|error| in_field(&error))
}

/// What is wrong with which field.
fn in_field(error: &ConfigError) -> String {
    match error.field() {
        Some(field) => format!("{field}: {}", error.message()),
        None => error.message().to_owned(),
    }
}

/// The URL that a sender called.
fn called_url(origin: &str, parts: &Parts, query: &str) -> String {
    believed_url(parts.method.as_str(), &format!("{origin}{}", origin::path(parts)), query).into_owned()
}

/// What is believed of a URL that was called. Where it stands before the body in the signed text, bytes could be moved from the body into the
/// query, so the query of a request with a body is not believed: it is the one that the sender was given. That of a GET is the event itself.
fn believed_url<'a>(method: &str, url: &'a str, query: &str) -> Cow<'a, str> {
    if method == Method::GET.as_str() {
        return Cow::Borrowed(url);
    }
    let path = url.split_once('?').map_or(url, |(path, _)| path);
    if query.is_empty() { Cow::Borrowed(path) } else { Cow::Owned(format!("{path}?{query}")) }
}

/// Four fifths of what the sender waits for, and at most [`ANSWER_DEADLINE`].
fn answer_deadline(answer_within: Option<u32>) -> Duration {
    answer_within.map_or(ANSWER_DEADLINE, |seconds| ANSWER_DEADLINE.min(Duration::from_secs(seconds.into()) * 4 / 5))
}
