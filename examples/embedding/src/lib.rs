//! Holds nothing: the programs are in `crates/countersign/guide`, the tests in `tests`.
