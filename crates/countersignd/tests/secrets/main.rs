//! Secrets are planted wherever there are some, everything that can go right or wrong is done, and then they are looked for in all that the
//! program says and stores: raw, in hex, and in base64. So are the signatures that it computes to compare with.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod api;
#[cfg(all(feature = "s3", feature = "azure", feature = "gcs"))]
mod buckets;
mod file;
mod places;
#[path = "../support/mod.rs"]
mod support;
