//! `key create`, `key list` and `key delete`.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use jiff::Timestamp;
use serde::Serialize;

use super::folder::{asked, with, with_existing};
use super::{output::print, time};
use crate::audit::Actor;
use crate::clock::Clock;
use crate::keys::{Issued, Key, Keys, NewKey, Scope, first};

#[derive(Debug, Subcommand)]
pub(super) enum KeyVerb {
    /// Makes a key, and prints it with its secret. The secret is not stored, and cannot be printed again.
    Create {
        /// What the key may do: read, or manage (read and change).
        #[arg(long, default_value = "manage")]
        scope: Scope,
        /// The one group that the key may see; all without.
        #[arg(long, value_name = "ID")]
        group: Option<String>,
        /// When the key ends: a day (in UTC) such as 2027-11-29, or a time such as 2027-11-29T21:52:54Z. Never without.
        #[arg(long, value_name = "TIME", value_parser = time::read)]
        expires: Option<i64>,
        /// The folder of the service.
        #[arg(long, env = "COUNTERSIGND_DATA", value_name = "FOLDER", default_value = "./data")]
        data: PathBuf,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists the keys, without their secrets.
    List {
        /// The folder of the service.
        #[arg(long, env = "COUNTERSIGND_DATA", value_name = "FOLDER", default_value = "./data")]
        data: PathBuf,
        /// Prints JSON, a line for each.
        #[arg(long)]
        json: bool,
    },
    /// Deletes a key, which opens nothing from then on. If it is the first one, its file is removed too.
    Delete {
        /// The id of the key, which is what stands before the colon.
        id: String,
        /// The folder of the service.
        #[arg(long, env = "COUNTERSIGND_DATA", value_name = "FOLDER", default_value = "./data")]
        data: PathBuf,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
}

impl KeyVerb {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        match self {
            Self::Create { scope, group, expires, data, json } => {
                create(NewKey { scope, group, expires_at: expires }, &data, json)
            }
            Self::List { data, json } => list(&data, json),
            Self::Delete { id, data, json } => delete(&id, &data, json),
        }
    }
}

fn create(new: NewKey, data: &Path, json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let now = Clock::system().unix_micros();
    let issued: Issued = match asked(data, "key-create", None, &new)? {
        Some(issued) => issued,
        None => with(data, |metadata| Ok(Keys::open(metadata)?.create(new, &Actor::Owner, now)?))?,
    };
    print(&if json {
        format!("{}\n", serde_json::to_string(&issued)?)
    } else {
        let Issued { key, secret } = &issued;
        format!(
            "key:    {key}\nsecret: {}\nThe secret is not shown again. curl takes both as -u KEY:SECRET.\n",
            **secret
        )
    })?;
    Ok(ExitCode::SUCCESS)
}

fn list(data: &Path, json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let keys: Vec<Key> = match asked(data, "key-list", None, &())? {
        Some(keys) => keys,
        None => with_existing(data, |metadata| Ok(Keys::open(metadata)?.list()))?,
    };
    let mut text = String::new();
    for key in &keys {
        let shown = Shown::of(key);
        if json {
            writeln!(text, "{}", serde_json::to_string(&shown)?)?;
        } else {
            let Shown { key, scope, group, created_at, expires_at, used_on } = shown;
            let group = group.unwrap_or("all groups");
            let expires = expires_at.map_or("never expires".to_owned(), |time| format!("expires {time}"));
            let used = used_on.map_or("never used".to_owned(), |day| format!("last used {day}"));
            writeln!(text, "{key}  {:6}  {group}  created {created_at}  {expires}  {used}", scope.name())?;
        }
    }
    print(&text)?;
    if keys.is_empty() {
        eprintln!("countersignd: there are no keys: the next start makes one");
    }
    Ok(ExitCode::SUCCESS)
}

fn delete(id: &str, data: &Path, json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let now = Clock::system().unix_micros();
    let deleted: bool = match asked(data, "key-delete", Some(id), &())? {
        Some(deleted) => deleted,
        None => with_existing(data, |metadata| Ok(Keys::open(metadata)?.delete(id, &Actor::Owner, now)?))?,
    };
    // Also if another call was interrupted after it had deleted the key.
    if let Err(error) = first::remove(data, id) {
        eprintln!(
            "countersignd: {} cannot be removed, and its key is deleted: {error}",
            data.join(first::FILE).display()
        );
    }
    if json {
        print(&format!("{}\n", serde_json::json!({ "deleted": deleted })))?;
    }
    if !deleted {
        eprintln!("countersignd: there is no key {id:?}");
        return Ok(ExitCode::from(1));
    }
    if !json {
        print(&format!("deleted {id}\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A key as it is listed.
#[derive(Serialize)]
struct Shown<'a> {
    key: &'a str,
    scope: Scope,
    group: Option<&'a str>,
    created_at: String,
    expires_at: Option<String>,
    used_on: Option<String>,
}

impl<'a> Shown<'a> {
    fn of(key: &'a Key) -> Self {
        let moment = |micros: i64| Timestamp::from_microsecond(micros).map(|time| time.to_string()).unwrap_or_default();
        let day = |days: i64| moment(days.saturating_mul(86_400_000_000)).chars().take("2026-11-29".len()).collect();
        let Key { id, scope, group, created_at, expires_at, used_day } = key;
        Self {
            key: id,
            scope: *scope,
            group: group.as_deref(),
            created_at: moment(*created_at),
            expires_at: expires_at.map(moment),
            used_on: used_day.map(day),
        }
    }
}
