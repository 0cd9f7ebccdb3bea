//! Texts of schemes: read, used, and explained. What it claims stands in `src/scheme_json.rs`.

#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(scheme_json);
