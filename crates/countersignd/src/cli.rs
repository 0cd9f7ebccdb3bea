//! The command line.

mod audit;
mod bar;
mod dead_letters;
mod folder;
mod key;
mod output;
mod resync;
mod reverify;
mod running;
mod sync;
mod time;
mod why;

use std::error::Error;
use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Command, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use rustix::fs::{Access, access};
use rustix::io::Errno;

use crate::archive::check::SETUP_PREFIX;
use crate::archive::store::open_place;
use crate::clock::Clock;
use crate::error_chain::chain;
use crate::service;
use crate::settings::{Options, Place, Settings};
use crate::source::Source;
use dead_letters::DeadLetters;
use key::KeyVerb;
use output::print;

/// How long a bucket may take for a listing that shows whether it can be reached.
const LIST_TIMEOUT: Duration = Duration::from_secs(30);

/// The exit statuses, the same of every verb.
const EXIT_STATUS: &str = "\
Exit status:
  0  it was done, and all of it is in order
  1  it was done, and something was not found, is not authentic, or cannot be
     read
  2  it could not be done: the command, the settings or a file is wrong, there
     is no such connection, or no service is running; standard error says which";

/// Receives webhooks, verifies them, and makes each event durable before it answers 200.
#[derive(Debug, Parser)]
#[command(name = "countersignd", version, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Receives until SIGTERM; SIGHUP reads the connections again.
    Serve {
        #[command(flatten)]
        options: Options,
        /// Logs in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Reads the settings, the files that they name, and the connections of a file if one is named, and says what is wrong with them. An inbox
    /// and a store in buckets are listed.
    Check {
        #[command(flatten)]
        options: Options,
        /// Compares the registry of a running service with its store instead, and enters what is missing.
        #[arg(long)]
        archive: bool,
    },
    /// Brings all events of a connection that are durable now into its table. The service must be running.
    Sync {
        /// The connection's id.
        id: String,
        /// The folder of the service.
        #[arg(long, env = "COUNTERSIGND_DATA", value_name = "FOLDER", default_value = "./data")]
        data: PathBuf,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Makes the rows and dead letters of all events that the archive holds anew, and then syncs. Rows whose event is no longer archived
    /// stay as they are. The service must be running.
    Resync {
        /// The connection's id.
        id: String,
        /// Only of events that were received since then: a day (in UTC) such as 2026-11-29, or a time such as 2026-11-29T21:52:54Z.
        #[arg(long, value_name = "TIME", value_parser = time::read, allow_hyphen_values = true)]
        since: Option<i64>,
        /// The folder of the service.
        #[arg(long, env = "COUNTERSIGND_DATA", value_name = "FOLDER", default_value = "./data")]
        data: PathBuf,
        /// Prints JSON: a line for each load, and one at the end.
        #[arg(long)]
        json: bool,
    },
    /// Verifies what is archived again, with the connection as it is configured now. The service must be running. The exit status is 1 if
    /// something is not authentic or cannot be read.
    Reverify {
        /// The connection's id.
        id: String,
        /// Only events that were received since then: a day (in UTC) such as 2026-11-29, or a time such as 2026-11-29T21:52:54Z.
        #[arg(long, value_name = "TIME", value_parser = time::read, allow_hyphen_values = true)]
        since: Option<i64>,
        /// The folder of the service.
        #[arg(long, env = "COUNTERSIGND_DATA", value_name = "FOLDER", default_value = "./data")]
        data: PathBuf,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists who changed what, the latest first: which fields, never which values.
    Audit {
        /// The id of a connection or key; all without.
        #[arg(value_name = "ID")]
        subject: Option<String>,
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
    /// Makes, lists or deletes keys of the management API. They take effect at once.
    #[command(subcommand)]
    Key(KeyVerb),
    /// Prints the OpenAPI document of the management API.
    Openapi,
    /// Lists what could not become a row, or tries it again.
    #[command(subcommand)]
    DeadLetters(DeadLetters),
    /// Shows all that is known of one delivery.
    #[command(alias = "inspect")]
    Why {
        /// The `_id` that the answer to the sender held, or the sender's own id.
        id: String,
        /// The folder of the service.
        #[arg(long, env = "COUNTERSIGND_DATA", value_name = "FOLDER", default_value = "./data")]
        data: PathBuf,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
}

impl Cli {
    /// Reads the arguments of this process. If they are wrong, or ask for help, it says so and ends the process.
    #[must_use]
    pub fn read() -> Self {
        let matches = with_exit_status(Self::command()).get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }

    /// Does what the arguments say. The exit status is 0 if all is in order, 1 if something was not found, is not authentic or cannot be
    /// read, 2 if it could not be done.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let outcome = match self.verb {
            Verb::Serve { options, json } => serve(options, json),
            Verb::Check { options, archive: true } => {
                sync::check_archive(&options.data.unwrap_or_else(|| "./data".into()))
            }
            Verb::Check { options, archive: false } => check(options),
            Verb::Sync { id, data, json } => sync::sync(&id, &data, json),
            Verb::Resync { id, since, data, json } => resync::resync(&id, since, &data, json),
            Verb::Reverify { id, since, data, json } => reverify::reverify(&id, since, &data, json),
            Verb::Openapi => openapi(),
            Verb::DeadLetters(verb) => verb.run(),
            Verb::Key(verb) => verb.run(),
            Verb::Audit { subject, limit, data, json } => audit::audit(subject, limit, &data, json),
            Verb::Why { id, data, json } => why::why(&id, &data, json),
        };
        outcome.unwrap_or_else(|error| {
            eprintln!("countersignd: {}", chain(error.as_ref()));
            ExitCode::from(2)
        })
    }
}

/// The command and its verbs, with the exit statuses below the help of each.
fn with_exit_status(command: Command) -> Command {
    let verbs: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    let command = verbs.into_iter().fold(command, |command, verb| command.mut_subcommand(verb, with_exit_status));
    command.after_help(EXIT_STATUS)
}

fn serve(options: Options, json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let settings = options.settings()?;
    let filter = tracing_subscriber::EnvFilter::try_from_env("COUNTERSIGND_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let logs =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(io::stderr().is_terminal()).with_writer(io::stderr);
    if json {
        logs.json().init();
    } else {
        logs.init();
    }
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(service::run(settings))?;
    Ok(ExitCode::SUCCESS)
}

fn openapi() -> Result<ExitCode, Box<dyn Error>> {
    print(&format!("{:#}\n", crate::api::openapi::document()))?;
    Ok(ExitCode::SUCCESS)
}

fn check(options: Options) -> Result<ExitCode, Box<dyn Error>> {
    let settings = options.settings()?;
    let clock = Clock::system();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // As a start does, and in its order.
    runtime.block_on(service::open_tls(&settings))?;
    service::open_alerts(&settings, &clock)?;
    let source = Source::open(settings.connections.clone(), settings.common(), clock)?;
    runtime.block_on(check_places(&settings))?;
    if settings.connections.is_none() {
        print(
            "the settings are in order; they name no file of connections, and those of the API were checked when they were made\n",
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let connections = source.current();
    let mut ids: Vec<_> = connections.iter().map(|connection| connection.id.as_str()).collect();
    ids.sort_unstable();
    print(&format!("{} connections: {}\n", ids.len(), ids.join(", ")))?;
    let unrecognised = connections.iter().filter(|connection| !connection.recognises_repetitions);
    let mut unrecognised: Vec<_> = unrecognised.map(|connection| connection.id.as_str()).collect();
    if !unrecognised.is_empty() {
        unrecognised.sort_unstable();
        print(&format!(
            "each delivery is an event of its own, also if it is repeated (\"id_from\" or \"dedupe\": \"body\" would tell): {}\n",
            unrecognised.join(", ")
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Lists inbox and own store, if they are in buckets: as little as shows whether credentials and names are right. Of folders, which a start
/// makes, it is looked whether they can be made and written.
async fn check_places(settings: &Settings) -> Result<(), Box<dyn Error>> {
    check_folder(&settings.data).map_err(|error| format!("data: {}: {error}", settings.data.display()))?;
    for (name, place) in [("inbox", &settings.inbox), ("store", &settings.store)] {
        let Some(place) = place else { continue };
        if let Place::Folder(folder) | Place::Objects(folder) = place {
            check_folder(folder).map_err(|error| format!("{name}: {place}: {error}"))?;
        } else {
            let store = open_place(place, &settings.services).await?;
            let listed = tokio::time::timeout(LIST_TIMEOUT, store.list(SETUP_PREFIX)).await;
            let listed = listed.map_err(|_| format!("{name}: {place} has not answered within {LIST_TIMEOUT:?}"))?;
            listed.map_err(|error| format!("{name}: {place}: {}", chain(&error)))?;
        }
        print(&format!("{name}: {place}\n"))?;
    }
    Ok(())
}

/// Whether a folder is there and can be written, or else the one that it would be made in. Nothing is made.
fn check_folder(folder: &Path) -> io::Result<()> {
    for nearest in std::path::absolute(folder)?.ancestors() {
        match fs::metadata(nearest) {
            Ok(found) if found.is_dir() => return Ok(access(nearest, Access::WRITE_OK | Access::EXEC_OK)?),
            Ok(_) => return Err(Errno::NOTDIR.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts the verbs whose help says what the exit statuses mean.
    fn count(command: &Command) -> usize {
        let help = command.clone().render_help().to_string();
        assert!(help.contains(EXIT_STATUS), "{help}");
        1 + command.get_subcommands().map(count).sum::<usize>()
    }

    #[test]
    fn the_help_of_every_verb_says_the_exit_statuses() {
        assert!(count(&with_exit_status(Cli::command())) > 12);
        assert!(EXIT_STATUS.lines().all(|line| line.len() <= 80));
    }
}
