//! One file for each instruction set, all with the same safe interface. Contains all `unsafe` code of this crate.
#![allow(
    clippy::many_single_char_names,
    clippy::wildcard_imports,
    reason = "names of rows and columns; dozens of intrinsics"
)]

mod lockstep;
#[cfg(target_arch = "x86_64")]
mod pair;
pub(crate) mod portable;
mod rows;

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
#[cfg(target_arch = "x86_64")]
pub(crate) mod bmi2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod sha_ni;

#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;
