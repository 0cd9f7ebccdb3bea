//! `countersign man`, as it is called.

use clap::Args;

/// Print a manual page, as troff for man
#[derive(Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ManArgs {
    /// The subcommand that the page is about; if not given, the program
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Option<String>,
}

const AFTER_HELP: &str = "\
EXAMPLES
  Read one:
    countersign man verify | man -l -

  Install them for one user:
    mkdir -p ~/.local/share/man/man1 && cd ~/.local/share/man/man1
    countersign man > countersign.1
    countersign man verify > countersign-verify.1";
