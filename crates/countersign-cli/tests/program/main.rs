//! The program as its users see it: arguments, files and pipes in; output, messages and exit status out.

mod bad_input;
mod bench;
mod examples;
mod explain;
mod foreign;
mod form;
mod formats;
mod headers;
mod help;
mod hints;
#[cfg(unix)]
mod interrupt;
mod many;
mod one;
mod orders;
mod presets;
mod schemes;
mod secrets;
mod sign;
mod source;
mod support;
mod times;
mod vectors;
