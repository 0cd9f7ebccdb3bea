//! Errors for people: with what caused them.

use std::error::Error;

/// An error and what caused it, in one line.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        // What causes an error of SQLite is its own text once more, in other words.
        cause = if error.is::<rusqlite::Error>() { None } else { error.source() };
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sqlite_says_is_said_once() {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
        let error = rusqlite::Error::SqliteFailure(code, Some("database is locked".to_owned()));
        let error = crate::metadata::MetadataError::from(error);
        assert!(chain(&error).ends_with(": database is locked"), "{}", chain(&error));
        assert_eq!(chain(&error).matches("database is locked").count(), 1);
    }
}
