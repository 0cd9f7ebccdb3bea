//! Header texts, against a plain verifier. What it claims stands in `src/signature.rs`.

#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(signature);
