//! How the program ends: exit status and the one line that says why.

use std::borrow::Cow;
use std::io::{self, Write as _};
use std::process::ExitCode;

use countersign::printable;

use crate::interrupt::INTERRUPTED;
use crate::wrap::{stderr_width, wrapped};

/// Everything was verified and all of it is authentic, or the work is done.
pub(crate) const GOOD: u8 = 0;
/// Everything was verified and some of it was rejected.
pub(crate) const REJECTED: u8 = 1;
/// Nothing was verified: the command or the configuration is wrong.
pub(crate) const CONFIGURATION: u8 = 2;
/// A file cannot be read or the output cannot be written.
const IO: u8 = 3;
/// The reader of the output went away. 128 + SIGPIPE, as a shell reports it. It is neither 0 nor 1, because what was not
/// verified is neither authentic nor rejected.
const PIPE_CLOSED: u8 = 141;

/// The exit status of a run that came to its end.
pub(crate) fn exit_code(all_good: bool) -> ExitCode {
    ExitCode::from(if all_good { GOOD } else { REJECTED })
}

/// Why the program stops before its end.
#[derive(Debug)]
pub(crate) enum CliError {
    /// The command or the configuration is wrong.
    Config(String),
    /// A file cannot be read or the output cannot be written.
    Io(String),
    /// The reader of the output went away, which is no fault of anybody.
    PipeClosed,
    /// A person interrupted it, who was told how far it got.
    Interrupted,
}

impl CliError {
    /// Judges an error from writing to `target`.
    pub(crate) fn writing(target: &str, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::PipeClosed,
            _ => Self::Io(format!("cannot write to {target}: {}", describe_io_error(error))),
        }
    }

    /// Says why on standard error and gives the exit status.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::Config(message) => {
                eprint_message(&message);
                ExitCode::from(CONFIGURATION)
            }
            Self::Io(message) => {
                eprint_message(&message);
                ExitCode::from(IO)
            }
            Self::PipeClosed => ExitCode::from(PIPE_CLOSED),
            Self::Interrupted => ExitCode::from(INTERRUPTED),
        }
    }
}

/// One line on standard error, whatever the message repeats, broken between words to fit a terminal. If that is closed there
/// is nobody left to tell.
pub(crate) fn eprint_message(message: &str) {
    eprint_line(&format!("countersign: {}", printable(message)));
}

/// The same, of a line that has its beginning and in which nothing needs to be escaped any more.
pub(crate) fn eprint_line(line: &str) {
    let _ = writeln!(io::stderr(), "{}", broken(line, stderr_width()));
}

/// A line broken so that what does not begin it is indented.
fn broken(line: &str, width: Option<usize>) -> Cow<'_, str> {
    const INDENT: usize = 4;
    wrapped(line, width, INDENT)
}

/// An I/O error in plain words.
pub(crate) fn describe_io_error(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "you are not permitted to".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory; give a file".to_owned(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or_default().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line about a delivery has the name of its file in front, which may be long.
    #[test]
    fn lines_fit_the_terminal_and_go_on_indented() {
        let line = "a/long/folder/deliveries.ndjson:12: \"headers\" must be an object or a list of pairs, such as \
                    [[\"Name\", \"value\"]], and here it is a number";
        let shown = broken(line, Some(80));
        assert!(shown.lines().all(|line| line.len() <= 80) && shown.lines().count() == 2, "{shown}");
        assert!(shown.lines().skip(1).all(|line| line.starts_with("    ") && !line.starts_with("     ")), "{shown}");
        assert_eq!(shown.replace("\n    ", " "), line);
        assert_eq!(broken(line, None), line);
    }
}
