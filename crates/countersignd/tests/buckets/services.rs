//! The services that tests run against, each behind a proxy. But for the small Google Cloud Storage of the tests, `scripts/test-buckets` starts
//! them, and says in the environment where they are.

use crate::load::Places;
use crate::proxy::Proxy;

/// Where the inbox is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inbox {
    /// In the data folder, and so is the own store.
    Folder,
    /// In a bucket of the service, and so is the own store.
    Bucket,
}

/// A service with a bucket of a customer, and with one for inbox and own store.
pub(crate) struct Service {
    pub(crate) proxy: Proxy,
    /// What a connection says to be archived in the customer's bucket.
    pub(crate) config: String,
    /// What the registry calls that bucket.
    pub(crate) name: String,
    /// What nobody may see.
    pub(crate) secrets: Vec<String>,
    /// Inbox and own store.
    own: [String; 2],
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Service {
    /// How a program is started that uses the service.
    pub(crate) fn places(&self, inbox: Inbox) -> Places {
        let [own_inbox, own_store] = self.own.clone();
        let own = match inbox {
            Inbox::Folder => Vec::new(),
            Inbox::Bucket => vec!["--inbox".to_owned(), own_inbox, "--store".to_owned(), own_store],
        };
        Places { arguments: [own, self.arguments.clone()].concat(), environment: self.environment.clone() }
    }

    #[cfg(feature = "gcs")]
    pub(crate) fn gcs() -> Self {
        let proxy = Proxy::start_before(crate::support::gcs::start());
        Self {
            config: r#""bucket_service": "GCS", "gcs_bucket": "of-a-customer""#.to_owned(),
            name: "gs://of-a-customer".to_owned(),
            secrets: Vec::new(),
            own: ["inbox", "store"].map(|name| format!("gs://events/{name}")),
            arguments: vec!["--gcs-endpoint".to_owned(), proxy.endpoint.clone()],
            environment: Vec::new(),
            proxy,
        }
    }

    /// `place` tells tests apart that use the same bucket.
    #[cfg(feature = "s3")]
    pub(crate) fn moto(place: &str) -> Self {
        let proxy = Proxy::start(&std::env::var("COUNTERSIGN_TEST_MOTO").unwrap());
        let sts = proxy.endpoint.clone();
        Self::s3(proxy, sts, place)
    }

    /// It knows no roles: they are assumed at moto.
    #[cfg(feature = "s3")]
    pub(crate) fn seaweedfs(place: &str) -> Self {
        let sts = std::env::var("COUNTERSIGN_TEST_MOTO").unwrap();
        Self::s3(Proxy::start(&std::env::var("COUNTERSIGN_TEST_SEAWEEDFS").unwrap()), sts, place)
    }

    #[cfg(feature = "s3")]
    fn s3(proxy: Proxy, sts: String, place: &str) -> Self {
        let role = "arn:aws:iam::123456789012:role/a-planted-role";
        let arguments = ["--s3-endpoint".to_owned(), proxy.endpoint.clone(), "--sts-endpoint".to_owned(), sts];
        Self {
            config: format!(r#""bucket_service": "S3", "s3_bucket": "countersign-test", "s3_role_arn": "{role}""#),
            name: "s3://countersign-test".to_owned(),
            secrets: ["a-planted-role", "a-secret-of-the-machine"].map(str::to_owned).into(),
            own: ["inbox", "store"].map(|name| format!("s3://countersign-test/{place}/{name}")),
            arguments: arguments.into(),
            environment: Vec::new(),
            proxy,
        }
    }

    /// The same, with a connection that names another bucket and no role: the credentials of the service open it.
    #[cfg(feature = "s3")]
    pub(crate) fn without_role(self) -> Self {
        let config = r#""bucket_service": "S3", "s3_bucket": "countersign-keys""#.to_owned();
        let (name, secrets) = ("s3://countersign-keys".to_owned(), vec!["a-secret-of-the-machine".to_owned()]);
        Self { config, name, secrets, ..self }
    }

    /// `place` tells tests apart that use the same container.
    #[cfg(feature = "azure")]
    pub(crate) fn azurite(place: &str) -> Self {
        let sas_url = std::env::var("COUNTERSIGN_TEST_AZURE_SAS_URL").unwrap();
        let (url, query) = sas_url.split_once('?').unwrap();
        let parts: Vec<&str> = url.split('/').collect();
        let (origin, account, container) = (parts[..3].join("/"), parts[3], parts[4]);
        let proxy = Proxy::start(&origin);
        let endpoint = proxy.endpoint.clone();
        let host = endpoint.strip_prefix("http://").unwrap();
        let signature = query.split('&').find_map(|pair| pair.strip_prefix("sig=")).unwrap();
        let arguments =
            ["--azure-endpoint".to_owned(), endpoint.clone(), "--allow-store-hosts".to_owned(), endpoint.clone()];
        Self {
            config: format!(r#""bucket_service": "AZURE", "blob_sas_url": "{endpoint}/{account}/{container}?{query}""#),
            name: format!("az://{host}/{account}/{container}"),
            secrets: vec![signature.to_owned()],
            own: ["inbox", "store"].map(|name| format!("az://{account}/{container}/{place}/{name}")),
            arguments: arguments.into(),
            environment: vec![("AZURE_STORAGE_SAS_KEY".to_owned(), query.to_owned())],
            proxy,
        }
    }
}
