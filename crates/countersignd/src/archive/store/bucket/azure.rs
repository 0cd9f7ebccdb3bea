//! Containers of Azure Blob Storage: those of others by a URL whose signature (SAS) grants access, the operator's own with the credentials of
//! this machine.

mod credentials;

use std::fmt;
use std::sync::Arc;

use countersign::Secret;
use object_store::azure::MicrosoftAzureBuilder;
use url::Url;

use super::http::Guard;
use super::{Buckets, cannot_open, retries};
use crate::archive::store::{Objects, StoreError};
use crate::store_hosts::Service;

/// The hosts of Azure's clouds: `{account}.blob.core…`.
const SUFFIXES: [&str; 3] = [".blob.core.windows.net", ".blob.core.usgovcloudapi.net", ".blob.core.chinacloudapi.cn"];

/// A container, and what grants access to it.
#[derive(Clone)]
pub struct Container {
    /// Scheme, host and port.
    origin: Url,
    /// The name of the storage account.
    account: String,
    /// Its name.
    name: String,
    /// The signature and what it signs.
    query: Vec<(String, String)>,
}

impl fmt::Debug for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id())
    }
}

impl Container {
    /// Reads the URL of a container with its signature.
    ///
    /// # Errors
    /// What is wrong with it, without a part of it.
    pub fn read(sas_url: &Secret) -> Result<Self, &'static str> {
        let url = std::str::from_utf8(sas_url.expose()).ok().and_then(|url| Url::parse(url.trim()).ok());
        let url = url.ok_or("is not a URL; it is https://ACCOUNT.blob.core.windows.net/CONTAINER?…&sig=…")?;
        let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        if !query.iter().any(|(name, value)| name == "sig" && !value.is_empty()) {
            return Err("has no signature (\"sig\" in its query); copy the whole \"Blob SAS URL\" of the container");
        }
        let host = url.host_str().ok_or("has no host")?;
        let mut segments = url.path().split('/').filter(|segment| !segment.is_empty());
        // An account of an emulator is the first part of the path.
        let account = match SUFFIXES.iter().find_map(|suffix| host.strip_suffix(suffix)) {
            Some(account) => account,
            None => segments.next().unwrap_or_default(),
        };
        let (Some(name), None) = (segments.next(), segments.next()) else {
            return Err("must be the URL of a container: one name behind the host");
        };
        if account.is_empty() {
            return Err("has no account");
        }
        let (account, name) = (account.to_owned(), name.to_owned());
        let mut origin = url;
        origin.set_path("");
        origin.set_query(None);
        origin.set_fragment(None);
        Ok(Self { origin, account, name, query })
    }

    /// What the registry calls it: nothing of the signature.
    #[must_use]
    pub fn id(&self) -> String {
        format!("az://{}/{}", self.account, self.name)
    }

    /// When the signature ends, as it says itself; none if it does not.
    #[must_use]
    pub fn ends(&self) -> Option<jiff::Timestamp> {
        let (_, end) = self.query.iter().find(|(name, _)| name == "se")?;
        // A day alone is allowed too, and means its first moment.
        end.parse().ok().or_else(|| format!("{end}T00:00:00Z").parse().ok())
    }
}

impl Buckets {
    /// Opens a container. Nothing is sent to it.
    ///
    /// # Errors
    /// If its host is none of Azure's, and none that the operator allows.
    pub fn open_azure(&self, container: &Container) -> Result<Objects, StoreError> {
        let name = container.id();
        let origin = container.origin.as_str().trim_end_matches('/');
        let target = self.allowed_hosts.check_url(Service::Azure, origin).map_err(|error| cannot_open(&name, error))?;
        let guard = Guard { is_https: target.is_https, is_allowed: target.is_allowed };
        let builder = MicrosoftAzureBuilder::new()
            .with_account(&container.account)
            .with_container_name(&container.name)
            .with_sas_authorization(container.query.clone())
            .with_retry(retries())
            .with_disable_tagging(true)
            .with_http_connector(guard);
        // Elsewhere than at Azure the account is a part of the path.
        let builder = if target.is_allowed {
            let endpoint = format!("{origin}/{}", container.account);
            builder.with_endpoint(endpoint).with_allow_http(!target.is_https)
        } else {
            builder.with_endpoint(origin.to_owned())
        };
        let store = builder.build().map_err(|error| cannot_open(&name, error))?;
        Ok(Objects::new(Arc::new(store), "").opened_with("the SAS of config.blob_sas_url"))
    }

    /// Opens the operator's own container, with the credentials that the environment says, or else those of this machine. Nothing is sent
    /// to it.
    ///
    /// # Errors
    /// If its names are not those of an account and a container, or the credentials cannot be read or are of a kind that is not supported.
    pub fn open_own_azure(&self, account: &str, container: &str, prefix: &str) -> Result<Objects, StoreError> {
        let name = format!("az://{account}/{container}/{prefix}");
        check_names(account, container).map_err(|message| cannot_open(&name, message))?;
        let of_machine = credentials::of_machine(account, container);
        let (of_machine, whose) = of_machine.map_err(|error| cannot_open(&name, error))?;
        let builder = MicrosoftAzureBuilder::new()
            .with_account(account)
            .with_container_name(container)
            .with_credentials(Arc::clone(of_machine.credentials()))
            .with_retry(retries())
            .with_disable_tagging(true)
            .with_http_connector(Self::guard(self.azure_endpoint.as_ref()));
        let builder = match &self.azure_endpoint {
            // Elsewhere than at Azure the account is a part of the path.
            Some(endpoint) => builder
                .with_endpoint(format!("{}/{account}", endpoint.as_str().trim_end_matches('/')))
                .with_allow_http(endpoint.scheme() == "http"),
            None => builder,
        };
        let store = builder.build().map_err(|error| cannot_open(&name, error))?;
        Ok(Objects::new(Arc::new(store), prefix).opened_with(whose))
    }
}

/// The names of account and container become part of a host and of a path
/// (<https://learn.microsoft.com/en-us/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata>).
fn check_names(account: &str, container: &str) -> Result<(), &'static str> {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if !(3..=24).contains(&account.len()) || !account.bytes().all(is_inner) {
        return Err("the name of a storage account of Azure has 3 to 24 lower-case letters and digits");
    }
    let is_container = (3..=63).contains(&container.len())
        && container.bytes().all(|byte| is_inner(byte) || byte == b'-')
        && !container.starts_with('-')
        && !container.ends_with('-');
    if !is_container {
        return Err(
            "the name of a container of Azure has 3 to 63 lower-case letters, digits and hyphens, and begins and ends with a letter or digit",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store_hosts::Allowed;

    fn read(url: &str) -> Result<Container, &'static str> {
        Container::read(&Secret::new(url))
    }

    #[test]
    fn a_url_with_a_signature_is_a_container() {
        let container = read(
            "https://acme.blob.core.windows.net/events?sv=2024-08-04&sr=c&sp=rcl&se=2026-12-07T10:00:00Z&sig=a%2Bb%3D",
        )
        .unwrap();
        assert_eq!(container.id(), "az://acme/events");
        assert_eq!(format!("{container:?}"), "az://acme/events");
        assert_eq!(container.ends().unwrap().to_string(), "2026-12-07T10:00:00Z");
        assert!(container.query.contains(&("sig".to_owned(), "a+b=".to_owned())));
        assert!(Buckets::default().open_azure(&container).is_ok());
        for (url, part) in [
            ("events", "not a URL"),
            ("https://acme.blob.core.windows.net/events", "no signature"),
            ("https://acme.blob.core.windows.net/?sig=x", "URL of a container"),
            ("https://acme.blob.core.windows.net/a/b?sig=x", "URL of a container"),
        ] {
            assert!(read(url).unwrap_err().contains(part), "{url}");
        }
    }

    #[test]
    fn a_host_must_be_known_or_allowed() {
        for (url, hosts, is_open) in [
            ("http://acme.blob.core.windows.net/events?sig=x", &[][..], false),
            ("https://acme.blob.core.windows.net.evil.example/a/events?sig=x", &[], false),
            ("https://127.0.0.1/acme/events?sig=x", &[], false),
            ("http://localhost:10000/acme/events?sig=x", &["http://localhost:10000"], true),
            ("http://localhost:10001/acme/events?sig=x", &["http://localhost:10000"], false),
            ("https://blobs.example.com/acme/events?sig=x", &["blobs.example.com"], true),
        ] {
            let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
            let buckets = Buckets { allowed_hosts: Allowed::new(&hosts).unwrap(), ..Buckets::default() };
            let opened = buckets.open_azure(&read(url).unwrap());
            assert_eq!(opened.is_ok(), is_open, "{url} {hosts:?}");
            if let Err(error) = opened {
                assert!(!format!("{error:?}").contains("sig"), "{error:?}");
            }
        }
    }
}
