//! Schemes of any parts and deliveries nearly right, against a plain verifier of schemes. What it claims stands in `src/scheme.rs`.

#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(scheme);
