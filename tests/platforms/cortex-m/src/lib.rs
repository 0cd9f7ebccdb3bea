//! What the images share: the host behind the emulator, and the measurement of the stack.
#![no_std]

pub mod host;
pub mod stack;
