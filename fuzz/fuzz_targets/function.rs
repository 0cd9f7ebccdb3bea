//! The named functions, through the presets that use them. What it claims stands in `src/function.rs`.

#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(function);
