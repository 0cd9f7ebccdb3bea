#![doc = include_str!("../README.md")]
#![no_std]
#![deny(unsafe_code)]
// Everything is inlined into one function per instruction set, because only such a function may use the instructions.
// Code that is not inlined passes values through memory, in narrow stores from which the next wide load cannot be
// forwarded.
#![allow(clippy::inline_always)]
// On other processors, only MD5 uses lanes.
#![cfg_attr(not(any(target_arch = "aarch64", target_arch = "x86_64")), allow(dead_code, unused_imports, unused_mut))]

#[cfg(test)]
extern crate std;

#[allow(unsafe_code, reason = "processor instructions, which no other module uses")]
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

pub use countersign_core::{Algorithm, Encoding, Key};
pub use lanes::{Feature, Lanes};
pub use message::{Mac, Message};
