//! The buckets that connections name as they are configured now.

use std::fmt;
use std::sync::Arc;

use super::{Buckets, Choice};
use crate::archive::store::{Store, StoreError, StoreFuture};
use crate::collect::Collector;
use crate::connections::bucket::Bucket;
use crate::settings::{Group, Services};

/// The buckets of the connections of a collector.
pub struct ConfiguredBuckets {
    /// Whose connections.
    pub collector: Arc<Collector>,
    /// Where the services are.
    pub services: Services,
    /// The groups, whose service accounts open buckets of Google Cloud Storage.
    pub groups: Vec<Group>,
}

impl fmt::Debug for ConfiguredBuckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConfiguredBuckets")
    }
}

impl Buckets for ConfiguredBuckets {
    fn choice<'a>(&'a self, connection: &'a str) -> StoreFuture<'a, Choice> {
        Box::pin(async move {
            let found = self.collector.connections.with_id(connection).await;
            let found = found.map_err(|error| StoreError::new("find the bucket of", connection, error))?;
            let Some(found) = found else { return Ok(Choice::Gone) };
            // A build without the service archives in the own store, and warns of it.
            let bucket = found.bucket.clone().filter(Bucket::is_built);
            Ok(bucket.map_or(Choice::Own, Choice::Bucket))
        })
    }

    fn open<'a>(&'a self, bucket: &'a Bucket) -> StoreFuture<'a, Arc<dyn Store>> {
        Box::pin(open(bucket, &self.services, &self.groups))
    }
}

#[cfg_attr(not(feature = "buckets"), expect(unused_variables, reason = "there are no buckets"))]
#[cfg_attr(not(feature = "s3"), expect(clippy::unused_async, reason = "only a role is asked for over the network"))]
async fn open(bucket: &Bucket, services: &Services, groups: &[Group]) -> Result<Arc<dyn Store>, StoreError> {
    #[cfg(feature = "buckets")]
    let buckets = crate::archive::store::bucket::Buckets::at(services);
    match bucket {
        #[cfg(feature = "s3")]
        Bucket::S3 { bucket, role_arn, external_id } => {
            use crate::archive::store::bucket::s3::{Role, S3};

            let role = Role { arn: role_arn.clone(), external_id: external_id.clone() };
            let s3 = S3 { bucket: bucket.clone(), prefix: String::new(), role: Some(role) };
            Ok(Arc::new(buckets.open_s3(s3).await?))
        }
        #[cfg(feature = "azure")]
        Bucket::Azure { blob_sas_url } => {
            use crate::archive::store::bucket::azure::Container;

            let container = Container::read(&countersign::Secret::new(blob_sas_url.as_str()));
            let container = container.map_err(|error| {
                StoreError::new("open the bucket", &bucket.name(), format!("config.blob_sas_url {error}"))
            })?;
            Ok(Arc::new(buckets.open_azure(&container)?))
        }
        #[cfg(feature = "gcs")]
        Bucket::Gcs { bucket, group } => {
            use crate::archive::store::bucket::gcs::Gcs;

            let key_file = groups.iter().find(|known| known.id == *group).and_then(|group| group.gcs_key_file.clone());
            let gcs = Gcs { bucket: bucket.clone(), prefix: String::new(), key_file };
            Ok(Arc::new(buckets.open_gcs(gcs)?))
        }
        #[cfg(not(all(feature = "s3", feature = "azure", feature = "gcs")))]
        bucket => {
            Err(StoreError::new("open the bucket", &bucket.name(), "this countersignd was built without its service"))
        }
    }
}
