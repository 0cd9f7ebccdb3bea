//! The buckets that connections name as they are configured now.

use std::fmt;
use std::sync::Arc;

use super::{Buckets, Choice};
use crate::archive::store::{Store, StoreError, StoreFuture};
use crate::collect::Collector;
use crate::connections::Connection;
use crate::connections::bucket::Bucket;
use crate::settings::{Group, Place, Services};

/// The buckets of the connections of a collector.
pub struct ConfiguredBuckets {
    /// Whose connections.
    pub collector: Arc<Collector>,
    /// Where the services are.
    pub services: Services,
    /// The groups, whose service accounts open buckets of Google Cloud Storage.
    pub groups: Vec<Group>,
    /// Where the inbox and the own store are, as far as they are not in the data folder.
    pub own: Vec<Place>,
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

    fn connections(&self) -> Vec<String> {
        let of_file = self.collector.connections.current();
        let names_bucket = |one: &&Arc<Connection>| one.bucket.as_ref().is_some_and(Bucket::is_built);
        of_file.iter().filter(names_bucket).map(|one| one.id.clone()).collect()
    }

    fn open<'a>(&'a self, bucket: &'a Bucket) -> StoreFuture<'a, Arc<dyn Store>> {
        if is_one_of(&self.own, bucket) {
            let message = "the inbox or the own store of this service is in this bucket, and its credentials open it: name another one";
            let error = StoreError::new("open the bucket", &bucket.name(), message);
            return Box::pin(std::future::ready(Err(error)));
        }
        Box::pin(open(bucket, &self.services, &self.groups))
    }
}

/// Whether a bucket is one of the operator's places: the credentials of this service would let whoever makes a connection write beside inbox
/// and store.
fn is_one_of(own: &[Place], bucket: &Bucket) -> bool {
    own.iter().any(|place| match (place, bucket) {
        (Place::S3 { bucket: own, .. }, Bucket::S3 { bucket, role_arn: None, .. })
        | (Place::Gcs { bucket: own, .. }, Bucket::Gcs { bucket, .. }) => own == bucket,
        _ => false,
    })
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

            let role = role_arn.clone().map(|arn| Role { arn, external_id: external_id.clone() });
            let s3 = S3 { bucket: bucket.clone(), prefix: String::new(), role };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operators_own_buckets_are_no_ones_archive() {
        let own = ["s3://events/inbox", "gs://events", "az://acme/events"].map(|place| Place::read(place).unwrap());
        let s3 = |bucket: &str, role: Option<&str>| Bucket::S3 {
            bucket: bucket.to_owned(),
            role_arn: role.map(str::to_owned),
            external_id: "g".to_owned(),
        };
        let gcs = |bucket: &str| Bucket::Gcs { bucket: bucket.to_owned(), group: "g".to_owned() };
        let azure = Bucket::Azure { blob_sas_url: "https://acme.blob.core.windows.net/events?sig=x".to_owned() };
        for (bucket, is_own) in [
            (s3("events", None), true),
            // What a role may do its owner has said.
            (s3("events", Some("r")), false),
            (s3("other", None), false),
            (gcs("events"), true),
            (gcs("other"), false),
            (azure, false),
        ] {
            assert_eq!(is_one_of(&own, &bucket), is_own, "{bucket:?}");
            assert!(!is_one_of(&[], &bucket));
        }
    }
}
