//! Header lines, against a plain search. What it claims stands in `src/headers.rs`.

#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(headers);
