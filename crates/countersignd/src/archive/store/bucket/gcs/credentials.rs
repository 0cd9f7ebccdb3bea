//! Credentials for Google Cloud Storage: the key of a service account, or the application default credentials
//! (<https://cloud.google.com/docs/authentication/application-default-credentials>).
//!
//! | application default credentials | supported |
//! |---|---|
//! | `GOOGLE_APPLICATION_CREDENTIALS` or gcloud's own file, of the type `service_account` or `authorized_user` | yes |
//! | the metadata server of Google's machines, which workload identity of GKE and Cloud Run answer too | yes |
//! | files of other types: `external_account` (workload identity federation), `impersonated_service_account` | no |

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use object_store::client::StaticCredentialProvider;
use object_store::gcp::{GcpCredential, GcpCredentialProvider, GoogleCloudStorage};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::{BackoffConfig, RetryConfig};
use tokio::time::timeout;

use super::super::{Buckets, retries};
use crate::archive::store::StoreError;
use crate::private_file;
use crate::settings::{GoogleCredentials, is_email};

/// How long it may take to find out of which service account the credentials of this machine are. Somebody waits for the answer.
const ACCOUNT_TIMEOUT: Duration = Duration::from_secs(8);

/// Where gcloud keeps the application default credentials, in the home folder.
const GCLOUD_FILE: &str = ".config/gcloud/application_default_credentials.json";

type AnyError = Box<dyn Error + Send + Sync>;

impl Buckets {
    /// The credentials of a service account, or of this machine.
    pub(super) fn gcs_credentials(&self, key_file: Option<&Path>) -> Result<GcpCredentialProvider, AnyError> {
        match key_file {
            Some(file) => {
                let builder = GoogleCloudStorageBuilder::new().with_service_account_path(file.to_string_lossy());
                Ok(Arc::clone(built(builder, retries())?.credentials()))
            }
            // An emulator knows no credentials.
            None if self.gcs_endpoint.is_some() => {
                let credential = GcpCredential { bearer: String::new() };
                Ok(Arc::new(StaticCredentialProvider::new(credential)))
            }
            None => Ok(Arc::clone(built(of_machine()?, retries())?.credentials())),
        }
    }

    /// The e-mail address of the service account that the credentials of this machine are of.
    ///
    /// # Errors
    /// If they cannot be read, no server answers, or they are not those of a service account.
    pub async fn gcs_account_of_machine(&self) -> Result<String, StoreError> {
        let failed = |error: AnyError| StoreError::new("find the service account of", "this machine", error);
        if self.gcs_endpoint.is_some() {
            return Err(failed(
                "gcs_endpoint names another service than Google's, which knows no service accounts".into(),
            ));
        }
        let backoff = BackoffConfig { init_backoff: Duration::from_millis(100), ..BackoffConfig::default() };
        let retries = RetryConfig { backoff, max_retries: 1, retry_timeout: ACCOUNT_TIMEOUT / 2 };
        let store = built(of_machine().map_err(failed)?, retries).map_err(failed)?;
        let found = timeout(ACCOUNT_TIMEOUT, store.signing_credentials().get_credential()).await;
        let found = found.map_err(|_| failed("no server of Google answers".into()))?;
        let found = found.map_err(|error| failed(error.into()))?;
        let account = found.email.trim();
        if is_email(account) {
            return Ok(account.to_owned());
        }
        // What a cluster answers whose pods have an identity that is no service account.
        Err(failed(format!("its metadata server says {account:?}, which is none").into()))
    }
}

/// What asks for credentials: the metadata server of the machine answers without TLS, so the client is another one than that of buckets.
fn built(builder: GoogleCloudStorageBuilder, retries: RetryConfig) -> Result<GoogleCloudStorage, AnyError> {
    // It is asked for credentials alone.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(builder.with_bucket_name("none").with_retry(retries).build()?)
}

/// The application default credentials.
fn of_machine() -> Result<GoogleCloudStorageBuilder, AnyError> {
    let builder = GoogleCloudStorageBuilder::from_env();
    let is_stated = |key| builder.get_config_value(&key).is_some();
    if !is_stated(GoogleConfigKey::ServiceAccount) && !is_stated(GoogleConfigKey::ServiceAccountKey) {
        let of_gcloud =
            || Some(PathBuf::from(std::env::var_os("HOME")?).join(GCLOUD_FILE)).filter(|file| file.exists());
        let stated = builder.get_config_value(&GoogleConfigKey::ApplicationCredentials).map(PathBuf::from);
        if let Some(file) = stated.or_else(of_gcloud) {
            check_type(&file)?;
        }
    }
    Ok(builder)
}

/// Whether credentials are of a type that is supported. The error has nothing of them.
fn check_type(file: &Path) -> Result<(), String> {
    let at = private_file::shown(file);
    let text = std::fs::read(file).map_err(|error| format!("cannot read the credentials in {at}: {error}"))?;
    let credentials = GoogleCredentials::read(&text);
    let credentials =
        credentials.ok_or_else(|| format!("the credentials in {at} are not in JSON as Google writes it"))?;
    if ["service_account", "authorized_user"].contains(&credentials.kind.as_str()) {
        return Ok(());
    }
    Err(format!(
        "the type of the credentials in {at} is {}, which is not supported: the key of a service account is, gcloud auth \
         application-default login, and the metadata server of Google's machines and clusters",
        credentials.shown_type()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_of_another_type_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("adc.json");
        for (text, expected) in [
            (r#"{"type": "service_account"}"#, None),
            (r#"{"type": "authorized_user", "refresh_token": "planted"}"#, None),
            (r#"{"type": "external_account", "audience": "planted"}"#, Some("is \"external_account\", which is not")),
            (r#"{"type": "impersonated_service_account"}"#, Some("is \"impersonated_service_account\"")),
            ("{}", Some("is missing")),
            (r#"["planted"]"#, Some("are not in JSON")),
            ("planted", Some("are not in JSON")),
        ] {
            std::fs::write(&file, text).unwrap();
            match (check_type(&file), expected) {
                (Ok(()), None) => {}
                (Err(message), Some(part)) => {
                    assert!(message.contains(part) && message.contains("adc.json"), "{message}");
                    assert!(!message.contains("planted"), "{message}");
                }
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
        assert!(check_type(&folder.path().join("none")).unwrap_err().contains("cannot read"));
    }

    #[test]
    fn a_key_file_is_read_when_a_bucket_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key.json");
        // Such a key asks Google for no token.
        let key = r#"{"type": "service_account", "client_email": "a@b", "private_key": "planted", "private_key_id": "1", "disable_oauth": true}"#;
        std::fs::write(&file, key).unwrap();
        assert!(Buckets::default().gcs_credentials(Some(&file)).is_ok());
        std::fs::write(&file, r#"{"private_key": "planted"}"#).unwrap();
        let error = Buckets::default().gcs_credentials(Some(&file)).unwrap_err();
        assert!(!format!("{error:?}").contains("planted"), "{error:?}");
    }
}
