//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::secrets::SecretSources;
use crate::terminal::Colour;

/// Decides whether webhook deliveries are authentic.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, after_help = AFTER_HELP, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Verify one delivery, or a file of them
    Verify(VerifyArgs),
    /// Print the header line that a sender would send with a body
    Sign(SignArgs),
    /// Test this program with the vectors that are built into it
    Vectors(VectorsArgs),
}

// Lines of at most 80 columns, because a terminal would wrap longer ones in the middle of a command.
const AFTER_HELP: &str = "\
EXAMPLES
  Verify a file of deliveries, one JSON object a line:
    countersign verify --connection connection.json --deliveries all.ndjson

  Verify one delivery:
    countersign verify --connection connection.json --body body.json \\
      --header 'X-Fivetran-Hmac-Sign: …'

  Sign a body:
    countersign sign --algorithm SHA_256 --encoding HEXA_DECIMAL \\
      --secret-file secret.txt --body body.json

EXIT STATUS
  0  everything is authentic
  1  something was rejected
  2  the command or the configuration is wrong
  3  a file cannot be read or the output cannot be written

Say countersign verify --help for everything about verifying.";

const VERIFY_USAGE: &str = "\
countersign verify --connection FILE --deliveries FILE [OPTIONS]
       countersign verify --connection FILE --body FILE --header LINE [OPTIONS]
       countersign verify --algorithm NAME --encoding NAME --secret-file FILE …";

/// How deliveries are signed.
#[derive(Args, Debug)]
#[command(next_help_heading = "How deliveries are signed")]
pub(crate) struct SourceArgs {
    /// Connection in JSON: the body of POST /v1/connections, or its config alone
    #[arg(long, value_name = "FILE", conflicts_with_all = ["encoding", "header_name"])]
    pub(crate) connection: Option<PathBuf>,

    /// MD5, SHA_1, SHA_224, SHA_256 (if not given), SHA_384, SHA_512 or INFER_FROM_HEADER
    #[arg(long, value_name = "NAME")]
    pub(crate) algorithm: Option<String>,

    /// How the signature is written: BASE64 (if not given), HEXA_DECIMAL or BASE64_URL
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<String>,

    /// Header that holds the signature [if not given: X-Fivetran-Hmac-Sign]
    #[arg(long, value_name = "NAME")]
    pub(crate) header_name: Option<String>,

    #[command(flatten)]
    pub(crate) secrets: SecretSources,
}

/// Verify one delivery, or a file of them
///
/// How deliveries are signed is said by a connection file, or by --algorithm and --encoding with a secret. Secrets given
/// by --secret-file and --secret-env take the place of those in the connection file.
#[derive(Args, Debug)]
#[command(override_usage = VERIFY_USAGE, after_help = VERIFY_AFTER_HELP)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,

    #[command(flatten)]
    pub(crate) one: OneArgs,

    /// File of deliveries, one JSON object a line; - is standard input
    #[arg(
        long, value_name = "FILE", help_heading = "Many deliveries",
        conflicts_with_all = ["headers", "signature", "body", "method", "url"]
    )]
    pub(crate) deliveries: Option<PathBuf>,

    /// When it was received, unless a delivery says so itself: seconds since 1970 or RFC 3339 [if not given: now]
    ///
    /// Only schemes that sign a timestamp look at it.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, help_heading = "Any delivery")]
    pub(crate) now: Option<String>,

    /// Print one JSON object a delivery, in input order
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,

    /// Print the summary alone; with one delivery, nothing
    #[arg(long, short, help_heading = "Output", conflicts_with = "json")]
    pub(crate) quiet: bool,

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

/// One delivery.
#[derive(Args, Debug)]
#[command(next_help_heading = "One delivery")]
pub(crate) struct OneArgs {
    /// Raw body as received; - is standard input. It is read in pieces, so it may be of any size
    #[arg(long, value_name = "FILE")]
    pub(crate) body: Option<PathBuf>,

    /// Header line 'Name: value' as received; may be repeated
    #[arg(long = "header", value_name = "LINE")]
    pub(crate) headers: Vec<String>,

    /// Value of the signature header (or of the token header), in place of a --header for it
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub(crate) signature: Option<String>,

    /// Request method; only schemes that sign it look at it
    #[arg(long, value_name = "METHOD")]
    pub(crate) method: Option<String>,

    /// URL as the sender called it; only schemes that sign it look at it
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
}

const VERIFY_AFTER_HELP: &str = "\
EXAMPLES
  A file of deliveries:
    countersign verify --connection connection.json --deliveries all.ndjson

  The same for a program, which gets one JSON object a delivery:
    zcat all.ndjson.gz | countersign verify --connection connection.json \\
      --deliveries - --json

  One delivery, with the secret in a file:
    countersign verify --algorithm SHA_256 --encoding HEXA_DECIMAL \\
      --secret-file secret.txt --body body.json \\
      --header 'X-Fivetran-Hmac-Sign: sha256=…'

  While secrets are changed, number 0 is the new one and number 1 the old one:
    countersign verify --connection connection.json --body body.json \\
      --secret-file new.txt --secret-env OLD_SECRET --signature 'q0m…='

A LINE OF --deliveries
  {\"id\": \"…\", \"connection\": \"…\", \"method\": \"POST\", \"url\": \"…\",
   \"headers\": {\"Name\": \"value\"}, \"body\": \"text\", \"received_at\": 1614265330}

  Only headers and body are required. headers may also be a list of pairs,
  [[\"Name\", \"value\"]]. A body that is not UTF-8 goes into \"body_base64\".
  A line that cannot be read is reported and counted, and the rest is still
  verified. A line may have 64 MiB. Results come in the order of the lines.

EXIT STATUS
  0    every delivery is authentic
  1    a delivery was rejected, or a line was not a delivery
  2    the command or the configuration is wrong; nothing was verified
  3    a file cannot be read or the output cannot be written
  141  the reader of the output went away, so not everything was verified";

/// Print the header line that a sender would send with a body
#[derive(Args, Debug)]
#[command(after_help = SIGN_AFTER_HELP)]
pub(crate) struct SignArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,

    /// Body to sign; - is standard input
    #[arg(long, value_name = "FILE", help_heading = "What is signed")]
    pub(crate) body: PathBuf,

    /// Put the name of the algorithm in front of the signature, as in sha256=…
    #[arg(long, help_heading = "Output")]
    pub(crate) label: bool,

    /// Print the header lines as JSON
    #[arg(long, help_heading = "Output", help = "Print {\"headers\":[[\"Name\",\"value\"]]}")]
    pub(crate) json: bool,
}

const SIGN_AFTER_HELP: &str = "\
The first secret signs. For a connection whose algorithm is INFER_FROM_HEADER,
--algorithm says which to use, SHA_256 if it is not given.

EXAMPLES
  countersign sign --algorithm SHA_512 --encoding HEXA_DECIMAL \\
    --secret-file secret.txt --body body.json

  countersign sign --connection connection.json --algorithm SHA_1 --label \\
    --body body.json

  From one end to the other:
    countersign verify --connection connection.json --body body.json \\
      --header \"$(countersign sign --connection connection.json --body body.json)\"";

/// Test this program with the vectors that are built into it
///
/// Each vector is a verifier, a delivery and the verdict that must come out. Each is verified whole and in pieces.
#[derive(Args, Debug)]
#[command(after_help = VECTORS_AFTER_HELP)]
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

const VECTORS_AFTER_HELP: &str = "\
EXAMPLES
  countersign vectors
  countersign vectors test-vectors
  countersign vectors my-vectors.json --json

EXIT STATUS
  0  every vector got its verdict
  1  one did not
  2  a file does not hold vectors
  3  a file cannot be read";

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
