//! `resync`.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use super::bar::Bar;
use super::output::print;
use super::running::follow;
use crate::control::line::Line;
use crate::sync::Synced;
use crate::sync::resync::{Resync, Resynced};
use crate::sync::rewrite::Rewritten;

pub(super) fn resync(id: &str, since: Option<i64>, data: &Path, json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let mut bar = Bar::new(!json);
    let mut printed = Ok(());
    let done: Resynced = follow(data, "resync", id, &Resync { since }, |far: Rewritten| {
        bar.set(far.objects, far.of_objects);
        if json && far.objects > 0 && printed.is_ok() {
            printed = print_line(&Line::Progress(far));
        }
    })?;
    drop(bar);
    printed?;
    let outcome = if done.unreadable.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) };
    if json {
        print_line(&Line::Done(done))?;
        return Ok(outcome);
    }
    say_unreadable(&done.unreadable);
    let Rewritten { objects, events, rows, dead_letters, repetitions, .. } = done.rewritten;
    print(&format!(
        "{events} deliveries of {objects} objects made anew: {rows} rows, {dead_letters} dead letters, {repetitions} repetitions\n"
    ))?;
    let Synced { events, rows, dead_letters, repetitions } = done.sync;
    if events > 0 {
        print(&format!(
            "synced {events} further deliveries: {rows} rows, {dead_letters} dead letters, {repetitions} that were there\n"
        ))?;
    }
    Ok(outcome)
}

/// Names the objects that were passed over.
pub(super) fn say_unreadable(keys: &[String]) {
    for key in keys {
        eprintln!(
            "countersignd: cannot be read: {key} is damaged, or not in the store; the rows of its events are as they were"
        );
    }
}

fn print_line(line: &Line<Rewritten, Resynced>) -> Result<(), Box<dyn Error>> {
    Ok(print(&format!("{}\n", serde_json::to_string(line)?))?)
}
