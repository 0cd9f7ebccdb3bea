//! Bodies become rows and dead letters. What it claims stands in `src/tables.rs`.

#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(tables);
