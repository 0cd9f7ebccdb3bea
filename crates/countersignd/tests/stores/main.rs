//! What every store must do for the put-once protocol, tried against each: a folder, a small Google Cloud Storage of our own, and, if
//! `scripts/test-buckets` has started them, emulators of S3 and Azure.

mod conformance;
#[cfg(feature = "buckets")]
mod emulators;
#[cfg(feature = "gcs")]
mod gcs;
#[cfg(feature = "gcs")]
#[path = "../support/gcs.rs"]
mod gcs_server;

use countersignd::archive::store::open_folder;

#[tokio::test(flavor = "multi_thread")]
async fn a_folder() {
    let folder = tempfile::tempdir().unwrap();
    conformance::check(open_folder(&folder.path().join("store")).unwrap()).await;
}
