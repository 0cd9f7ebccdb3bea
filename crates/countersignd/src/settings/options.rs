//! What can be set: by flags, by the environment, and in a TOML file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;

use crate::settings::alerts::AlertOptions;
use crate::settings::error::SettingsError;
use crate::settings::groups::Group;

/// What can be set. A name is that of the flag, of `COUNTERSIGND_NAME` and of the key in the file.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[allow(rustdoc::bare_urls, reason = "the texts are the help of the program")]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// A TOML file with these settings; flags and environment come before it.
    #[arg(long, env = "COUNTERSIGND_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,

    /// The folder of everything that is stored. One process at a time may use it. [default: ./data]
    #[arg(long, env = "COUNTERSIGND_DATA", value_name = "FOLDER")]
    pub data: Option<PathBuf>,

    /// A JSON array of connections, each with "id" and "endpoint" beside, if some stand in a file. SIGHUP reads it again.
    #[arg(long, env = "COUNTERSIGND_CONNECTIONS", value_name = "FILE")]
    pub connections: Option<PathBuf>,

    /// Where senders' requests are received. [default: 127.0.0.1:8080]
    #[arg(long, env = "COUNTERSIGND_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,

    /// Where operators call: the management API, probes and metrics. [default: 127.0.0.1:8081]
    #[arg(long, env = "COUNTERSIGND_ADMIN_LISTEN", value_name = "ADDRESS")]
    pub admin_listen: Option<SocketAddr>,

    /// Names by which operators call, beside localhost and addresses: what a browser calls by another name is refused.
    #[arg(long, env = "COUNTERSIGND_ADMIN_HOSTS", value_name = "NAME", value_delimiter = ',')]
    #[serde(default)]
    pub admin_hosts: Vec<String>,

    /// Scheme and host that senders call, such as https://hooks.example.com, for senders that sign the URL.
    #[arg(long, env = "COUNTERSIGND_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// The most bytes that the body of a delivery may have. [default: 33554432]
    #[arg(long, env = "COUNTERSIGND_MAX_BODY_BYTES", value_name = "BYTES")]
    pub max_body_bytes: Option<u64>,

    /// The bytes of all bodies that are held at once; at least four of the largest. [default: 268435456]
    #[arg(long, env = "COUNTERSIGND_BODY_BUDGET_BYTES", value_name = "BYTES")]
    pub body_budget_bytes: Option<u64>,

    /// How many deliveries a second that are not authentic one connection takes; past it, its requests are answered with 429 for a
    /// second. [default: 100]
    #[arg(long, env = "COUNTERSIGND_MAX_UNAUTHENTIC_PER_SECOND", value_name = "NUMBER")]
    pub max_unauthentic_per_second: Option<u32>,

    /// The networks of proxies whose X-Forwarded-Proto, X-Forwarded-Host and Host say what senders call, if there is no public_url.
    #[arg(long, env = "COUNTERSIGND_TRUSTED_PROXIES", value_name = "NETWORK", value_delimiter = ',')]
    #[serde(default)]
    pub trusted_proxies: Vec<String>,

    /// A file with the certificate and those that it rests on (PEM), for HTTPS where senders call. SIGHUP reads it again.
    #[arg(long, env = "COUNTERSIGND_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// The file with the private key of that certificate (PEM).
    #[arg(long, env = "COUNTERSIGND_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// The seconds after which a TCP connection is closed that has no request, or reads nothing of its answers; more than the proxy in front keeps one. [default: 60]
    #[arg(long, env = "COUNTERSIGND_IDLE_SECONDS", value_name = "SECONDS")]
    pub idle_seconds: Option<u64>,

    /// The bytes of events that one connection may have in the inbox; past it, that connection alone is answered with 503. [default: a
    /// tenth of the disk, or 64 GiB of an inbox in a bucket]
    #[arg(long, env = "COUNTERSIGND_BACKLOG_BYTES", value_name = "BYTES")]
    pub backlog_bytes: Option<u64>,

    /// How many days objects of the archive are kept once their events are in a table, or `forever`. [default: 30]
    #[arg(long, env = "COUNTERSIGND_RETENTION", value_name = "DAYS")]
    pub retention: Option<String>,

    /// The bytes that the archive of the data folder may have. Beyond 80 % of it is an alarm; nothing is refused. [default: half of the
    /// disk; a bucket has no bound]
    #[arg(long, env = "COUNTERSIGND_STORE_BYTES", value_name = "BYTES")]
    pub store_bytes: Option<u64>,

    /// Where events are kept from the 200 until they are archived: a folder of this machine, or s3://BUCKET/PREFIX,
    /// az://ACCOUNT/CONTAINER/PREFIX, gs://BUCKET/PREFIX or file:///FOLDER, which outlive it. [default: the folder `inbox` of the data
    /// folder]
    #[arg(long, env = "COUNTERSIGND_INBOX", value_name = "PLACE")]
    pub inbox: Option<String>,

    /// Where the archive of connections without a bucket of their own is: a folder or a bucket, as for the inbox. [default: the folder
    /// `store` of the data folder]
    #[arg(long, env = "COUNTERSIGND_STORE", value_name = "PLACE")]
    pub store: Option<String>,

    /// Scheme and host of S3, if it is not at AWS, such as https://minio.example.com. The region is that of AWS_REGION.
    #[arg(long, env = "COUNTERSIGND_S3_ENDPOINT", value_name = "URL")]
    pub s3_endpoint: Option<String>,

    /// Scheme and host of the service that roles of AWS are assumed from, if it is not at AWS.
    #[arg(long, env = "COUNTERSIGND_STS_ENDPOINT", value_name = "URL")]
    pub sts_endpoint: Option<String>,

    /// The id of the key with which S3 is called and roles are assumed. [default: AWS_ACCESS_KEY_ID, or what else AWS's tools would find]
    #[arg(long, env = "COUNTERSIGND_S3_ACCESS_KEY_ID", value_name = "ID")]
    pub s3_access_key_id: Option<String>,

    /// A file with the secret of that key. Not everybody may read it.
    #[arg(long, env = "COUNTERSIGND_S3_SECRET_ACCESS_KEY_FILE", value_name = "FILE")]
    pub s3_secret_access_key_file: Option<PathBuf>,

    /// Scheme and host of Azure Blob Storage for inbox and store, if it is not at Azure. The account is then the first part of the path.
    #[arg(long, env = "COUNTERSIGND_AZURE_ENDPOINT", value_name = "URL")]
    pub azure_endpoint: Option<String>,

    /// Scheme and host of Google Cloud Storage, if it is not at Google.
    #[arg(long, env = "COUNTERSIGND_GCS_ENDPOINT", value_name = "URL")]
    pub gcs_endpoint: Option<String>,

    /// Hosts of stores that connections may name although they are of no known service: a name, all names with an end such as
    /// .example.com, or http://HOST:PORT.
    #[arg(long, env = "COUNTERSIGND_ALLOW_STORE_HOSTS", value_name = "HOST", value_delimiter = ',')]
    #[serde(default)]
    pub allow_store_hosts: Vec<String>,

    /// Receives and keeps, and neither archives nor syncs: while the archive is being repaired, for example.
    #[arg(long, env = "COUNTERSIGND_RECEIVE_ONLY", action = clap::ArgAction::SetTrue)]
    #[serde(default)]
    pub receive_only: bool,

    /// How many TCP connections of senders there may be at once. [default: 10000]
    #[arg(long, env = "COUNTERSIGND_MAX_CONNECTIONS", value_name = "NUMBER")]
    pub max_connections: Option<usize>,

    /// The groups of connections, each of which has a destination. Only the file can name them.
    #[arg(skip)]
    #[serde(default)]
    pub groups: Vec<Group>,

    /// Who is told of alarms.
    #[command(flatten)]
    #[serde(default)]
    pub alerts: AlertOptions,
}

/// Reads a TOML file.
pub(super) fn read(file: &Path) -> Result<Options, SettingsError> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| SettingsError::new(&name, error))?;
    toml::from_str(&text).map_err(|error: toml::de::Error| {
        let message = error.message();
        let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`'));
        let nearest = unknown.and_then(|(unknown, rest)| nearest(unknown, rest));
        let advice = nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
        let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
        let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        SettingsError::new(name, format!("{line}{message}{advice}"))
    })
}

/// The nearest of the names in backticks, if one is near.
fn nearest<'a>(unknown: &str, rest: &'a str) -> Option<&'a str> {
    let known = rest.split('`').skip(1).step_by(2);
    let near = known.map(|name| (strsim::damerau_levenshtein(unknown, name), name)).min()?;
    (near.0 <= 3).then_some(near.1)
}
