//! A signed text, cut elsewhere. What it claims stands in `src/cut.rs`.

#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(cut);
