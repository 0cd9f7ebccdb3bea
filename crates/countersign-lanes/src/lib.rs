#![doc = include_str!("../README.md")]
#![no_std]

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
mod under_way;
mod vector;
mod word;

pub use lanes::{Feature, Lanes};
pub use message::{Mac, Message};
