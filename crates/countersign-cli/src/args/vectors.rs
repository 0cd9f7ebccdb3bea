//! `countersign vectors`, as it is called.

use std::path::PathBuf;

use clap::Args;

use crate::terminal::Colour;

/// Test this program with the vectors that are built into it
///
/// Each vector is a verifier, a delivery and the verdict that must come out. Each is verified whole, and in pieces
/// where the scheme allows that.
#[derive(Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct VectorsArgs {
    /// Files of vectors, or folders of them, in place of those built in
    #[arg(value_name = "FILE")]
    pub(crate) paths: Vec<PathBuf>,

    /// Print {"file":"…","passed":n,"failed":n} for each file
    #[arg(long)]
    pub(crate) json: bool,

    /// When to use colours; overrides NO_COLOR
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) color: Colour,
}

const AFTER_HELP: &str = "\
EXAMPLES
  countersign vectors
  countersign vectors test-vectors
  countersign vectors my-vectors.json --json

EXIT STATUS
  0  every vector got its verdict
  1  one did not
  2  a file does not hold vectors
  3  a file cannot be read";
