#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod connection;
mod error;
mod header_name;
mod json;
mod secret;
mod signer;
mod suggest;
mod verifier;

pub use countersign_core as core;
pub use countersign_core::{
    ALGORITHM_HEADER, Algorithm, Delivery, Encoding, Headers, MAX_SECRETS, MAX_VALUE, Rejection, SIGNATURE_HEADER,
    Stream, TOKEN_HEADER, Verified,
};

pub use connection::{
    AlgorithmSetting, AuthMethod, Bucket, Config, Connection, DataDelaySensitivity, NetworkingMethod, Request,
    ScheduleType, SchemaNames, SyncFormat,
};
pub use error::{ConfigError, ConfigErrorKind};
pub use secret::{Secret, Secrets};
pub use signer::Signer;
pub use verifier::Verifier;

/// The README of the whole project, so that its code is tested.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
