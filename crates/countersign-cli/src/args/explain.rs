//! `countersign explain`, as it is called.

use std::path::PathBuf;

use clap::Args;

use super::{ConfigArgs, DeliveryArgs, TimeArgs};
use crate::terminal::Colour;

const USAGE: &str = "\
countersign explain --preset NAME --secret-file FILE --body FILE …
       countersign explain --scheme FILE --secret-file FILE --body FILE …
       countersign explain --connection FILE --body FILE …
       countersign explain --connection FILE --deliveries FILE --line NUMBER
       countersign explain --algorithm NAME --encoding NAME --secret-file FILE …";

/// Tell why a delivery is rejected, and what to change
///
/// The usual mistakes are tried in a fixed order, on the side of the sender and on this one: with the secret, the body,
/// the signature, the clock, and what is signed. The first that would make the delivery authentic is named.
///
/// This is for the operator who holds the secret, never for the request path: it computes many signatures for one
/// delivery, and its answer would help a forger. It never shows a secret, a MAC or a valid signature.
#[derive(Args, Debug)]
#[command(override_usage = USAGE, after_help = AFTER_HELP)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,

    #[command(flatten)]
    pub(crate) delivery: DeliveryArgs,

    /// File of deliveries as verify reads it, of which --line names one; - is standard input
    #[arg(
        long, value_name = "FILE", help_heading = "One of many deliveries", requires = "line",
        conflicts_with_all = [
            "headers", "header_files", "signature", "signature_env", "signature_file", "body", "method", "url"
        ]
    )]
    pub(crate) deliveries: Option<PathBuf>,

    /// Number of its line, from 1, as verify --json tells it
    #[arg(
        long, value_name = "NUMBER", help_heading = "One of many deliveries", requires = "deliveries",
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub(crate) line: Option<u64>,

    #[command(flatten)]
    pub(crate) time: TimeArgs,

    /// Print one JSON object
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,

    /// When to use colours; overrides NO_COLOR
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub(crate) color: Colour,
}

const AFTER_HELP: &str = "\
For the operator who holds the secret, never for the request path. A sender
must not learn what is told here. The whole body is held in memory.

EXAMPLES
  A delivery that verify rejects, with the same options:
    countersign explain --preset github --secret-file secret.txt \\
      --body body.json --header 'X-Hub-Signature-256: sha256=…'

  One that came some time ago is judged as of when it came:
    countersign explain --preset stripe --secret-env STRIPE_SECRET \\
      --body body.json --header 'Stripe-Signature: t=1760000000,v1=…' \\
      --now 1760000002

  With all headers as received, a signature in a wrong one is found:
    countersign explain --connection connection.json --body body.json \\
      --header-file headers.txt

  One line of a file, which verify told to be rejected:
    countersign explain --connection connection.json \\
      --deliveries all.ndjson.gz --line 17

WITH --json
  {\"verdict\":\"mismatch\",\"code\":8,\"cause\":\"body_newline_added\",\"advice\":\"…\"}

  cause is null if the delivery is authentic or nothing explains it. In the
  latter case \"tried\" lists the causes that were ruled out, and
  \"passed_over\", if it is there, those that the delivery is too large for.

EXIT STATUS
  0  the delivery is authentic, so there is nothing to explain
  1  it is rejected, whether that could be explained or not, or the line of
     --deliveries is not a delivery
  2  the command or the configuration is wrong
  3  a file cannot be read or the output cannot be written";
