//! Deliveries made without the key. What it claims stands in `src/forgery.rs`.

#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(forgery);
