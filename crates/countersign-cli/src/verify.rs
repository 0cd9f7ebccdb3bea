//! `countersign verify`: one delivery, or a file of them.

mod job;
mod pipeline;
mod progress;
mod report;
mod single;
mod summary;

use std::process::ExitCode;

use countersign::Scheme;

use crate::args::VerifyArgs;
use crate::config::Config;
use crate::delivery::DeliveryInput;
use crate::error::{CliError, eprint_message, exit_code};
use crate::input::check_stdin;
use crate::time::time_or_now;

/// Runs the subcommand.
pub(crate) fn run(args: &VerifyArgs) -> Result<ExitCode, CliError> {
    if args.deliveries.is_none() && args.delivery.body.is_none() {
        let message =
            "what shall be verified? give --deliveries FILE, or one delivery with --body FILE and --header LINE";
        return Err(CliError::Config(message.to_owned()));
    }
    let paths = args.config.secrets.paths().chain(args.delivery.paths()).chain(&args.deliveries);
    check_stdin(paths, "--secret-file, --body, --header-file, --signature-file and --deliveries")?;
    let config = Config::read(&args.config, false)?.with_tolerance(args.time.tolerance.as_deref())?;
    let verifier = config.verifier()?;
    let now = time_or_now("--now", args.time.now.as_deref())?;
    if config.skips_authentication() {
        eprint_message("note: auth_method is NONE, so nothing is checked and every delivery counts as authentic");
    }
    let scheme = config.scheme().ok();
    let all_good = if let Some(path) = &args.deliveries {
        let place = scheme.as_ref().map(Scheme::signature_place).unwrap_or_default();
        pipeline::run(args, path, verifier, place, now)?
    } else {
        args.delivery.check_place(config.place_without_header().as_deref())?;
        let input = DeliveryInput::read(&args.delivery, verifier.header(), config.header_is_secret())?;
        single::run(args, input, &verifier, scheme.as_ref(), now)?
    };
    Ok(exit_code(all_good))
}
