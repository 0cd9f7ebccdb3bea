//! Batches, against single deliveries. What it claims stands in `src/batch.rs`.

#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(batch);
