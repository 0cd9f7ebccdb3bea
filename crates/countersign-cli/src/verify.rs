//! `countersign verify`: one delivery, or a file of them.

mod blocks;
mod many;
mod one;
mod progress;
mod record;
mod report;
mod summary;

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use crate::args::VerifyArgs;
use crate::exit::{Stop, say, status};
use crate::source::Source;

/// Runs the subcommand.
pub(crate) fn run(args: &VerifyArgs) -> Result<ExitCode, Stop> {
    let many = args.deliveries.as_deref();
    let Some(path) = many.or(args.one.body.as_deref()) else {
        let message =
            "what shall be verified? give --deliveries FILE, or one delivery with --body FILE and --header LINE";
        return Err(Stop::Config(message.to_owned()));
    };
    let source = Source::read(&args.source, false)?;
    let verifier = source.verifier()?;
    let now = match &args.now {
        Some(text) => moment(text)?,
        None => SystemTime::now(),
    };
    if source.takes_everything() {
        say("note: auth_method is NONE, so nothing is checked and every delivery counts as authentic");
    }
    let all_good = match many {
        Some(_) => many::run(args, path, verifier, now)?,
        None => one::run(args, path, &source, &verifier)?,
    };
    Ok(status(all_good))
}

/// Seconds since 1970, or a date and time of RFC 3339.
fn moment(text: &str) -> Result<SystemTime, Stop> {
    let moment = match text.parse() {
        Ok(seconds) => after_1970(seconds),
        Err(_) => text.parse::<jiff::Timestamp>().ok().and_then(|moment| SystemTime::try_from(moment).ok()),
    };
    moment.ok_or_else(|| {
        Stop::Config(format!("--now: found {text:?}; give seconds since 1970, or a time such as 2025-10-09T09:00:00Z"))
    })
}

fn after_1970(seconds: i64) -> Option<SystemTime> {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let start = SystemTime::UNIX_EPOCH;
    if seconds < 0 { start.checked_sub(distance) } else { start.checked_add(distance) }
}
