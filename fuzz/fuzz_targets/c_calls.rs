//! Calls in any order through the C interface, against the Rust library. What it claims stands in `src/c_calls.rs`.

#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(c_calls);
