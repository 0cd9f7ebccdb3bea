//! Whose credentials open buckets of S3: those of a key that the settings name, or what AWS's own tools would find, in their order; and those
//! of a role that these assume.

use std::fmt;
use std::sync::Arc;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, AwsCredentialProvider};
use url::Url;

use super::role::AssumedRole;
use super::{Buckets, Role, retries};
use crate::private_file;
use crate::settings::S3Key;

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// Where the credentials of this service come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Settings,
    Environment,
    WebIdentity,
    Container,
    Instance,
}

impl Source {
    /// Where they come from, if this is what the environment says: in the order of `AmazonS3Builder::build`.
    fn of_environment(builder: &AmazonS3Builder) -> Self {
        let is_stated = |key| builder.get_config_value(&key).is_some();
        if is_stated(AmazonS3ConfigKey::AccessKeyId) || is_stated(AmazonS3ConfigKey::SecretAccessKey) {
            Self::Environment
        } else if is_stated(AmazonS3ConfigKey::WebIdentityTokenFile) && is_stated(AmazonS3ConfigKey::RoleArn) {
            Self::WebIdentity
        } else if is_stated(AmazonS3ConfigKey::ContainerCredentialsRelativeUri)
            || is_stated(AmazonS3ConfigKey::ContainerCredentialsFullUri)
                && is_stated(AmazonS3ConfigKey::ContainerAuthorizationTokenFile)
        {
            Self::Container
        } else {
            Self::Instance
        }
    }
}

impl fmt::Display for Source {
    /// As it is told to people. Nothing of the credentials is in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Settings => "the key of the settings (s3_access_key_id)",
            Self::Environment => "the key of the environment (AWS_ACCESS_KEY_ID)",
            Self::WebIdentity => "the web identity of the environment (AWS_WEB_IDENTITY_TOKEN_FILE)",
            Self::Container => "the role of the container (AWS_CONTAINER_CREDENTIALS_…)",
            Self::Instance => "the role of this machine (its metadata server)",
        })
    }
}

impl Buckets {
    /// The credentials of this service, or those of a role that they may assume; and whose they are, to be told to people.
    pub(super) fn s3_credentials(
        &self,
        region: &str,
        role: Option<Role>,
    ) -> Result<(AwsCredentialProvider, String), AnyError> {
        let (of_service, source) = of_service(self.s3_key.as_ref(), AmazonS3Builder::from_env(), region)?;
        let Some(role) = role else { return Ok((of_service, source.to_string())) };
        let endpoint = match &self.sts_endpoint {
            Some(endpoint) => endpoint.clone(),
            None => Url::parse(&format!("https://sts.{region}.amazonaws.com/"))?,
        };
        let client = Self::guard(self.sts_endpoint.as_ref()).client()?;
        let assumed = AssumedRole::new(client, endpoint, region, role, of_service);
        Ok((Arc::new(assumed), format!("the role of config.s3_role_arn, assumed with {source}")))
    }
}

/// The credentials of this service.
fn of_service(
    key: Option<&S3Key>,
    environment: AmazonS3Builder,
    region: &str,
) -> Result<(AwsCredentialProvider, Source), AnyError> {
    // It is asked for credentials alone: a server of this machine's network may give them, which the client of buckets may not reach.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (builder, source) = if let Some(key) = key {
        (with_key(key)?, Source::Settings)
    } else {
        let source = Source::of_environment(&environment);
        (environment, source)
    };
    let store = builder.with_bucket_name("none").with_region(region).with_retry(retries()).build()?;
    Ok((Arc::clone(store.credentials()), source))
}

/// With a key of the settings, whose secret is read anew for each bucket that is opened.
fn with_key(key: &S3Key) -> Result<AmazonS3Builder, AnyError> {
    let wrong = |message: &dyn fmt::Display| {
        format!("s3_secret_access_key_file {}: {message}", private_file::shown(&key.secret_file))
    };
    let secret = private_file::read(&key.secret_file, 0o007).map_err(|error| wrong(&error))?;
    let secret = std::str::from_utf8(secret.trim_ascii()).map_err(|_| wrong(&"must be text"))?;
    Ok(AmazonS3Builder::new().with_access_key_id(&key.id).with_secret_access_key(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_is_the_one_that_is_used() {
        use AmazonS3ConfigKey::{
            AccessKeyId, ContainerAuthorizationTokenFile, ContainerCredentialsFullUri, ContainerCredentialsRelativeUri,
            RoleArn, SecretAccessKey, WebIdentityTokenFile,
        };

        // What the name of the provider begins with, in the crate's own words.
        for (stated, source, provider) in [
            (&[][..], Source::Instance, "InstanceCredentialProvider"),
            (&[RoleArn], Source::Instance, "InstanceCredentialProvider"),
            (
                &[AccessKeyId, SecretAccessKey, WebIdentityTokenFile, RoleArn],
                Source::Environment,
                "StaticCredentialProvider",
            ),
            (
                &[WebIdentityTokenFile, RoleArn, ContainerCredentialsRelativeUri],
                Source::WebIdentity,
                "WebIdentityProvider",
            ),
            (&[ContainerCredentialsRelativeUri], Source::Container, "TaskCredentialProvider"),
            (&[ContainerCredentialsFullUri], Source::Instance, "InstanceCredentialProvider"),
            (
                &[ContainerCredentialsFullUri, ContainerAuthorizationTokenFile],
                Source::Container,
                "EKSPodCredentialProvider",
            ),
        ] {
            let builder = stated.iter().fold(AmazonS3Builder::new(), |builder, key| builder.with_config(*key, "/x"));
            let (found, of) = of_service(None, builder, "us-east-1").unwrap();
            assert_eq!(of, source, "{stated:?}");
            assert!(format!("{found:?}").contains(provider), "{found:?}");
        }
        let half = AmazonS3Builder::new().with_access_key_id("a");
        assert!(of_service(None, half, "us-east-1").unwrap_err().to_string().contains("SecretAccessKey"));
    }

    #[tokio::test]
    async fn a_key_of_the_settings_comes_before_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        let secret_file = folder.path().join("secret");
        let key = S3Key { id: "of-the-settings".to_owned(), secret_file };
        let environment = || AmazonS3Builder::new().with_access_key_id("a").with_secret_access_key("b").with_token("c");
        let message = of_service(Some(&key), environment(), "us-east-1").unwrap_err().to_string();
        assert!(message.contains("s3_secret_access_key_file") && message.contains("No such file"), "{message}");
        for secret in ["one\n", "another"] {
            private_file::write(&key.secret_file, secret.as_bytes()).unwrap();
            let (found, source) = of_service(Some(&key), environment(), "us-east-1").unwrap();
            let found = found.get_credential().await.unwrap();
            assert_eq!(source, Source::Settings);
            assert_eq!((&*found.key_id, &*found.secret_key, &found.token), ("of-the-settings", secret.trim(), &None));
        }
    }
}
