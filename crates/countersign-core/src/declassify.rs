//! Where a value that depends on a secret may become known, for the proof of constant time in `tests/constant-time`.
//!
//! Compiled with `--cfg countersign_declassify` only.

use std::sync::OnceLock;

/// The proof puts a function here. It is given each outcome just before it may become known.
pub static DECLASSIFY: OnceLock<fn(&mut u8, &mut u8)> = OnceLock::new();

pub(crate) fn byte(byte: u8) -> u8 {
    pair(byte, 0).0
}

pub(crate) fn pair(mut first: u8, mut second: u8) -> (u8, u8) {
    if let Some(declassify) = DECLASSIFY.get() {
        declassify(&mut first, &mut second);
    }
    (first, second)
}
