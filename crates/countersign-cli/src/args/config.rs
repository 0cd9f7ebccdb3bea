//! What says how deliveries are signed; shared by all subcommands that verify or sign.

use std::path::PathBuf;

use clap::Args;

use crate::secrets::SecretSources;

/// How deliveries are signed, in one of four ways, and with which secrets.
// Which of them exclude each other is checked when they are read, where it can be said in one plain line.
#[derive(Args, Debug)]
#[command(next_help_heading = "How deliveries are signed (one of these)")]
pub(crate) struct ConfigArgs {
    /// Name of a known sender, such as stripe; countersign presets lists them
    #[arg(long, value_name = "NAME")]
    pub(crate) preset: Option<String>,

    /// Scheme in JSON, such as countersign presets NAME prints
    #[arg(long, value_name = "FILE")]
    pub(crate) scheme: Option<PathBuf>,

    /// Connection in JSON: the body of POST /v1/connections, or its config alone
    #[arg(long, value_name = "FILE")]
    pub(crate) connection: Option<PathBuf>,

    /// MD5, SHA_1, SHA_224, SHA_256 (if not given), SHA_384, SHA_512 or INFER_FROM_HEADER; sha256, SHA-256 … will do
    #[arg(long, value_name = "NAME")]
    pub(crate) algorithm: Option<String>,

    /// How the signature is written, beside --algorithm: BASE64 (if not given), HEXA_DECIMAL (hex) or BASE64_URL
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<String>,

    /// Header that holds the signature, beside --algorithm [if not given: X-Fivetran-Hmac-Sign]
    #[arg(long, value_name = "NAME")]
    pub(crate) header_name: Option<String>,

    #[command(flatten)]
    pub(crate) secrets: SecretSources,
}
