//! One file for each instruction set, each with the same safe face. All that is `unsafe` is in here.
//!
//! Everything that works with vectors is inlined into one function a kernel, the one that has the instructions: what is not
//! inlined passes its vectors through memory.

#![allow(clippy::inline_always, reason = "see above")]

mod lockstep;
pub(crate) mod portable;
pub(crate) mod vector;

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
#[cfg(target_arch = "x86_64")]
pub(crate) mod sha_ni;

#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;
