//! The command line.

use std::error::Error;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use countersign_inbox::Inbox;
use countersign_inbox::disk::OsDisk;
use http::Method;

use crate::archive::check::Comparison;
use crate::archive::store::FolderStore;
use crate::clock::Clock;
use crate::control;
use crate::error_chain::chain;
use crate::metadata::{self, Metadata};
use crate::server::tls::Tls;
use crate::service::{self, STORE, inbox_folder};
use crate::settings::Options;
use crate::source::Source;
use crate::sync::Synced;
use crate::why::{self, Search};

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
    /// Reads settings and connections, and says what is wrong with them.
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
    /// Does what the arguments say. The exit status is 0 for success, 1 if nothing was found, 2 for an error.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let outcome = match self.verb {
            Verb::Serve { options, json } => serve(options, json),
            Verb::Check { options, archive: true } => check_archive(&options.data.unwrap_or_else(|| "./data".into())),
            Verb::Check { options, archive: false } => check(options),
            Verb::Sync { id, data, json } => sync(&id, &data, json),
            Verb::Why { id, data, json } => why(&id, &data, json),
        };
        outcome.unwrap_or_else(|error| {
            eprintln!("countersignd: {}", chain(error.as_ref()));
            ExitCode::from(2)
        })
    }
}

fn serve(options: Options, json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let settings = options.settings()?;
    let filter = tracing_subscriber::EnvFilter::try_from_env("COUNTERSIGND_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    if json {
        logs.json().init();
    } else {
        logs.init();
    }
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(service::run(settings))?;
    Ok(ExitCode::SUCCESS)
}

fn check(options: Options) -> Result<ExitCode, Box<dyn Error>> {
    let settings = options.settings()?;
    let source = Source::open(settings.connections.clone(), settings.common(), Clock::system())?;
    if let Some(files) = settings.tls {
        tokio::runtime::Builder::new_current_thread().build()?.block_on(Tls::open(files))?;
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

fn why(id: &str, data: &Path, json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let Search { found, damaged } = match control::ask(data, Method::GET, "why", Some(id))? {
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

/// What a running process answers. Some things are done by it alone: it has the inbox open.
fn running(data: &Path, verb: &str, name: Option<&str>) -> Result<Vec<u8>, Box<dyn Error>> {
    let answer = control::ask(data, Method::POST, verb, name)?;
    answer.ok_or_else(|| {
        let data = data.display();
        format!("no countersignd is running in {data}: start it with `countersignd serve --data {data} …`").into()
    })
}

fn sync(id: &str, data: &Path, json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let synced: Synced = serde_json::from_slice(&running(data, "sync", Some(id))?)?;
    let Synced { events, rows, dead_letters, repetitions } = synced;
    print(&if json {
        format!("{}\n", serde_json::to_string(&synced)?)
    } else {
        format!("{events} events: {rows} rows, {dead_letters} dead letters, {repetitions} repetitions\n")
    })?;
    Ok(ExitCode::SUCCESS)
}

fn check_archive(data: &Path) -> Result<ExitCode, Box<dyn Error>> {
    let Comparison { objects, entered, missing, damaged, unknown } =
        serde_json::from_slice(&running(data, "check-archive", None)?)?;
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
    Ok(if missing.is_empty() && damaged.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Prints to standard output. Whoever has closed it wants no more.
fn print(text: &str) -> std::io::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
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
        let (metadata, store) = (Metadata::open(data)?, FolderStore::open(&data.join(STORE))?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(why::find_archived(&mut search, &store, &metadata, id))?;
    }
    Ok(search)
}
