//! `why`.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use countersign_inbox::Inbox;
use countersign_tables::Sqlite;

use super::output::print;
use crate::archive::store::open_folder;
use crate::archive::stores::Stores;
use crate::control::{self, Question};
use crate::inbox;
use crate::metadata::{self, Metadata, Part};
use crate::service::{STORE, WAREHOUSE};
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
    if !inbox::folder(data).is_dir() {
        return Err(format!("{} is not the folder of a service: it has no inbox", data.display()).into());
    }
    let disk = inbox::lock(data)?;
    let metadata = data.join(metadata::FILE).exists().then(|| Metadata::open(data)).transpose()?;
    for (part, name) in [(Part::Inbox, "inbox"), (Part::Store, "store")] {
        let place = metadata.as_ref().map(|metadata| metadata.place(part)).transpose()?.flatten();
        if let Some(place) = place {
            return Err(format!(
                "the {name} of this service is at {place}, so the service must be running: start it, and ask again"
            )
            .into());
        }
    }
    let (inbox, _) = Inbox::open(disk, &countersign_inbox::Settings::default())?;
    let mut search = why::find(&inbox, id)?;
    if let Some(metadata) = metadata {
        let store = open_folder(&data.join(STORE))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(why::find_archived(&mut search, &Stores::only(Arc::new(store)), &metadata, id))?;
        let mut destination = Sqlite::new(data.join(WAREHOUSE));
        search.set_outcomes(|found| outcome(&metadata, &mut destination, found));
    } else {
        search.set_outcomes(|_| Outcome::nowhere());
    }
    Ok(search)
}
