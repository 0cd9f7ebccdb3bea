//! Bodies in pieces, against the whole body. What it claims stands in `src/stream.rs`.

#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(stream);
