//! Which tables have only rows with the index 0: in these, whether an event has a row is seen when its row is inserted, and need not be
//! looked up before.
//!
//! A table is entered when it is made. Its entry goes in the transaction that writes the first row with another index. A table that is not
//! entered, such as one of an earlier version, may have any rows.

use rusqlite::{OptionalExtension as _, Statement};

use super::catalog::Catalog;
use crate::table::Table;

impl<'c> Catalog<'c> {
    /// Enters a table that has just been made.
    pub(super) fn enter_unsplit(&self, table: &Table) -> rusqlite::Result<()> {
        let sql = r#"INSERT OR IGNORE INTO {schema}."_countersign_unsplit" ("table") VALUES (?1)"#;
        self.connection.execute(&self.sql(sql), [&table.name]).map(drop)
    }

    /// For a table that is entered, the statement that removes its entry.
    pub(super) fn leave_unsplit(&self, table: &Table) -> rusqlite::Result<Option<Statement<'c>>> {
        let sql = self.sql(r#"SELECT 1 FROM {schema}."_countersign_unsplit" WHERE "table" = ?1"#);
        if self.connection.query_row(&sql, [&table.name], |_| Ok(())).optional()?.is_none() {
            return Ok(None);
        }
        let sql = self.sql(r#"DELETE FROM {schema}."_countersign_unsplit" WHERE "table" = ?1"#);
        let mut leave = self.connection.prepare(&sql)?;
        leave.raw_bind_parameter(1, &*table.name)?;
        Ok(Some(leave))
    }
}
