#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
// On docs.rs each item says which feature it needs.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "axum")]
pub mod axum;
mod batch;
mod clock;
mod connection;
mod constructors;
mod error;
mod explain;
mod function;
// The programs need servers and clients that this crate does not; `examples/embedding` compiles and runs them.
#[cfg(all(doc, not(doctest), feature = "axum"))]
pub mod guide;
mod header_name;
#[cfg(feature = "http")]
pub mod http;
mod json;
mod missing;
mod preset;
mod printable;
#[cfg(feature = "records")]
pub mod records;
mod replay;
mod scheme;
mod secret;
mod signer;
mod suggest;
#[cfg(feature = "tower")]
pub mod tower;
mod verifier;

/// The crate `countersign-core`: everything about one delivery, without `std` and without a heap.
pub use countersign_core as engine;
pub use countersign_core::{
    ALGORITHM_HEADER, Algorithm, Delivery, Encoding, Head, Headers, Identity, MAX_SECRETS, MAX_SIGNATURES, MAX_VALUE,
    Rejection, SIGNATURE_HEADER, Stream, TOKEN_HEADER, Tolerance, Verified,
};
pub use countersign_lanes as lanes;

pub use batch::{Batch, MAX_THREADS, Verdict, verify_batch};
pub use connection::{
    AlgorithmSetting, AuthMethod, Bucket, Config, Connection, DataDelaySensitivity, NetworkingMethod, Request,
    ScheduleType, SchemaNames, SyncFormat,
};
pub use error::{ConfigError, ConfigErrorKind};
pub use explain::{Cause, Explanation};
pub use missing::MissingPart;
pub use preset::{Preset, Unsupported, presets, unsupported};
pub use printable::printable;
pub use replay::{Repeated, ReplayGuard, ReplayMemories, ReplayMemory, Taken, Ticket};
pub use scheme::Scheme;
pub use secret::{Secret, Secrets};
pub use signer::{Message, Signer};
pub use verifier::{Streaming, Verifier};

/// The README of the whole project, so that its code is tested.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
