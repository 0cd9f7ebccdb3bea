//! `reverify`.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use super::bar::Bar;
use super::output::print;
use super::running::follow;
use crate::sync::reverify::{Gone, NotAuthentic, Progress, Reverified, Reverify};

/// How many configurations are listed to a person.
const SHOWN_MAX: usize = 20;

pub(super) fn reverify(id: &str, since: Option<i64>, data: &Path, json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let mut bar = Bar::new(!json);
    let found: Reverified =
        follow(data, "reverify", id, &Reverify { since }, |far: Progress| bar.set(far.objects, far.of_objects))?;
    drop(bar);
    let text = if json { format!("{}\n", serde_json::to_string(&found)?) } else { describe(&found)? };
    print(&text)?;
    let is_good = found.not_authentic == 0 && found.unreadable.is_empty();
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn describe(found: &Reverified) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for NotAuthentic { id, log, seq, reason } in &found.named {
        writeln!(text, "not authentic: {id}, {seq} of log {log}: {reason}")?;
    }
    let rest = found.not_authentic - found.named.len() as u64;
    if rest > 0 {
        writeln!(text, "not authentic: … and {rest} others")?;
    }
    for key in &found.unreadable {
        writeln!(text, "cannot be read: {key} is damaged, or not in the store")?;
    }
    for Gone { loaded_at, secret, algorithm, events } in found.gone.iter().take(SHOWN_MAX) {
        let secret = secret.map_or_else(|| "?".to_owned(), |secret| secret.to_string());
        writeln!(
            text,
            "secret gone: {events} deliveries, verified with {algorithm} and secret {secret} of the configuration that was loaded at {loaded_at}: none of them is authentic by the current one"
        )?;
    }
    if found.gone.len() > SHOWN_MAX {
        writeln!(text, "secret gone: … of {} configurations in all", found.gone.len())?;
    }
    let Reverified { events, authentic, not_verifiable, secret_gone, not_authentic, .. } = found;
    writeln!(
        text,
        "{events} deliveries: {authentic} authentic, {not_verifiable} not verifiable again (tokens are not stored, and NONE checks nothing), {secret_gone} whose secret is gone, {not_authentic} not authentic"
    )?;
    Ok(text)
}
