//! One delivery on the command line, and when it came.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

/// One delivery.
#[derive(Args, Debug)]
#[command(next_help_heading = "One delivery")]
pub(crate) struct DeliveryArgs {
    /// Raw body as received; - is standard input
    ///
    /// It is read in pieces, so it may be of any size. A sender that signs something behind the body, or a part of it
    /// alone, makes it necessary to hold the body in memory; then it may have 1 GiB.
    #[arg(long, value_name = "FILE")]
    pub(crate) body: Option<PathBuf>,

    /// Header line 'Name: value' as received, or several lines; may be repeated
    ///
    /// Other users of the machine can read arguments, so a line that holds a secret, such as a token, goes into
    /// --header-file.
    #[arg(long = "header", value_name = "LINE")]
    pub(crate) headers: Vec<String>,

    /// File of header lines 'Name: value', one a line; - is standard input; may be repeated
    ///
    /// A request line or status line on top of them is passed over, as are pseudo-headers of HTTP/2 such as ':method: POST'.
    /// An empty file holds no headers. A line that --header gives as well counts once.
    #[arg(long = "header-file", value_name = "FILE")]
    pub(crate) header_files: Vec<PathBuf>,

    /// Value of the signature header, in place of a line for it
    ///
    /// Not for a token, which is the secret itself: that is given by --signature-env or --signature-file.
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true, conflicts_with_all = ["signature_env", "signature_file"])]
    pub(crate) signature: Option<String>,

    /// Environment variable that holds that value, or a token
    #[arg(long, value_name = "NAME", conflicts_with = "signature_file")]
    pub(crate) signature_env: Option<OsString>,

    /// File that holds that value, or a token; one newline at its end is left out; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) signature_file: Option<PathBuf>,

    /// Request method, for senders that sign it [if not given: POST]
    #[arg(long, value_name = "METHOD")]
    pub(crate) method: Option<String>,

    /// URL as the sender called it, for senders that sign it
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
}

/// When a delivery came, and how old it may be.
#[derive(Args, Debug)]
#[command(next_help_heading = "Any delivery")]
pub(crate) struct TimeArgs {
    /// When it was received, unless a delivery says so itself: seconds since 1970 or RFC 3339 [if not given: now]
    ///
    /// It matters to senders that sign a timestamp, and to secrets that may be used for some time only.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) now: Option<String>,

    /// How far the signed timestamp may be from that, either way, in place of what the scheme says
    ///
    /// A sender that signs no timestamp gives nothing to judge the age of a delivery by, so it is an error to ask for it.
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    pub(crate) tolerance: Option<String>,
}
