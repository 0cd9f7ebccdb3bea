//! `why`.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use countersign_inbox::Inbox;
use countersign_inbox::disk::OsDisk;
use countersign_tables::Sqlite;

use super::output::print;
use crate::archive::store::open_folder;
use crate::control::{self, Question};
use crate::metadata::{self, Metadata};
use crate::service::{STORE, WAREHOUSE, inbox_folder};
use crate::sync::find::outcome;
use crate::why::table::Outcome;
use crate::why::{self, Search};

pub(super) fn why(id: &str, data: &Path, json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let Search { found, damaged } = match control::ask(data, Question::get("why", id))? {
        Some(found) => serde_json::from_slice(&found)?,
        None => look(data, id)?,
    };
    for (log, seq) in damaged {
        eprintln!("countersignd: ALARM: event {seq} of log {log} was acknowledged and cannot be read");
    }
    let mut text = if json { format!("{}\n", serde_json::to_string_pretty(&found)?) } else { String::new() };
    if !json {
        text.extend(found.iter().map(|one| format!("{one}\n")));
    }
    print(&text)?;
    if found.is_empty() {
        eprintln!("countersignd: no event in the inbox or the archive has the id {id:?}, and no sender gave it to one");
        return Ok(ExitCode::from(1));
    }
    Ok(ExitCode::SUCCESS)
}

/// Looks into the folder of a service that does not run.
fn look(data: &Path, id: &str) -> Result<Search, Box<dyn Error>> {
    let folder = inbox_folder(data);
    if !folder.is_dir() {
        return Err(format!("{} is not the folder of a service: it has no inbox", data.display()).into());
    }
    let disk = OsDisk::open(&folder).map_err(|error| format!("cannot open {}: {error}", folder.display()))?;
    let (inbox, _) = Inbox::open(disk, &countersign_inbox::Settings::default())?;
    let mut search = why::find(&inbox, id)?;
    if data.join(metadata::FILE).exists() {
        let (metadata, store) = (Metadata::open(data)?, open_folder(&data.join(STORE))?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(why::find_archived(&mut search, &store, &metadata, id))?;
        let mut destination = Sqlite::new(data.join(WAREHOUSE));
        search.set_outcomes(|found| outcome(&metadata, &mut destination, found));
    } else {
        search.set_outcomes(|_| Outcome::nowhere());
    }
    Ok(search)
}
