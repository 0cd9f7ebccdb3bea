//! Marks values that depend on a secret but may become public, for the constant-time check in `tests/constant-time`.
//!
//! Compiled only with `--cfg countersign_declassify`.

use std::sync::OnceLock;

/// A function that the constant-time check sets. It is called with each outcome just before the outcome becomes public.
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
