//! Instructions are counted by `main.rs`, which is run by `scripts/test-icount`.
