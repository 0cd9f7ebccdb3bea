//! What the benchmarks share. They live in `benches/`; see the README.
#![allow(clippy::missing_panics_doc, clippy::unwrap_used, reason = "benchmarks, not an interface")]

pub mod floor;
pub mod macs;
pub mod task;

use std::time::Duration;

use criterion::Criterion;

/// Bytes of a body.
pub const SIZES: [usize; 7] = [0, 32, 256, 1024, 4096, 65_536, 1_048_576];

/// What is measured for so long that the least time of a sample means something, and no longer, since there are hundreds
/// of figures. The command line may say otherwise.
#[must_use]
pub fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .sample_size(40)
        .nresamples(2000)
}
