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

#[cfg(test)]
extern crate std;

mod algorithm;
mod compare;
mod decode;
mod delivery;
mod digest;
mod encoding;
mod hash;
mod header;
mod infer;
mod key;
mod label;
mod mac;
mod rejection;
mod scheme;
mod setup;
mod sign;
mod signature;
mod stream;
mod swar;
mod tag;
mod token;
mod verdict;
mod verify;

pub use algorithm::Algorithm;
pub use delivery::{Delivery, Headers, Timestamp};
pub use encoding::Encoding;
pub use header::MAX_VALUE;
pub use infer::AlgorithmRule;
pub use key::Key;
pub use rejection::Rejection;
pub use scheme::{ALGORITHM_HEADER, SIGNATURE_HEADER, Scheme, TOKEN_HEADER};
pub use setup::{MAX_SECRETS, SetupError};
pub use sign::SignedTag;
pub use stream::Stream;
pub use verdict::Verified;
pub use verify::Verifier;
