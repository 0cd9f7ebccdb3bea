//! Delivery records, against what was written. What it claims stands in `src/ndjson.rs`.

#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(ndjson);
