//! `countersign presets`, as it is called.

use clap::Args;

use crate::terminal::Colour;

/// List the senders that are known by name, or print how one of them signs
///
/// A preset is a scheme that ships with this program. With a NAME its JSON is printed, to be read, or changed and given
/// to --scheme; what it rests on and what to know before using it go to standard error.
#[derive(Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct PresetsArgs {
    /// The preset to print; all are listed if it is not given
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// Print everything that is known as one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    /// When to use colours; overrides NO_COLOR
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) color: Colour,
}

const AFTER_HELP: &str = "\
confirmed    seen in the sender's own pages or code, in another project's code,
             or in a published example that verifies
unconfirmed  taken from public catalogues alone; try it before you trust it
unsupported  signed in a way that no scheme describes; the NAME tells why

EXAMPLES
  countersign presets
  countersign presets stripe

  A sender whose settings differ from the usual:
    countersign presets convoy > scheme.json
    countersign verify --scheme scheme.json --secret-file secret.txt …

EXIT STATUS
  0  it was printed
  2  there is no preset of that name; the message says why
  3  the output cannot be written";
