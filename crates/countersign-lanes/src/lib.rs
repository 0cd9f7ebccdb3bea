#![doc = include_str!("../README.md")]
#![no_std]
#![deny(unsafe_code)]
// What works for the lanes is compiled into one function for each instruction set, the one that has the instructions. What
// is not inlined there passes its values through memory, in pieces that the next reader has to wait for.
#![allow(clippy::inline_always)]
// Other processors have lanes for MD5 alone.
#![cfg_attr(not(any(target_arch = "aarch64", target_arch = "x86_64")), allow(dead_code, unused_imports, unused_mut))]

#[cfg(test)]
extern crate std;

#[allow(unsafe_code, reason = "the instructions of one processor or another, and nowhere else")]
mod arch;
mod backend;
mod cursor;
mod decode;
mod equal_length;
mod fallback;
mod in_flight;
mod kernel;
mod lanes;
mod message;
mod order;
mod rounds;
mod scheduler;
#[cfg(target_arch = "x86_64")]
mod single;
#[cfg(test)]
mod suite;
mod vector;
mod word;

pub use lanes::{Feature, Lanes};
pub use message::{Mac, Message};
