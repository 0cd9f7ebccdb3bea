//! Connection texts, against serde_json and against themselves with other secrets. What it claims stands in `src/connection.rs`.

#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(connection);
