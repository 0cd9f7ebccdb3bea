//! Secrets come from files and environment variables, never from an argument that `ps` and the shell's history show.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};
use countersign::Secret;

use crate::error::{CliError, eprint_message};
use crate::input::{Input, display_path};
use crate::place_name;
use crate::terminal::printable;

/// Far more than any secret has; keeps a wrong file name from filling the memory.
const LIMIT: usize = 64 * 1024;

/// What some editors put in front of a text in UTF-8. A secret may be any bytes, so it is not left out.
const BOM: &[u8] = "\u{feff}".as_bytes();

const FILE: &str = "secret_file";
const ENV: &str = "secret_env";

/// The answer to `--secret`. It is what many try, and the nearest name would have them try `--secret-env SECRET`.
pub(crate) const NEVER_AN_ARGUMENT: &str = "\
error: a secret is never an argument: other users of the machine and the history of the shell show it

  Put it into a file and give --secret-file FILE, or - for standard input; or put it into an environment variable and give
  --secret-env NAME, the name of the variable. Change the secret if somebody may have seen it.
";

/// Where the secrets come from, in the order of the command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct SecretSources(Vec<SecretSource>);

#[derive(Clone, Debug)]
enum SecretSource {
    File(PathBuf),
    Env(OsString),
}

impl SecretSources {
    /// Whether none was given.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The files, any of which may be standard input.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.0.iter().filter_map(|source| match source {
            SecretSource::File(path) => Some(path),
            SecretSource::Env(_) => None,
        })
    }

    /// Reads them all.
    pub(crate) fn read(&self) -> Result<Vec<Secret>, CliError> {
        self.0.iter().map(SecretSource::read).collect()
    }

    /// What to call the one at `place` in messages.
    pub(crate) fn name(&self, place: usize) -> Option<String> {
        Some(match self.0.get(place)? {
            SecretSource::File(path) => display_path(path),
            SecretSource::Env(name) => format!("the environment variable {}", printable(&name.to_string_lossy())),
        })
    }
}

impl SecretSource {
    fn read(&self) -> Result<Secret, CliError> {
        match self {
            Self::File(path) => {
                place_name::check_file("--secret-file", path)?;
                let mut bytes = Input::open(path)?.read_whole(LIMIT)?;
                let kept = bytes
                    .strip_suffix(b"\n")
                    .map_or(bytes.len(), |rest| rest.strip_suffix(b"\r").unwrap_or(rest).len());
                bytes.truncate(kept);
                if bytes.is_empty() || bytes == BOM {
                    return Err(CliError::Config(format!(
                        "{}: the file is empty; put the secret into it",
                        display_path(path)
                    )));
                }
                if bytes.starts_with(BOM) {
                    eprint_message(&format!(
                        "note: {} begins with a UTF-8 byte-order mark, which counts as a part of the secret; if the sender's \
                         has none, save the file without it",
                        display_path(path)
                    ));
                }
                Ok(Secret::new(bytes))
            }
            Self::Env(name) => match std::env::var_os(name) {
                None => Err(place_name::missing_variable("--secret-env", name, "the secret")),
                Some(value) if value.is_empty() => Err(CliError::Config(format!(
                    "the environment variable {} is empty; put the secret into it",
                    printable(&name.to_string_lossy())
                ))),
                Some(value) => Ok(Secret::new(value.into_encoded_bytes())),
            },
        }
    }
}

// By hand, because a derived field cannot keep the order between two options.
impl Args for SecretSources {
    fn augment_args(command: Command) -> Command {
        command
            .arg(
                Arg::new(FILE)
                    .long("secret-file")
                    .value_name("FILE")
                    .action(ArgAction::Append)
                    .value_parser(value_parser!(PathBuf))
                    .help_heading(HEADING)
                    .help("Read a secret from FILE; one newline at its end is left out, nothing else; - is standard input")
                    .long_help(
                        "Read a secret from FILE. One newline at its end (LF or CRLF) is left out, nothing else; all \
                         other bytes count, and a note tells of a UTF-8 byte-order mark in front. - is standard input. May be repeated and mixed with --secret-env: secrets are numbered from 0 \
                         in the order given, and a delivery may be signed with any of them.",
                    ),
            )
            .arg(
                Arg::new(ENV)
                    .long("secret-env")
                    .value_name("NAME")
                    .action(ArgAction::Append)
                    .value_parser(value_parser!(OsString))
                    .help_heading(HEADING)
                    .help("Read a secret from the environment variable NAME")
                    .long_help("Read a secret from the environment variable NAME, all of its bytes. May be repeated."),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

const HEADING: &str = "Secrets (each may be repeated, for rotation)";

impl FromArgMatches for SecretSources {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let files = matches.get_many::<PathBuf>(FILE).into_iter().flatten().cloned().map(SecretSource::File);
        let names = matches.get_many::<OsString>(ENV).into_iter().flatten().cloned().map(SecretSource::Env);
        let file_places = matches.indices_of(FILE).into_iter().flatten();
        let name_places = matches.indices_of(ENV).into_iter().flatten();
        let mut placed: Vec<(usize, SecretSource)> = file_places.zip(files).chain(name_places.zip(names)).collect();
        placed.sort_by_key(|(place, _)| *place);
        Ok(Self(placed.into_iter().map(|(_, source)| source).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
