//! Test vectors in a form that a machine without a heap can read, and the core's verdict on them.
//!
//! What a vector's JSON says is read by the machine that packs it; everything that follows is the core's own work on the
//! machine that judges it: keys are made, the scheme is checked, the delivery is verified.
#![no_std]

mod judge;
mod scheme;
mod vector;

pub use judge::Verdict;
pub use scheme::{Beside, Form, Moment, Scheme, SenderScheme};
pub use vector::{List, Secret, Vector};

/// The longest packed vector, in bytes: the corpus has one whose header is longer than 64 KiB.
pub const LONGEST: usize = 72 * 1024;
