//! The connections of a file.

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

use super::{Common, Connection, file, secrets};

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

/// The text of a connection without secrets.
fn masked(text: &str) -> String {
    let mut request: serde_json::Map<_, _> = serde_json::from_str(text).unwrap_or_default();
    secrets::take(&mut request);
    serde_json::Value::Object(request).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderName;

    use super::*;
    use crate::event_id::Dedupe;
    use crate::origin::OriginSource;

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
