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
pub mod rate;
pub mod schedule;
pub mod secrets;
mod table;
pub mod traffic;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
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
use crate::origin::OriginSource;
use crate::random;

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

/// The connections of a file.
#[derive(Debug, Default)]
pub struct Connections {
    by_endpoint: HashMap<Uuid, Arc<Connection>>,
    by_id: HashMap<String, (Uuid, Box<str>)>,
}

/// Why a file of connections cannot be used.
#[derive(Debug)]
pub enum ConnectionsError {
    /// It cannot be read.
    Unreadable(PathBuf, std::io::Error),
    /// Something in it is wrong.
    Wrong {
        /// The file.
        file: PathBuf,
        /// Which connection: its id or its place in the array; empty if it is none.
        connection: String,
        /// What is wrong.
        message: String,
    },
}

impl fmt::Display for ConnectionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(file, _) => write!(f, "cannot read {}", file.display()),
            Self::Wrong { file, connection, message } if connection.is_empty() => {
                write!(f, "{}: {message}", file.display())
            }
            Self::Wrong { file, connection, message } => write!(f, "{}: {connection}: {message}", file.display()),
        }
    }
}

impl Error for ConnectionsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreadable(_, error) => Some(error),
            Self::Wrong { .. } => None,
        }
    }
}

impl Connections {
    /// Reads a file. `configuration` is the number of what is read. What was counted of the connections of before goes on.
    ///
    /// # Errors
    /// If the file cannot be read, or a connection in it is wrong: which one, which field, and what is allowed.
    pub fn read(path: &Path, common: &Common, configuration: u64, before: &Self) -> Result<Self, ConnectionsError> {
        let before: HashMap<&str, &Arc<Connection>> =
            before.iter().map(|connection| (connection.id.as_str(), connection)).collect();
        let text =
            std::fs::read_to_string(path).map_err(|error| ConnectionsError::Unreadable(path.to_owned(), error))?;
        let wrong =
            |connection: String, message| ConnectionsError::Wrong { file: path.to_owned(), connection, message };
        let entries = file::entries(&text).map_err(|message| wrong(String::new(), message))?;
        let mut connections = Self::default();
        let mut tables = BTreeSet::new();
        for (place, entry) in entries.iter().enumerate() {
            let entry =
                file::Entry::read(entry).map_err(|message| wrong(format!("connection {}", place + 1), message))?;
            let id = entry.id.clone();
            let wrong = |message| wrong(format!("connection {id}"), message);
            if connections.by_id.contains_key(&id) {
                return Err(wrong("this \"id\" stands at an earlier connection too".to_owned()));
            }
            let endpoint = entry.endpoint;
            connections.by_id.insert(id.clone(), (endpoint, masked(entries[place].get()).into()));
            let earlier = before.get(id.as_str()).map(|connection| &***connection);
            let (configured, _) = entry.configured().map_err(&wrong)?;
            let connection = Connection::new(entry, &configured, common, configuration, earlier).map_err(&wrong)?;
            let table = [&connection.table.schema, &connection.table.name].map(|name| name.to_lowercase());
            if !tables.insert(table) {
                return Err(wrong("this \"schema\" and \"table\" stand at an earlier connection too".to_owned()));
            }
            if connections.by_endpoint.insert(endpoint, Arc::new(connection)).is_some() {
                return Err(wrong("this \"endpoint\" stands at an earlier connection too".to_owned()));
            }
        }
        Ok(connections)
    }

    /// The connection with this endpoint.
    #[must_use]
    pub fn at(&self, endpoint: Uuid) -> Option<&Arc<Connection>> {
        self.by_endpoint.get(&endpoint)
    }

    /// The connection with this id, its endpoint, and its request body without secrets.
    #[must_use]
    pub fn with_id(&self, id: &str) -> Option<(&Arc<Connection>, Uuid, &str)> {
        let (endpoint, request) = self.by_id.get(id)?;
        Some((self.by_endpoint.get(endpoint)?, *endpoint, request))
    }

    /// The ids of all, sorted.
    #[must_use]
    pub fn ids(&self) -> Vec<&str> {
        let mut ids: Vec<_> = self.by_id.keys().map(String::as_str).collect();
        ids.sort_unstable();
        ids
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_endpoint.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_endpoint.is_empty()
    }

    /// All of them, in any order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Connection>> {
        self.by_endpoint.values()
    }
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

/// The text of a connection without secrets.
fn masked(text: &str) -> String {
    let mut request: serde_json::Map<_, _> = serde_json::from_str(text).unwrap_or_default();
    secrets::take(&mut request);
    serde_json::Value::Object(request).to_string()
}

/// The URL that a sender called.
fn called_url(origin: &str, parts: &Parts, query: &str) -> String {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    believed_url(parts.method.as_str(), &format!("{origin}{path}"), query).into_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Connections, String> {
        let file = std::env::temp_dir().join(format!("connections-{}-{:p}.json", std::process::id(), text));
        std::fs::write(&file, text).unwrap();
        let common =
            Common { origins: OriginSource::default(), endpoint_budget_bytes: 1 << 20, body_bytes_max: 1 << 16 };
        let connections = Connections::read(&file, &common, 7, &Connections::default());
        std::fs::remove_file(&file).unwrap();
        connections.map_err(|error| error.to_string().split_once(".json: ").unwrap().1.to_owned())
    }

    fn one(outer: &str, config: &str) -> String {
        format!(
            r#"[{{{outer} "service": "webhooks", "group_id": "g", "config": {{"schema": "s", "table": "t", {config}}}}}]"#
        )
    }

    const OUTER: &str = r#""id": "speedy_otter", "endpoint": "3f1f6f2e-7f0b-4c6e-9d3b-1c5a9e1f2a3b","#;
    const HMAC: &str = r#""auth_method": "HMAC", "auth_secret": "a-secret-of-some-length""#;

    #[test]
    fn a_connection_is_what_the_collector_needs() {
        let connections =
            read(&one(OUTER, &format!(r#"{HMAC}, "dedupe": "body", "keep_headers": ["X-Shop"]"#))).unwrap();
        let connection = connections.at(Uuid::parse_str("3f1f6f2e-7f0b-4c6e-9d3b-1c5a9e1f2a3b").unwrap()).unwrap();
        assert_eq!(
            (connection.id.as_str(), connection.dedupe, connection.configuration),
            ("speedy_otter", Dedupe::Body, 7)
        );
        let kept: Vec<_> = connection.kept_headers.names().iter().map(HeaderName::as_str).collect();
        assert_eq!(kept, ["content-encoding", "content-type", "user-agent", "x-fivetran-hmac-sign", "x-shop"]);
        assert!(!connection.takes_get && connection.token_header.is_none());
        let token =
            read(&one(OUTER, r#""auth_method": "TOKEN_BASED", "auth_secret": "a-token", "auth_header_key": "X-T""#))
                .unwrap();
        let token = token.iter().next().unwrap();
        assert!(token.takes_get && token.token_header.as_ref().unwrap() == "x-t");
        let slack = read(&one(OUTER, r#""scheme": "slack", "auth_secret": "a-secret-of-some-length""#)).unwrap();
        assert_eq!(slack.iter().next().unwrap().answer_deadline, Duration::from_millis(2400));
    }

    #[test]
    fn what_is_wrong_is_said_of_which_connection_and_field() {
        let two = |a: &str, b: &str| format!("[{}, {}]", &a[1..a.len() - 1], &b[1..b.len() - 1]);
        let good = one(OUTER, HMAC);
        let other_id = one(&OUTER.replace("speedy", "slow"), HMAC);
        let other_endpoint = one(&OUTER.replace("3f1f", "4f1f"), HMAC);
        for (text, part) in [
            ("{}".to_owned(), "an array of connections"),
            ("[".to_owned(), "line 1"),
            ("[1]".to_owned(), "connection 1: "),
            (one("", HMAC), r#"connection 1: "id" is missing"#),
            (one(r#""id": "x","#, HMAC), r#"connection 1: "endpoint" is missing"#),
            (one(&OUTER.replace("speedy_otter", "a b"), HMAC), r#""id" may have"#),
            (one(&OUTER.replace("-4c6e", "-1c6e"), HMAC), "version 4"),
            (one(OUTER, r#""sync_format": "Packed""#), "connection speedy_otter: "),
            (one(OUTER, &format!(r#"{HMAC}, "dedupe": "never""#)), "`auto`, `id`, `body`, `off`"),
            (one(OUTER, &format!(r#"{HMAC}, "keep_headers": ["a b"]"#)), r#""a b" is no name"#),
            (one(OUTER, &format!(r#"{HMAC}, "auth_secret": "b""#)), "auth_secret"),
            (one(OUTER, &format!(r#"{HMAC}, "dedupe": "id", "dedupe": "off""#)), "dedupe"),
            (one(OUTER, &format!(r#"{HMAC}, "colour": "red""#)), "colour"),
            (one(OUTER, &format!(r#"{HMAC}, "rate_limit": 0"#)), "\"rate_limit\" must be at least 1"),
            (one(OUTER, &format!(r#"{HMAC}, "rate_limit": -1"#)), "rate_limit"),
            (one(OUTER, &format!(r#"{HMAC}, "max_body_bytes": 65537"#)), "must be 1 to 65536"),
            (one(OUTER, &format!(r#"{HMAC}, "cors_origins": ["example.com"]"#)), "is no origin"),
            (one(OUTER, r#""scheme": "twilio", "auth_secret": "a-secret-of-some-length""#), "--public-url"),
            (two(&good, &other_endpoint), r#"connection speedy_otter: this "id""#),
            (two(&good, &other_id.replace(r#""t""#, r#""u""#)), r#"connection slow_otter: this "endpoint""#),
            (two(&good, &other_id.replace(r#""t""#, r#""T""#)), r#"connection slow_otter: this "schema" and "table""#),
            (one(OUTER, &format!(r#"{HMAC}, "schema_policy": "drop""#)), "`evolve` or `freeze`"),
            (format!("[{HMAC}]").replace('[', "[{").replace(']', "}]"), "is missing"),
        ] {
            let message = read(&text).unwrap_err();
            assert!(message.contains(part), "{message:?} does not say {part:?}: {text}");
            assert!(!message.contains("a-secret"), "{message}");
        }
    }
}
