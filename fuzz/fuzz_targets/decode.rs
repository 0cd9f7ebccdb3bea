//! Texts of tags and secrets, against `base64` and `hex`. What it claims stands in `src/decode.rs`.

#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(decode);
