//! The program: parses the arguments, and does what they say.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Each request allocates what it is made of, in whichever thread it runs. glibc's allocator keeps what such threads have freed to each
/// other.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    countersignd::cli::Cli::read().run()
}
