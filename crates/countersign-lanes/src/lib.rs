#![doc = include_str!("../README.md")]
#![no_std]
#![deny(unsafe_code)]

#[cfg(test)]
extern crate std;

#[allow(unsafe_code, reason = "the instructions of one processor or another; nowhere else")]
mod arch;
mod cursor;
mod engine;
mod kernel;
mod lanes;
mod message;
mod order;
mod rounds;
mod set;
mod single;
#[cfg(test)]
mod suite;
mod under_way;
mod word;

pub use lanes::{Feature, Lanes};
pub use message::{Mac, Message};
