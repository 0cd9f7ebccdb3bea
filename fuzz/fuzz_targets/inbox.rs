//! An inbox whose files are damaged. What it claims stands in `src/inbox.rs`.

#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(inbox);
