#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
// On docs.rs, `doc_cfg` makes rustdoc print which feature each item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "axum")]
pub mod axum;
mod batch;
mod clock;
mod composition;
pub mod connection;
mod constructors;
mod delivery_id;
mod encode;
mod error;
mod explain;
mod form;
mod function;
// The guide's programs use servers and clients that are no dependencies of this crate. `examples/embedding` compiles and
// runs them.
#[cfg(all(doc, not(doctest), feature = "axum"))]
pub mod guide;
mod handshake;
mod header_line;
mod header_name;
#[cfg(feature = "http")]
pub mod http;
mod json;
mod json_name;
mod message;
mod message_format;
mod missing;
mod missing_part;
mod preset;
mod printable;
#[cfg(feature = "records")]
pub mod records;
mod replay;
mod rewriter;
mod scheme;
mod secret;
mod secret_text;
mod signer;
mod suggest;
#[cfg(feature = "tower")]
pub mod tower;
mod verifier;

/// The crate `countersign-core`, which verifies one delivery without `std` and without a heap.
pub use countersign_core as engine;
pub use countersign_core::{
    ALGORITHM_HEADER, Algorithm, Delivery, Encoding, Head, Headers, IdentifyingStream, Identity, MAX_SECRETS,
    MAX_SIGNATURES, MAX_VALUE, Rejection, SIGNATURE_HEADER, Stream, TOKEN_HEADER, Tolerance, Verified,
};
pub use countersign_lanes as lanes;

pub use batch::{Batch, MAX_THREADS, Verdict, verify_batch};
#[doc(inline)]
pub use connection::Connection;
pub use delivery_id::{DeliveryId, DeliveryIdPlace, MAX_DELIVERY_ID};
pub use error::{ConfigError, ConfigErrorKind};
pub use explain::{Cause, Explanation};
pub use handshake::Handshake;
pub use missing_part::MissingPart;
pub use preset::{DeliveryIdSource, Preset, Unsupported, presets, unsupported};
pub use printable::printable;
pub use replay::{Repeated, ReplayGuard, ReplayMemories, ReplayMemory, Taken, Ticket};
pub use scheme::Scheme;
pub use secret::{Secret, Secrets};
pub use signer::{Message, Signer};
pub use verifier::{Streaming, Verifier};
