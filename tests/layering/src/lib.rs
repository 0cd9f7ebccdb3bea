//! Reads the imports of Rust source: who names whom by a path that begins with `crate` or `super`.

mod crate_source;
mod source;

pub use crate_source::{CrateSource, Module};
pub use source::paths;
