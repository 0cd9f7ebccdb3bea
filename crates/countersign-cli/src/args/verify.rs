//! `countersign verify`, as it is called.

use std::path::PathBuf;

use clap::Args;

use super::{ConfigArgs, DeliveryArgs, TimeArgs};
use crate::terminal::Colour;

const USAGE: &str = "\
countersign verify --preset NAME --secret-file FILE --body FILE …
       countersign verify --scheme FILE --secret-file FILE --deliveries FILE
       countersign verify --connection FILE --deliveries FILE
       countersign verify --algorithm NAME --encoding NAME --secret-file FILE …";

/// Verify one delivery, or a file of them
///
/// How deliveries are signed is said by the name of a sender, by a scheme file, by a connection file, or by --algorithm
/// and --encoding. Secrets given by --secret-file and --secret-env take the place of those in a connection file.
#[derive(Args, Debug)]
#[command(override_usage = USAGE, after_help = AFTER_HELP)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,

    #[command(flatten)]
    pub(crate) delivery: DeliveryArgs,

    /// File of deliveries, one JSON object a line, may be compressed by gzip or zstd; - is standard input
    #[arg(
        long, value_name = "FILE", help_heading = "Many deliveries",
        conflicts_with_all = [
            "headers", "header_files", "signature", "signature_env", "signature_file", "body", "method", "url"
        ]
    )]
    pub(crate) deliveries: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) time: TimeArgs,

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

const AFTER_HELP: &str = "\
EXAMPLES
  One delivery from a sender that is known by name:
    countersign verify --preset slack --secret-env SLACK_SECRET \\
      --body body.txt --header 'X-Slack-Signature: v0=…' \\
      --header 'X-Slack-Request-Timestamp: 1531420618' --now 1531420618

  A sender that signs the URL too:
    countersign verify --preset square --secret-file secret.txt \\
      --url https://example.com/hook --body body.json --signature 'GF4Y…='

  A sender that repeats a token, which is the secret and so no argument:
    countersign verify --preset gitlab-token --secret-file secret.txt \\
      --body body.json --header-file headers.txt

  A file of deliveries:
    countersign verify --connection connection.json --deliveries all.ndjson

  The same for a program, which gets one JSON object a delivery:
    countersign verify --connection connection.json \\
      --deliveries all.ndjson.gz --json

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
  received_at is the moment as of which the age of that delivery is judged, in
  seconds with at most six decimals. \"countersignd\": {…} is passed over.
  A line that cannot be read is counted, and the rest is still verified. With
  --json its object has the reason as \"error\"; standard error describes the
  first 20 such lines. A line may have 64 MiB. Results come in the order of the
  lines. A compressed file that is cut off or broken ends the program with
  status 3.

  Other fields are refused, and an id is a text. jq makes such lines of records
  that are kept otherwise. Keep the time, the URL and the method: without them
  an old delivery is expired, and a signed URL or method is missing. Without
  pipefail, the status says nothing of an archive that is cut off:
    set -o pipefail
    zcat archive.gz | jq -c '{id: (.id | tostring), method, url,
        headers: .request.headers, body: .payload, body_base64,
        received_at: .time}' | countersign verify --preset github \\
      --secret-env SECRET --deliveries -

EXIT STATUS
  0    every delivery is authentic
  1    a delivery was rejected, a line was not a delivery, or --deliveries has
       none (a program that failed leaves nothing in a pipe)
  2    the command or the configuration is wrong; nothing was verified
  3    a file cannot be read or the output cannot be written; an output that
       is closed (>&-) cannot be told from /dev/null, and counts as written
  130  it was interrupted, and told the count so far
  141  the reader of the output went away, so not everything was verified";
