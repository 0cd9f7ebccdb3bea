//! Decides whether a message may repeat the name of a variable or file that was not found. With one `$` too many the shell puts
//! the secret itself where its name belongs, so only what can hardly be a secret is repeated.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::path::Path;

use crate::error::{CliError, describe_io_error};
use crate::terminal::printable;

/// The error for `option NAME` if there is no environment variable of this name. `content` says what belongs into it.
pub(crate) fn missing_variable(option: &str, name: &OsStr, content: &str) -> CliError {
    CliError::Config(match name.to_str().filter(|text| is_usual_variable(text) && !is_value_of_a_variable(name)) {
        Some(name) => {
            format!("{option}: the environment variable {} is not set; put {content} into it", printable(name))
        }
        None => format!(
            "{option}: no environment variable has the name that was given, which is not repeated here, since it could be a \
             secret; give the name of the variable, without $, and put {content} into the variable"
        ),
    })
}

/// Checks, before a file is opened, that a message may repeat its name. It may if the file is there.
///
/// # Errors
/// If there is no such file, and its name could be a secret. The error does not repeat the name.
pub(crate) fn check_file(option: &str, path: &Path) -> Result<(), CliError> {
    let Err(error) = path.metadata() else { return Ok(()) };
    let is_there = error.kind() == io::ErrorKind::PermissionDenied;
    if is_there || path == Path::new("-") || (is_usual_file(path) && !is_value_of_a_variable(path.as_os_str())) {
        return Ok(());
    }
    Err(CliError::Io(format!(
        "{option}: {}; what was given is not repeated here, since it could be a secret; give the name of the file",
        describe_io_error(&error)
    )))
}

/// Whether it is in capitals, as the names of variables are. Longer names consist of several words.
fn is_usual_variable(name: &str) -> bool {
    const LONGEST: usize = 64;
    const LONGEST_WORD: usize = 16;
    name.len() <= LONGEST
        && name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        && name.split('_').all(|word| word.len() <= LONGEST_WORD)
}

/// Whether the shell may have put it there in place of a variable.
fn is_value_of_a_variable(text: &OsStr) -> bool {
    env::vars_os().any(|(_, value)| value == text)
}

/// Whether a folder of the path exists, or it is a short name with an extension, such as `secret.txt`.
fn is_usual_file(path: &Path) -> bool {
    const LONGEST: usize = 32;
    let is_in_a_folder = path.ancestors().skip(1).any(|folder| {
        let is_named = !folder.as_os_str().is_empty() && folder != Path::new("/");
        is_named && folder.is_dir()
    });
    let is_short_name = path.to_str().is_some_and(|name| {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        let has_extension = path.extension().is_some_and(|extension| extension.len() <= 6);
        name.len() <= LONGEST && has_extension && name.chars().all(is_plain)
    });
    is_in_a_folder || is_short_name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_hardly_be_a_secret_may_be_repeated() {
        for name in ["WEBHOOK_SECRET", "SECRET", "_A1", "GITHUB_WEBHOOK_SECRET_2026"] {
            assert!(is_usual_variable(name), "{name}");
        }
        for name in ["", "s3cr3t", "whsec_abc", "JBSWY3DPEHPK3PXPJBSW", "1A", "A B", "A=B", "$SECRET", "É"] {
            assert!(!is_usual_variable(name), "{name}");
        }
        let folder = tempfile::tempdir().unwrap();
        for path in [&*folder.path().join("none"), Path::new("./none"), Path::new("secret.txt"), Path::new("../none")] {
            assert!(is_usual_file(path), "{path:?}");
        }
        for name in ["s3cr3t", "ab/cd+ef==", "/ab/cd==", "swordfish", "a.secretWithCapitals", "{\"a\": 1}"] {
            assert!(!is_usual_file(Path::new(name)), "{name}");
        }
    }
}
