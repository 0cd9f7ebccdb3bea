//! Opens the operator's own places: a folder, or a bucket with the credentials of this machine.

use std::sync::Arc;

use super::{Store, StoreError, open_folder};
use crate::settings::{Place, Services};

/// Opens the store at a place. Of a bucket, no object is read or written.
///
/// # Errors
/// If the folder cannot be made, or the bucket has no valid name, or credentials or region cannot be found.
#[cfg_attr(not(feature = "buckets"), expect(unused_variables, reason = "there are folders alone"))]
pub async fn open_place(place: &Place, services: &Services) -> Result<Arc<dyn Store>, StoreError> {
    match place {
        Place::Folder(folder) | Place::Objects(folder) => Ok(Arc::new(open_folder(folder)?)),
        #[cfg(feature = "s3")]
        Place::S3 { bucket, prefix } => {
            let s3 = super::bucket::s3::S3 { bucket: bucket.clone(), prefix: prefix.clone(), role: None };
            Ok(Arc::new(super::bucket::Buckets::at(services).open_s3(s3).await?))
        }
        #[cfg(feature = "azure")]
        Place::Azure { account, container, prefix } => {
            Ok(Arc::new(super::bucket::Buckets::at(services).open_own_azure(account, container, prefix)?))
        }
        #[cfg(feature = "gcs")]
        Place::Gcs { bucket, prefix } => {
            let (bucket, prefix) = (bucket.clone(), prefix.clone());
            let gcs = super::bucket::gcs::Gcs { bucket, prefix, key_file: None };
            Ok(Arc::new(super::bucket::Buckets::at(services).open_gcs(gcs)?))
        }
        #[cfg(not(all(feature = "s3", feature = "azure", feature = "gcs")))]
        place => {
            let built = place.check_built().err().unwrap_or_default();
            Err(StoreError::new("open", &place.to_string(), built))
        }
    }
}
