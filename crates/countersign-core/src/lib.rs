#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::panic_in_result_fn,
    clippy::unwrap_used
)]

#[cfg(any(test, countersign_declassify))]
extern crate std;

mod algorithm;
mod backend;
mod compare;
#[cfg(countersign_declassify)]
mod declassify;
mod decode;
mod delimiter;
mod delivery;
mod digest;
mod encoding;
mod fast_path;
mod format;
mod freshness;
mod hash;
mod header;
mod identity;
mod infer;
mod key;
mod label;
mod list;
mod mac;
mod plan;
mod rejection;
mod rfc3339;
mod scheme;
mod secret_form;
mod secret_set;
mod setup;
mod sign;
mod signature;
mod stream;
mod swar;
mod tag;
mod template;
mod timestamp;
mod token;
mod unfilled;
mod unkeyed;
mod verdict;
mod verifier;
mod verify;

/// For crates that compute MACs themselves: faster, or for many deliveries at once. Everyone else should use
/// [`Verifier::verify`].
///
/// [`Verifier::verify_with`] verifies with a [`Backend`](hazmat::Backend). [`Verifier::claim`] does everything before
/// the MAC and [`Claim::judge`](hazmat::Claim::judge) everything after it. [`chaining`](hazmat::chaining) returns the
/// chaining values from which a MAC is computed. A mistake in a MAC accepts forgeries, and chaining values are as
/// sensitive as the secrets.
pub mod hazmat {
    pub use crate::backend::{Backend, Portable};
    #[cfg(countersign_declassify)]
    pub use crate::declassify::DECLASSIFY;
    pub use crate::decode::decode;
    pub use crate::key::{Chaining, chaining};
    pub use crate::tag::Tag;
    pub use crate::unkeyed::unkeyed_hash;
    pub use crate::verify::Claim;
}

/// Rules for HTTP headers (RFC 9110) that other crates share.
pub mod http_header {
    pub use crate::header::{is_name, trim};
}

pub use algorithm::Algorithm;
pub use delivery::{Delivery, Head, Headers};
pub use encoding::Encoding;
pub use format::Format;
pub use freshness::Tolerance;
pub use header::MAX_VALUE;
pub use identity::Identity;
pub use infer::AlgorithmRule;
pub use key::Key;
pub use rejection::Rejection;
pub use scheme::{ALGORITHM_HEADER, HmacScheme, SIGNATURE_HEADER, Scheme, Source, TOKEN_HEADER, TimestampRule};
pub use secret_form::SecretForm;
pub use secret_set::SecretSet;
pub use setup::{MAX_SECRETS, SchemeFault, SetupError};
pub use sign::SignedTag;
pub use stream::{IdentifyingStream, Stream};
pub use tag::MAX_SIGNATURES;
pub use template::MAX_PARTS;
pub use timestamp::{TimeUnit, Timestamp};
pub use verdict::Verified;
pub use verifier::Verifier;
pub use verify::Streaming;
