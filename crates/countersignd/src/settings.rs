//! Settings: flags, `COUNTERSIGND_*`, and a TOML file, in that order.

mod alerts;
mod error;
mod google;
mod groups;
mod limits;
mod options;
mod places;
mod services;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use crate::alerts::Url;
use crate::connections::Common;
use crate::guard::Hosts;
use crate::origin::{OriginSource, is_origin, read_network};
use crate::store_hosts::Allowed;
pub use alerts::{AlertOptions, Hidden};
pub use error::SettingsError;
pub use google::{GoogleCredentials, is_email};
use groups::groups;
pub use groups::{DestinationKind, Group};
pub use limits::Limits;
pub use options::Options;
use options::read;
pub use places::Place;
use places::places;
pub use services::{S3Key, Services};
use services::{endpoint, s3_key};

/// Settings that were checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folder of everything that is stored.
    pub data: PathBuf,
    /// The file of connections, beside those of the API.
    pub connections: Option<PathBuf>,
    /// The groups, of which there is at least one.
    pub groups: Vec<Group>,
    /// Where senders' requests are received.
    pub listen: SocketAddr,
    /// Where operators call: the management API, probes and metrics.
    pub admin_listen: SocketAddr,
    /// The names by which operators may call.
    pub admin_hosts: Hosts,
    /// Scheme and host that senders call.
    pub public_url: Option<String>,
    /// The proxies that are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Certificate and private key, for HTTPS.
    pub tls: Option<TlsFiles>,
    /// How long objects are kept that are committed; for ever without.
    pub retention: Option<Duration>,
    /// The bytes that the archive may have before that is an alarm; none for half of the disk.
    pub store_bytes: Option<u64>,
    /// Where the inbox is; none for the data folder.
    pub inbox: Option<Place>,
    /// Where the own store is; none for the data folder.
    pub store: Option<Place>,
    /// Where the services of buckets are.
    pub services: Services,
    /// Whether nothing is archived and synced.
    pub receive_only: bool,
    /// What bounds a request.
    pub limits: Limits,
    /// Who is told of alarms, and the file of the secret.
    pub alerts: Option<(Url, PathBuf)>,
    /// After how long a connection that has received nothing is an alarm; never without.
    pub silence: Option<Duration>,
}

/// The files of a certificate.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificate and those that it rests on, in PEM.
    pub certificate: PathBuf,
    /// Its private key, in PEM.
    pub key: PathBuf,
}

impl Settings {
    /// What all connections have in common.
    #[must_use]
    pub fn common(&self) -> Common {
        Common {
            origins: OriginSource::new(self.public_url.as_deref(), &self.trusted_proxies),
            endpoint_budget_bytes: self.limits.endpoint_budget_bytes(),
            body_bytes_max: self.limits.body_bytes_max,
        }
    }
}

impl Options {
    /// Fills in what the file says, and checks everything.
    ///
    /// # Errors
    /// If the file cannot be read or has a key that is not known, or a value is out of its range.
    ///
    /// # Panics
    /// Never.
    pub fn settings(self) -> Result<Settings, SettingsError> {
        let file = self.config.as_deref().map(read).transpose()?.unwrap_or_default();
        let defaults = Limits::default();
        let limits = Limits {
            body_bytes_max: self.max_body_bytes.or(file.max_body_bytes).unwrap_or(defaults.body_bytes_max),
            body_budget_bytes: self.body_budget_bytes.or(file.body_budget_bytes).unwrap_or(defaults.body_budget_bytes),
            connections_max: self.max_connections.or(file.max_connections).unwrap_or(defaults.connections_max),
            backlog_bytes: self.backlog_bytes.or(file.backlog_bytes),
            unauthentic_per_second: self
                .max_unauthentic_per_second
                .or(file.max_unauthentic_per_second)
                .unwrap_or(defaults.unauthentic_per_second),
            idle_timeout: self.idle_seconds.or(file.idle_seconds).map_or(defaults.idle_timeout, Duration::from_secs),
            ..defaults
        };
        if !(1..=48 << 20).contains(&limits.body_bytes_max) {
            return Err(SettingsError::new(
                "max_body_bytes",
                "must be 1 to 50331648: an event has room in one segment",
            ));
        }
        if limits.body_budget_bytes < 4 * limits.body_bytes_max {
            let least = 4 * limits.body_bytes_max;
            return Err(SettingsError::new(
                "body_budget_bytes",
                format!("must be at least four of the largest bodies: {least}"),
            ));
        }
        if limits.connections_max == 0 {
            return Err(SettingsError::new("max_connections", "must be at least 1"));
        }
        if limits.unauthentic_per_second == 0 {
            return Err(SettingsError::new("max_unauthentic_per_second", "must be at least 1"));
        }
        if !(1..=86_400).contains(&limits.idle_timeout.as_secs()) {
            return Err(SettingsError::new("idle_seconds", "must be 1 to 86400"));
        }
        let networks = if self.trusted_proxies.is_empty() { file.trusted_proxies } else { self.trusted_proxies };
        let networks: Result<_, _> = networks.iter().map(|network| read_network(network.trim())).collect();
        let trusted_proxies = networks.map_err(|error| SettingsError::new("trusted_proxies", error))?;
        let admin_hosts = if self.admin_hosts.is_empty() { file.admin_hosts } else { self.admin_hosts };
        let admin_hosts = Hosts::new(&admin_hosts).map_err(|error| SettingsError::new("admin_hosts", error))?;
        let tls = match (self.tls_cert.or(file.tls_cert), self.tls_key.or(file.tls_key)) {
            (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
            (None, None) => None,
            (Some(_), None) => return Err(SettingsError::new("tls_key", "is missing: tls_cert needs its private key")),
            (None, Some(_)) => return Err(SettingsError::new("tls_cert", "is missing: tls_key needs its certificate")),
        };
        let public_url = self.public_url.or(file.public_url).map(|url| url.trim_end_matches('/').to_owned());
        if public_url.as_deref().is_some_and(|url| !is_origin(url)) {
            return Err(SettingsError::new(
                "public_url",
                "must be scheme and host alone, such as https://hooks.example.com",
            ));
        }
        let groups = groups(if self.groups.is_empty() { file.groups } else { self.groups })?;
        let alerts = self.alerts.or(file.alerts);
        let at = |address: &str| address.parse().expect("an address");
        let data = self.data.or(file.data).unwrap_or_else(|| "./data".into());
        let [inbox, store] = places(&data, self.inbox.or(file.inbox).as_deref(), self.store.or(file.store).as_deref())?;
        let hosts = if self.allow_store_hosts.is_empty() { file.allow_store_hosts } else { self.allow_store_hosts };
        let services = Services {
            s3_endpoint: endpoint("s3_endpoint", self.s3_endpoint.or(file.s3_endpoint))?,
            sts_endpoint: endpoint("sts_endpoint", self.sts_endpoint.or(file.sts_endpoint))?,
            s3_key: s3_key(
                self.s3_access_key_id.or(file.s3_access_key_id),
                self.s3_secret_access_key_file.or(file.s3_secret_access_key_file),
            )?,
            azure_endpoint: endpoint("azure_endpoint", self.azure_endpoint.or(file.azure_endpoint))?,
            gcs_endpoint: endpoint("gcs_endpoint", self.gcs_endpoint.or(file.gcs_endpoint))?,
            allowed_hosts: Allowed::new(&hosts).map_err(|error| SettingsError::new("allow_store_hosts", error))?,
        };
        Ok(Settings {
            data,
            inbox,
            store,
            services,
            connections: self.connections.or(file.connections),
            groups,
            listen: self.listen.or(file.listen).unwrap_or_else(|| at("127.0.0.1:8080")),
            admin_listen: self.admin_listen.or(file.admin_listen).unwrap_or_else(|| at("127.0.0.1:8081")),
            admin_hosts,
            public_url,
            trusted_proxies,
            tls,
            retention: retention(self.retention.or(file.retention).as_deref())?,
            store_bytes: self.store_bytes.or(file.store_bytes),
            receive_only: self.receive_only || file.receive_only,
            limits,
            silence: alerts.silence()?,
            alerts: alerts.receiver()?,
        })
    }
}

/// Days, or for ever.
fn retention(text: Option<&str>) -> Result<Option<Duration>, SettingsError> {
    let days =
        match text {
            None => 30,
            Some("forever") => return Ok(None),
            Some(text) => text.parse().ok().filter(|days| (1..=36_500).contains(days)).ok_or_else(|| {
                SettingsError::new("retention", "must be a number of days, 1 to 36500, or \"forever\"")
            })?,
        };
    Ok(Some(Duration::from_secs(days * 86_400)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn settings(toml: &str, options: Options) -> Result<Settings, String> {
        let file = std::env::temp_dir().join(format!("countersignd-{}-{:p}.toml", std::process::id(), toml));
        std::fs::write(&file, toml).unwrap();
        let settings = Options { config: Some(file.clone()), ..options }.settings();
        std::fs::remove_file(&file).unwrap();
        settings.map_err(|error| error.to_string())
    }

    #[test]
    fn flags_come_before_the_file_and_the_file_before_the_defaults() {
        let toml = "data = '/file'\nconnections = 'c.json'\nlisten = '127.0.0.1:1'\npublic_url = 'https://h.example/'";
        let settings = settings(toml, Options { data: Some("/flag".into()), ..Options::default() }).unwrap();
        assert_eq!(settings.data, Path::new("/flag"));
        assert_eq!((settings.listen.port(), settings.admin_listen.port()), (1, 8081));
        assert_eq!(settings.public_url.unwrap(), "https://h.example");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let connections = "connections = 'c'\n";
        for (toml, part) in [
            ("[[groups]]\nid = 'a b'", "groups: \"a b\" must have 1 to 64 letters"),
            ("[[groups]]\nid = 'a'\n[[groups]]\nid = 'b'", "groups: there can be one"),
            ("[[groups]]\nid = 'a'\ndestination = 'oracle'", "expected `sqlite`"),
            ("connections = 'c'\n\nmax_bodybytes = 1", "line 3: unknown field `max_bodybytes`"),
            ("max_bodybytes = 1", "did you mean `max_body_bytes`?"),
            ("listen = 'here'", "line 1"),
            (&format!("{connections}max_body_bytes = 0"), "max_body_bytes: must be 1 to"),
            (&format!("{connections}body_budget_bytes = 7"), "four of the largest"),
            (&format!("{connections}max_connections = 0"), "at least 1"),
            (&format!("{connections}max_unauthentic_per_second = 0"), "at least 1"),
            (&format!("{connections}idle_seconds = 0"), "1 to 86400"),
            (&format!("{connections}retention = '0'"), "1 to 36500, or \"forever\""),
            (&format!("{connections}retention = 'a week'"), "1 to 36500, or \"forever\""),
            (
                &format!("{connections}trusted_proxies = ['10.0.0.0/8', 'proxy']"),
                "trusted_proxies: \"proxy\" is neither",
            ),
            (&format!("{connections}admin_hosts = ['http://a']"), "admin_hosts: \"http://a\" must be the name"),
            (&format!("{connections}tls_cert = 'c.pem'"), "tls_key: is missing"),
            (&format!("{connections}[alerts]\nurl = 'https://a'"), "alerts.secret_file: is missing"),
            (&format!("{connections}[alerts]\nsecret_file = 'f'"), "alerts.url: is missing"),
            (&format!("{connections}[alerts]\nsecret_file = 'f'\nurl = 'a'"), "alerts.url: must be a URL"),
            (&format!("{connections}[alerts]\nsilence_hours = 0"), "alerts.silence_hours: must be 1 to"),
            (&format!("{connections}[alerts]\nsilence = 1"), "unknown field `silence`"),
            (&format!("{connections}tls_key = 'k.pem'"), "tls_cert: is missing"),
            ("store = 'ftp://a'", "store: \"ftp://a\" must be a path, s3://BUCKET"),
            ("inbox = 'file://a'", "inbox: \"file://a\" must have an absolute path"),
            ("inbox = 'file:///a'\nstore = '/a/b'", "store: must be another place"),
            ("s3_endpoint = 'minio'", "s3_endpoint: must be scheme and host"),
            ("allow_store_hosts = ['a/b']", "allow_store_hosts: "),
            (&format!("{connections}public_url = 'hooks.example.com'"), "public_url: must be scheme and host"),
            (&format!("{connections}public_url = 'https://h.example/path'"), "public_url: must be scheme and host"),
        ] {
            let message = settings(toml, Options::default()).unwrap_err();
            assert!(message.contains(part), "{message}");
        }
    }
}
