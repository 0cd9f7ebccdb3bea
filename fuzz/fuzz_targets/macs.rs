//! MACs in lanes and alone, against `hmac` and `ring`. What it claims stands in `src/macs.rs`.

#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(macs);
