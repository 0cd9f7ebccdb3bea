//! Files of the configuration: connections and schemes.

use std::path::Path;

use countersign::{ConfigError, Connection, Scheme};
use zeroize::Zeroizing;

use crate::error::CliError;
use crate::input::{display_path, read_file};
use crate::place_name;

const LIMIT: usize = 16 << 20;

/// Reads a connection file.
pub(super) fn connection(path: &Path) -> Result<Connection, CliError> {
    let (name, text) = read(path, "connection")?;
    Connection::from_json(&text).map_err(|error| match Scheme::from_json(&text) {
        Ok(_) => CliError::Config(format!("{name}: this is a scheme and not a connection; give it to --scheme")),
        Err(_) => explain(&name, &error, ""),
    })
}

/// Reads a scheme file.
pub(super) fn scheme(path: &Path) -> Result<Scheme, CliError> {
    let (name, text) = read(path, "scheme")?;
    Scheme::from_json(&text).map_err(|error| match Connection::from_json(&text) {
        Ok(connection) if connection.config.auth_method.is_some() || connection.config.scheme.is_some() => {
            CliError::Config(format!("{name}: this is a connection and not a scheme; give it to --connection"))
        }
        _ => explain(&name, &error, ""),
    })
}

/// Says what is wrong in a file as `file:line: field: message`.
pub(super) fn explain(name: &str, error: &ConfigError, hint: &str) -> CliError {
    let line = error.line().map_or_else(String::new, |line| format!(":{line}"));
    let field = error.field().map_or_else(String::new, |field| format!("{field}: "));
    CliError::Config(format!("{name}{line}: {field}{}{hint}", error.message()))
}

/// The file's name for messages, and its text, which may hold a secret whatever it should be.
fn read(path: &Path, what: &str) -> Result<(String, Zeroizing<String>), CliError> {
    if path == Path::new("-") {
        return Err(CliError::Config(format!("--{what}: standard input is not read for it; give a file")));
    }
    place_name::check_file(&format!("--{what}"), path)?;
    let bytes = Zeroizing::new(read_file(path, LIMIT)?);
    let name = display_path(path);
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let line = 1 + memchr::memchr_iter(b'\n', &bytes[..error.valid_up_to()]).count();
        CliError::Config(format!("{name}:{line}: not UTF-8 text; a {what} file is JSON"))
    })?;
    // JSON may be read past a byte-order mark (RFC 8259, section 8.1), which some editors on Windows write.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(CliError::Config(format!("{name}:1: the file is empty; a {what} file is JSON")));
    }
    let text = Zeroizing::new(text.to_owned());
    Ok((name, text))
}
