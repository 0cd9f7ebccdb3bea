//! Runs the code of the project's README as doctests. Here and not in `countersign`, whose package does not hold that file.

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
