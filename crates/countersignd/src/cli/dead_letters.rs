//! `dead-letters list` and `dead-letters retry`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use countersign_tables::Sqlite;
use uuid::Uuid;

use super::bar::Bar;
use super::output::print;
use super::resync::say_unreadable;
use super::running::follow;
use crate::control::{self, Question};
use crate::metadata::{self, Metadata};
use crate::service::WAREHOUSE;
use crate::sync::dead_letters::{PAGE_MAX, Page, page};
use crate::sync::retry::{Retried, Retry};
use crate::sync::rewrite::Rewritten;
use crate::why::table::DeadLetter;

#[derive(Debug, Subcommand)]
pub(super) enum DeadLetters {
    /// Lists the dead letters of a connection, in the order of `_id` and `_index`.
    List {
        /// The connection's id.
        id: String,
        /// How many at most.
        #[arg(long, value_name = "NUMBER", default_value_t = 100)]
        limit: usize,
        /// The folder of the service.
        #[arg(long, env = "COUNTERSIGND_DATA", value_name = "FOLDER", default_value = "./data")]
        data: PathBuf,
        /// Prints JSON, a line for each.
        #[arg(long)]
        json: bool,
    },
    /// Tries again to make rows of dead letters, from their events in the archive. The service must be running.
    Retry {
        /// The connection's id.
        id: String,
        /// The `_id`s of the events whose dead letters are tried; all without.
        #[arg(value_name = "EVENT_ID")]
        events: Vec<Uuid>,
        /// The folder of the service.
        #[arg(long, env = "COUNTERSIGND_DATA", value_name = "FOLDER", default_value = "./data")]
        data: PathBuf,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
}

impl DeadLetters {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        match self {
            Self::List { id, limit, data, json } => list(&id, limit, &data, json),
            Self::Retry { id, events, data, json } => retry(&id, &Retry { events }, &data, json),
        }
    }
}

fn list(id: &str, limit: usize, data: &Path, json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let (mut after, mut count) = (None, 0);
    loop {
        // One more, to know whether there is one.
        let wanted = (limit - count).saturating_add(1).min(PAGE_MAX);
        let found = one_page(id, &Page { after, limit: Some(wanted) }, data)?;
        let is_last = found.len() < wanted;
        let mut text = String::new();
        for letter in found.iter().take(limit - count) {
            let DeadLetter { id, index, reason, detail, bytes } = letter;
            let line = if json {
                serde_json::to_string(letter)?
            } else {
                format!("{id}  _index {index}  {bytes} bytes  {reason}: {}", detail.escape_debug())
            };
            text.extend([&line, "\n"]);
            after = Some((id.parse()?, *index));
        }
        print(&text)?;
        if found.len() > limit - count {
            eprintln!("countersignd: there are more: --limit says how many are listed");
            return Ok(ExitCode::SUCCESS);
        }
        count += found.len();
        if is_last {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

/// A page from the running process or, when none runs, from the table itself.
fn one_page(id: &str, wanted: &Page, data: &Path) -> Result<Vec<DeadLetter>, Box<dyn Error>> {
    if let Some(answer) = control::ask(data, Question::post("dead-letters", Some(id), wanted)?)? {
        return Ok(serde_json::from_slice(&answer)?);
    }
    if !data.join(metadata::FILE).exists() {
        return Err(format!("{} is not the folder of a service: it has no {}", data.display(), metadata::FILE).into());
    }
    let found = page(&Metadata::open(data)?, &mut Sqlite::new(data.join(WAREHOUSE)), id, wanted)?;
    found.ok_or_else(|| format!("no connection {id:?} was ever synced").into())
}

fn retry(id: &str, retry: &Retry, data: &Path, json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let mut bar = Bar::new(!json);
    let retried: Retried = follow(data, "retry", id, retry, |far: Rewritten| bar.set(far.objects, far.of_objects))?;
    drop(bar);
    let Retried { dead_letters, became_rows, remain, not_archived, without, unreadable } = &retried;
    if json {
        print(&format!("{}\n", serde_json::to_string(&retried)?))?;
    } else {
        print(&format!(
            "{dead_letters} dead letters: {became_rows} became rows, {remain} cannot be rows still, {not_archived} have an event that is no longer archived\n"
        ))?;
    }
    for id in without {
        eprintln!("countersignd: there is no dead letter of the event {id}");
    }
    say_unreadable(unreadable);
    Ok(if without.is_empty() && unreadable.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
