//! `countersign completions`, as it is called.

use clap::Args;
use clap_complete::Shell;

/// Print a script that completes commands in a shell
#[derive(Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct CompletionsArgs {
    /// The shell that reads the script
    #[arg(value_name = "SHELL", value_enum)]
    pub(crate) shell: Shell,
}

const AFTER_HELP: &str = "\
EXAMPLES
  bash, for one user:
    mkdir -p ~/.local/share/bash-completion/completions
    countersign completions bash \\
      > ~/.local/share/bash-completion/completions/countersign

  zsh, into a folder that is in $fpath:
    countersign completions zsh > ~/.zfunc/_countersign

  fish:
    countersign completions fish > ~/.config/fish/completions/countersign.fish

  PowerShell, for this session:
    countersign completions powershell | Out-String | Invoke-Expression";
