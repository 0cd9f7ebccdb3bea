//! `sync` and `check --archive`.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use super::output::print;
use super::running::running;
use crate::archive::check::Comparison;
use crate::sync::Synced;

pub(super) fn sync(id: &str, data: &Path, json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let synced: Synced = running(data, "sync", Some(id), &())?;
    let Synced { events, rows, dead_letters, repetitions } = synced;
    print(&if json {
        format!("{}\n", serde_json::to_string(&synced)?)
    } else {
        format!("{events} deliveries: {rows} rows, {dead_letters} dead letters, {repetitions} repetitions\n")
    })?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn check_archive(data: &Path) -> Result<ExitCode, Box<dyn Error>> {
    let comparison: Comparison = running(data, "check-archive", None, &())?;
    let is_partial = comparison.is_partial();
    let Comparison { objects, entered, missing, damaged, unknown, unreadable, unreadable_objects, held_back } =
        comparison;
    print(&format!("{objects} objects, of which {} were entered in the registry\n", entered.len()))?;
    for (keys, what) in [
        (&missing, "is registered, and is not in the store: what it held is lost, unless it is in a table"),
        (&damaged, "is damaged, or does not hold what its name says"),
        (&unknown, "is none of ours"),
    ] {
        for key in keys {
            eprintln!("countersignd: {key} {what}");
        }
    }
    for bucket in &unreadable {
        eprintln!("countersignd: {bucket}: this bucket was not compared");
    }
    for object in &unreadable_objects {
        eprintln!(
            "countersignd: {object}: this object is not readable now, and is not entered: let this service read it (what is in an archive tier \
             has to be restored first), and do this again"
        );
    }
    if held_back > 0 {
        eprintln!(
            "countersignd: {held_back} objects are not entered, since one before them in their log is not readable"
        );
    }
    Ok(if missing.is_empty() && damaged.is_empty() && !is_partial { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
