//! Buckets of S3, with the credentials of this service or those of a role that its owner lets them assume.

mod credentials;
mod role;

use std::sync::Arc;

use http::HeaderMap;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};

use super::{Buckets, cannot_open, retries};
use crate::archive::store::{Objects, StoreError};

/// The region of S3 in which a bucket is, if nothing says another.
const DEFAULT_REGION: &str = "us-east-1";

/// A bucket of S3.
#[derive(Clone, Debug)]
pub struct S3 {
    /// Its name.
    pub bucket: String,
    /// How its keys begin: empty, or ending with `/`.
    pub prefix: String,
    /// The role to be assumed; the credentials of this service are used without.
    pub role: Option<Role>,
}

/// A role of AWS that the owner of a bucket lets this program assume.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its name, such as `arn:aws:iam::123456789012:role/events`.
    pub arn: String,
    /// What the owner's policy asks for, so that nobody else can make this program use the role: the id of the group.
    pub external_id: String,
}

impl Buckets {
    /// Opens a bucket of S3. Nothing is sent to it, but its region is asked for if the environment (`AWS_REGION`) does not say it.
    ///
    /// # Errors
    /// If names are not those of a bucket, a role or an address, the credentials cannot be read, or the region cannot be found.
    pub async fn open_s3(&self, s3: S3) -> Result<Objects, StoreError> {
        let name = format!("s3://{}/{}", s3.bucket, s3.prefix);
        let failed = |error: Box<dyn std::error::Error + Send + Sync>| cannot_open(&name, error);
        check_name(&s3.bucket).map_err(|message| failed(message.into()))?;
        let guard = Self::guard(self.s3_endpoint.as_ref());
        let of_machine = AmazonS3Builder::from_env();
        let region = match of_machine.get_config_value(&AmazonS3ConfigKey::Region) {
            Some(region) => region,
            None if self.s3_endpoint.is_some() => DEFAULT_REGION.to_owned(),
            None => {
                region_of(&guard.client().map_err(|error| failed(error.into()))?, &s3.bucket).await.map_err(failed)?
            }
        };
        let (credentials, whose) = self.s3_credentials(&region, s3.role).map_err(failed)?;
        let builder = AmazonS3Builder::new()
            .with_bucket_name(&s3.bucket)
            .with_region(region)
            .with_credentials(credentials)
            .with_retry(retries())
            // An object has no metadata and no tags: then `s3:PutObject` is all that it takes.
            .with_disable_tagging(true)
            // An endpoint of the operator has its bucket in the path, and TLS names of S3 do not cover a name with dots.
            .with_virtual_hosted_style_request(self.s3_endpoint.is_none() && !s3.bucket.contains('.'))
            .with_http_connector(guard);
        let builder = match &self.s3_endpoint {
            Some(endpoint) => builder
                .with_endpoint(endpoint.as_str().trim_end_matches('/'))
                .with_allow_http(endpoint.scheme() == "http"),
            None => builder,
        };
        let store = builder.build().map_err(|error| failed(error.into()))?;
        Ok(Objects::new(Arc::new(store), s3.prefix).opened_with(whose))
    }
}

/// Asks where a bucket is, which needs no right
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>).
async fn region_of(client: &reqwest::Client, bucket: &str) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let url = if bucket.contains('.') {
        format!("https://s3.amazonaws.com/{bucket}")
    } else {
        format!("https://{bucket}.s3.amazonaws.com")
    };
    let answer = client.head(url).send().await.map_err(reqwest::Error::without_url)?;
    if answer.status() == http::StatusCode::NOT_FOUND {
        return Err("there is no bucket with this name".into());
    }
    let headers: &HeaderMap = answer.headers();
    let region = headers.get("x-amz-bucket-region").and_then(|region| region.to_str().ok());
    Ok(region.ok_or("S3 does not say in which region this bucket is: set AWS_REGION")?.to_owned())
}

/// A name of a bucket becomes part of a host and of a path
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>).
fn check_name(bucket: &str) -> Result<(), &'static str> {
    let is_edge = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_inner = |byte: &u8| is_edge(byte) || matches!(byte, b'-' | b'.');
    let bytes = bucket.as_bytes();
    let is_name = (3..=63).contains(&bytes.len())
        && bytes.iter().all(is_inner)
        && bytes.first().is_some_and(is_edge)
        && bytes.last().is_some_and(is_edge)
        && !bucket.contains("..")
        && bucket.parse::<std::net::Ipv4Addr>().is_err();
    if is_name {
        return Ok(());
    }
    Err(
        "the name of a bucket of S3 has 3 to 63 lower-case letters, digits, hyphens and dots, and begins and ends with a letter or digit",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_buckets() {
        for name in ["events", "a1b", "my.events-2", &"a".repeat(63)] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in ["", "ab", "Events", "-events", "events.", "a..b", "10.0.0.1", "a/b", "a@b", "a_b", &"a".repeat(64)]
        {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
