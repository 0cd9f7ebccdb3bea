//! A small Google Cloud Storage of our own.

use countersignd::archive::store::bucket::Buckets;
use countersignd::archive::store::bucket::gcs::Gcs;

use crate::{conformance, gcs_server};

#[tokio::test(flavor = "multi_thread")]
async fn google_cloud_storage() {
    let endpoint = gcs_server::start().await;
    let buckets = Buckets { gcs_endpoint: Some(endpoint.parse().unwrap()), ..Buckets::default() };
    let gcs = Gcs { bucket: "events".to_owned(), prefix: "of/us/".to_owned(), key_file: None };
    conformance::check(buckets.open_gcs(gcs).unwrap()).await;
}
