//! `countersign sign`, as it is called.

use std::path::PathBuf;

use clap::Args;

use super::ConfigArgs;

/// Print the header lines that a sender would send with a body
///
/// They are those of --header and --header-file that are signed, those of the message's id and of the time of sending,
/// where the sender has such headers, and the signature's, each on a line of its own.
#[derive(Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct SignArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,

    #[command(flatten)]
    pub(crate) message: MessageArgs,

    /// Put the name of the algorithm in front of the signature, as in sha256=…
    ///
    /// Beside --algorithm, or a connection without a scheme. A scheme or preset says itself how a signature is written.
    #[arg(long, help_heading = "Output")]
    pub(crate) label: bool,

    /// Print the header lines as JSON
    #[arg(long, help_heading = "Output", help = "Print {\"headers\":[[\"Name\",\"value\"]]}")]
    pub(crate) json: bool,
}

/// A message that is to be sent.
#[derive(Args, Debug)]
#[command(next_help_heading = "What is signed")]
pub(crate) struct MessageArgs {
    /// Body to sign; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) body: PathBuf,

    /// Id of the message, for senders that sign one
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(crate) id: Option<String>,

    /// Request method, for senders that sign it [if not given: POST]
    #[arg(long, value_name = "METHOD")]
    pub(crate) method: Option<String>,

    /// URL that will be called, for senders that sign it
    ///
    /// It is signed as it is given. A receiver builds it from the origin by which it knows itself and from the request line:
    /// with / for an empty path, without user and fragment.
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,

    /// Header line 'Name: value' that is sent anyway, for senders that sign one or look at it; may be repeated
    ///
    /// It is printed with the others if the signature would be another without it.
    #[arg(long = "header", value_name = "LINE")]
    pub(crate) headers: Vec<String>,

    /// File of such lines, one a line; - is standard input; may be repeated
    #[arg(long = "header-file", value_name = "FILE")]
    pub(crate) header_files: Vec<PathBuf>,

    /// Time of sending, for senders that sign it: seconds since 1970 or RFC 3339 [if not given: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) now: Option<String>,
}

const AFTER_HELP: &str = "\
The first secret signs. Where the algorithm is INFER_FROM_HEADER, --algorithm
may stand beside --connection, --scheme or --preset and says which to use,
SHA_256 if it is not given.

Where the signature is in the body or the URL, as with the presets adyen,
billplz, vnpay and shopify-oauth, the line has the name of the field or
parameter, and a note says where that is. Put the value there, and give verify
that body and that URL; what sign prints is then no input of --header-file.

EXAMPLES
  countersign sign --preset stripe --secret-file secret.txt --body body.json

  A sender that signs an id and a time:
    countersign sign --preset svix --secret-file secret.txt --id msg_1 \\
      --now 2025-10-09T09:00:00Z --body body.json

  countersign sign --algorithm SHA_512 --encoding HEXA_DECIMAL \\
    --secret-file secret.txt --body body.json

  countersign sign --connection connection.json --algorithm SHA_1 --label \\
    --body body.json

  From one end to the other, with a --method and --url that are signed in both:
    countersign sign --connection c.json --body body.json |
      countersign verify --connection c.json --body body.json --header-file -

  Sent with curl:
    countersign sign --preset github --secret-env SECRET --body body.json |
      curl --header @- --data-binary @body.json https://example.com/hook";
