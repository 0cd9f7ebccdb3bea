//! The program as its users see it: arguments, files and pipes in; output, messages and exit status out.

mod bad_input;
mod bench;
mod completions_and_man;
mod compressed;
mod config;
mod deliveries_file;
mod examples;
mod explain;
mod explain_line;
mod formats;
mod guide;
mod headers;
mod help_and_colours;
mod hints;
#[cfg(unix)]
mod interrupt;
mod orders;
mod presets;
#[cfg(unix)]
mod readme;
mod schemes;
mod secrets;
mod sign;
mod single_delivery;
mod support;
mod times;
mod untrusted_text;
mod vectors;
