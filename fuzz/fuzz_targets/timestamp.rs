//! Moments as senders write them, against plain arithmetic. What it claims stands in `src/timestamp.rs`.

#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(timestamp);
