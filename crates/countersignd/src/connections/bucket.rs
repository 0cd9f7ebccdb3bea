//! The bucket of a customer that a connection names as its archive.

use std::fmt;

use countersign::connection::Bucket as Configured;
use serde::{Deserialize, Serialize};

/// A bucket, and what opens it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bucket {
    /// A bucket of S3.
    S3 {
        /// Its name.
        bucket: String,
        /// The role that this service assumes; it has credentials of its own for the bucket without.
        role_arn: Option<String>,
        /// What the role's policy asks for: the id of the group.
        external_id: String,
    },
    /// A container of Azure Blob Storage.
    Azure {
        /// Its URL, whose signature grants access.
        blob_sas_url: String,
    },
    /// A bucket of Google Cloud Storage.
    Gcs {
        /// Its name.
        bucket: String,
        /// The group of the connection, whose service account opens it.
        #[serde(default)]
        group: String,
    },
}

impl fmt::Debug for Bucket {
    /// Leaves out what opens it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl Bucket {
    /// The bucket of a connection in a group; none for the own store.
    #[must_use]
    pub fn of(configured: &Configured, group: &str) -> Option<Self> {
        match configured {
            Configured::S3 { bucket, role_arn } => {
                Some(Self::S3 { bucket: bucket.clone(), role_arn: role_arn.clone(), external_id: group.to_owned() })
            }
            Configured::Azure { blob_sas_url } => {
                Some(Self::Azure { blob_sas_url: String::from_utf8_lossy(blob_sas_url.expose()).into_owned() })
            }
            Configured::Gcs { bucket } => Some(Self::Gcs { bucket: bucket.clone(), group: group.to_owned() }),
            _ => None,
        }
    }

    /// What the registry calls it: nothing of what opens it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::S3 { bucket, .. } => format!("s3://{bucket}"),
            Self::Gcs { bucket, .. } => format!("gs://{bucket}"),
            Self::Azure { blob_sas_url } => {
                let url = blob_sas_url.trim().split(['?', '#']).next().unwrap_or_default();
                let place = url.split_once("://").map_or(url, |(_, place)| place);
                let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
                format!("az://{}", place.trim_end_matches('/'))
            }
        }
    }

    /// Whether this program was built with what opens it.
    #[must_use]
    pub fn is_built(&self) -> bool {
        match self {
            Self::S3 { .. } => cfg!(feature = "s3"),
            Self::Azure { .. } => cfg!(feature = "azure"),
            Self::Gcs { .. } => cfg!(feature = "gcs"),
        }
    }

    /// Which line of the bucket's policy lets this program write, read and list.
    #[must_use]
    pub fn advice(&self) -> [String; 3] {
        match self {
            Self::S3 { bucket, role_arn, .. } => {
                let whose = if role_arn.is_some() { "the role's policy" } else { "the policy of these credentials" };
                [
                    format!("{whose} must allow s3:PutObject on arn:aws:s3:::{bucket}/*"),
                    format!("{whose} must allow s3:GetObject on arn:aws:s3:::{bucket}/*"),
                    format!("{whose} must allow s3:ListBucket on arn:aws:s3:::{bucket}"),
                ]
            }
            Self::Azure { .. } => ["create (c)", "read (r)", "list (l)"]
                .map(|right| format!("the SAS must have the permission {right} in its \"sp\", and not be over")),
            Self::Gcs { bucket, .. } => ["create", "get", "list"]
                .map(|right| format!("the service account must have storage.objects.{right} on the bucket {bucket}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_nothing_that_opens_the_bucket() {
        let sas = "https://user:pass@acme.blob.core.windows.net/events/?sp=rcl&sig=secret#secret";
        let azure = Bucket::Azure { blob_sas_url: sas.to_owned() };
        assert_eq!(azure.name(), "az://acme.blob.core.windows.net/events");
        let s3 =
            Bucket::S3 { bucket: "b".to_owned(), role_arn: Some("secret".to_owned()), external_id: "g".to_owned() };
        assert_eq!(format!("{s3:?} {azure:?}"), "s3://b az://acme.blob.core.windows.net/events");
        let gcs = Bucket::Gcs { bucket: "b".to_owned(), group: "g".to_owned() };
        assert_eq!(gcs.name(), "gs://b");
    }
}
