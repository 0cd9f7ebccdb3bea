//! Messages that list what is signed: RFC 9421, draft-cavage and JWTs. What it claims stands in `src/message.rs`.

#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(message);
