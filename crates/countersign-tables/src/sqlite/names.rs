//! Names in SQLite: which there can be, how one is quoted, and in which file a schema is.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::destination::DestinationError;
use crate::table::DEAD_LETTERS;

/// What the names of our own tables begin with.
pub(super) const OURS: &str = "_countersign_";
/// The most bytes of a table's name.
const TABLE_BYTES_MAX: usize = 200;
/// The most bytes of a file's name before `.db-journal` and the like; 255 are what file systems allow.
const FILE_BYTES_MAX: usize = 240;
/// What stands for itself in the name of a file.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-');

/// A name in double quotes, for any place where SQL takes one. All SQL of this module that contains a name gets it from here.
pub(super) fn quoted(name: &str) -> String {
    // SQLite ends the statement at U+0000, quoted or not. No name with it comes here; if one did, it would still be a name.
    format!("\"{}\"", name.replace('\0', "\u{fffd}").replace('"', "\"\""))
}

/// The name of a schema's file, without its ending: in lower case, percent-encoded.
pub(super) fn file_name(schema: &str) -> String {
    utf8_percent_encode(&schema.to_lowercase(), ENCODED).to_string()
}

pub(super) fn check(schema: &str, table: &str) -> Result<(), DestinationError> {
    let wrong = |name: &str, message: String| Err(DestinationError::Name { name: name.to_owned(), message });
    for (name, what) in [(schema, "schema"), (table, "table")] {
        if name.is_empty() {
            return wrong(name, format!("a {what} needs a name of at least one character"));
        }
        if name.contains('\0') {
            return wrong(name, format!("the name of a {what} cannot contain U+0000 in SQLite"));
        }
    }
    if ["main", "temp"].contains(&&*schema.to_lowercase()) {
        return wrong(schema, "SQLite has schemas of its own with the names main and temp".to_owned());
    }
    let bytes = file_name(schema).len();
    if bytes > FILE_BYTES_MAX {
        return wrong(schema, format!("its file's name would have {bytes} bytes; {FILE_BYTES_MAX} are allowed"));
    }
    if table.len() > TABLE_BYTES_MAX {
        return wrong(table, format!("it has {} bytes; {TABLE_BYTES_MAX} are allowed", table.len()));
    }
    let lower = table.to_lowercase();
    for (prefix, whose) in [("sqlite_", "SQLite"), (OURS, "countersign")] {
        if lower.starts_with(prefix) {
            return wrong(table, format!("names that begin with {prefix} are kept for {whose}"));
        }
    }
    if lower.ends_with(DEAD_LETTERS) {
        return wrong(
            table,
            format!("names that end with {DEAD_LETTERS} are kept for the dead letters of other tables"),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// Names that a quoting function could fall for.
    fn hostile() -> Vec<String> {
        let mut names: Vec<String> = [
            "a",
            "",
            " ",
            "\"",
            "\"\"",
            "\"; DROP TABLE t; --",
            "'",
            "`",
            "[a]",
            "a]b",
            "a.b",
            "--",
            "/*",
            "*/",
            ";",
            "\\",
            "\\\"",
            "$1",
            "?1",
            ":a",
            "@a",
            "select",
            "rowid",
            "é",
            "É",
            "\u{202e}x",
            "\u{feff}",
            "a\nb",
            "a\tb",
            "\u{1}",
            "😀",
            "x' OR '1'='1",
        ]
        .map(str::to_owned)
        .to_vec();
        names.extend((1u8..0x80).map(|byte| format!("b{}", char::from(byte))));
        names.extend((1u8..0x80).map(|byte| format!("{}\"{}", char::from(byte), char::from(byte))));
        names
    }

    #[test]
    fn every_name_is_one_name_when_quoted() {
        let connection = Connection::open_in_memory().unwrap();
        for name in hostile() {
            let quoted = quoted(&name);
            // An empty name is one to SQLite, though nobody uses it.
            connection
                .execute_batch(&format!("CREATE TABLE {quoted} (x ANY, {quoted} ANY) STRICT"))
                .or_else(|error| if name.eq_ignore_ascii_case("x") { Ok(()) } else { Err(error) })
                .unwrap_or_else(|error| panic!("{name:?}: {error}"));
            let found: Vec<String> = connection
                .prepare("SELECT name FROM sqlite_schema")
                .unwrap()
                .query_map([], |row| row.get(0))
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            assert_eq!(found, [&*name]);
            let columns: Vec<String> = connection
                .prepare("SELECT name FROM pragma_table_info(?1)")
                .unwrap()
                .query_map([&name], |row| row.get(0))
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            assert_eq!(columns, ["x", &*name]);
            connection.execute_batch(&format!("ALTER TABLE {quoted} ADD COLUMN \"y\"\"z\" ANY; INSERT INTO {quoted} ({quoted}) VALUES (1); DROP TABLE {quoted}")).unwrap();
        }
    }

    #[test]
    fn a_schema_has_one_file_whatever_its_case() {
        for (schema, file) in [
            ("webhooks", "webhooks"),
            ("Prod_EU-1", "prod_eu-1"),
            ("a b", "a%20b"),
            ("../../etc/passwd", "%2E%2E%2F%2E%2E%2Fetc%2Fpasswd"),
            (".", "%2E"),
            ("É", "%C3%A9"),
            ("50%", "50%25"),
        ] {
            assert_eq!(file_name(schema), file);
        }
    }

    #[test]
    fn names_that_cannot_be_are_refused() {
        for (schema, table) in [("s", "events"), ("Main.x", "é \" ;"), ("temporary", "sqlite"), ("s", "dead_letters")]
        {
            check(schema, table).unwrap();
        }
        let long = "x".repeat(300);
        for (schema, table) in [
            ("", "t"),
            ("s", ""),
            ("a\0", "t"),
            ("s", "t\0"),
            ("main", "t"),
            ("TEMP", "t"),
            ("s", "SQLite_x"),
            ("s", "_Countersign_x"),
            ("s", "events__Dead_Letters"),
            (&long, "t"),
            ("s", &long),
        ] {
            assert!(matches!(check(schema, table), Err(DestinationError::Name { .. })), "{schema:?} {table:?}");
        }
    }
}
