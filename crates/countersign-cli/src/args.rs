//! The command line.

mod bench;
mod completions;
mod config;
mod delivery;
mod explain;
mod man;
mod presets;
mod sign;
mod vectors;
mod verify;

use clap::{Parser, Subcommand};

pub(crate) use bench::BenchArgs;
pub(crate) use completions::CompletionsArgs;
pub(crate) use config::ConfigArgs;
pub(crate) use delivery::{DeliveryArgs, TimeArgs};
pub(crate) use explain::ExplainArgs;
pub(crate) use man::ManArgs;
pub(crate) use presets::PresetsArgs;
pub(crate) use sign::SignArgs;
pub(crate) use vectors::VectorsArgs;
pub(crate) use verify::VerifyArgs;

/// Decides whether webhook deliveries are authentic.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, after_help = AFTER_HELP, arg_required_else_help = true, max_term_width = 80)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Verify one delivery, or a file of them
    Verify(VerifyArgs),
    /// Print the header lines that a sender would send with a body
    Sign(SignArgs),
    /// Tell why a delivery is rejected, and what to change
    Explain(ExplainArgs),
    /// List the senders that are known by name, or print how one of them signs
    Presets(PresetsArgs),
    /// Test this program with the vectors that are built into it
    Vectors(VectorsArgs),
    /// Measure how fast deliveries are verified on this machine
    Bench(BenchArgs),
    /// Print a script that completes commands in a shell
    Completions(CompletionsArgs),
    /// Print a manual page
    Man(ManArgs),
}

// Lines of at most 80 columns, because a terminal would wrap longer ones in the middle of a command.
const AFTER_HELP: &str = "\
EXAMPLES
  Verify one delivery from Stripe:
    countersign verify --preset stripe --secret-file secret.txt \\
      --body body.json --header 'Stripe-Signature: t=…,v1=…'

  Verify a file of deliveries, one JSON object a line:
    countersign verify --connection connection.json --deliveries all.ndjson

  Find out why it is rejected:
    countersign explain --preset stripe --secret-file secret.txt \\
      --body body.json --header 'Stripe-Signature: t=…,v1=…'

  Sign a body as GitHub would:
    countersign sign --preset github --secret-file secret.txt --body body.json

  Change how a known sender signs:
    countersign presets convoy > scheme.json
    countersign verify --scheme scheme.json --secret-file secret.txt …

EXIT STATUS
  0    everything is authentic
  1    something was rejected
  2    the command or the configuration is wrong
  3    a file cannot be read or the output cannot be written
  130  it was interrupted
  141  the reader of the output went away, so not everything was done

Say countersign verify --help for everything about verifying.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
