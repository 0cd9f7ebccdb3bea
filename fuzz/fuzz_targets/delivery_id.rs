//! The id of a delivery in its JSON body, against a tree. What it claims stands in `src/delivery_id.rs`.

#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(delivery_id);
