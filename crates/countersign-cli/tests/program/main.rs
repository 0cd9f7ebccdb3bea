//! The program as its users see it: arguments, files and pipes in; output, messages and exit status out.

mod bad_input;
mod form;
mod many;
mod one;
mod orders;
mod secrets;
mod sign;
mod support;
mod vectors;
