//! `countersign verify`: one delivery, or a file of them.

mod blocks;
mod many;
mod one;
mod progress;
mod record;
mod records;
mod report;
mod summary;

use std::process::ExitCode;

use crate::args::VerifyArgs;
use crate::delivery::One;
use crate::exit::{Stop, say, status};
use crate::moment::moment_or_now;
use crate::source::Source;

/// Runs the subcommand.
pub(crate) fn run(args: &VerifyArgs) -> Result<ExitCode, Stop> {
    if args.deliveries.is_none() && args.one.body.is_none() {
        let message =
            "what shall be verified? give --deliveries FILE, or one delivery with --body FILE and --header LINE";
        return Err(Stop::Config(message.to_owned()));
    }
    let source = Source::read(&args.source, false)?.with_tolerance(args.time.tolerance.as_deref())?;
    let verifier = source.verifier()?;
    let now = moment_or_now("--now", args.time.now.as_deref())?;
    if source.takes_everything() {
        say("note: auth_method is NONE, so nothing is checked and every delivery counts as authentic");
    }
    let all_good = match &args.deliveries {
        Some(path) => many::run(args, path, verifier, now)?,
        None => one::run(args, One::read(&args.one, verifier.header(), source.holds_secret())?, &verifier, now)?,
    };
    Ok(status(all_good))
}
