//! The last seq that was committed, for each table, connection and log.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, params};

use super::catalog::Catalog;
use crate::table::Table;
use crate::text;

impl Catalog<'_> {
    pub(super) fn checkpoints(&self, connection: &str, table: &Table) -> rusqlite::Result<BTreeMap<[u8; 16], u64>> {
        let sql = r#"SELECT "log", "last_seq" FROM {schema}."_countersign_checkpoints" WHERE "table" = ?1 AND "connection" = ?2"#;
        let mut statement = self.connection.prepare(&self.sql(sql))?;
        let checkpoint = |row: &rusqlite::Row<'_>| {
            let (log, last_seq): (String, i64) = (row.get(0)?, row.get(1)?);
            let unknown = || rusqlite::Error::InvalidColumnType(0, log.clone(), rusqlite::types::Type::Text);
            Ok((text::uuid_bytes(&log).ok_or_else(unknown)?, u64::try_from(last_seq).unwrap_or(0)))
        };
        statement.query_map([&*table.name, connection], checkpoint)?.collect()
    }

    pub(super) fn checkpoint(&self, connection: &str, table: &Table, log: &[u8; 16]) -> rusqlite::Result<Option<u64>> {
        let sql = r#"SELECT "last_seq" FROM {schema}."_countersign_checkpoints" WHERE "table" = ?1 AND "connection" = ?2 AND "log" = ?3"#;
        let last_seq: Option<i64> = self
            .connection
            .query_row(&self.sql(sql), [&*table.name, connection, &*text::uuid(log)], |row| row.get(0))
            .optional()?;
        Ok(last_seq.map(|last_seq| u64::try_from(last_seq).unwrap_or(0)))
    }

    pub(super) fn set_checkpoint(
        &self,
        connection: &str,
        table: &Table,
        log: &[u8; 16],
        seq: i64,
    ) -> rusqlite::Result<()> {
        let sql = r#"INSERT INTO {schema}."_countersign_checkpoints" ("table", "connection", "log", "last_seq") VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT ("table", "connection", "log") DO UPDATE SET "last_seq" = excluded."last_seq""#;
        self.connection.execute(&self.sql(sql), params![table.name, connection, text::uuid(log), seq]).map(drop)
    }

    pub(super) fn forget_checkpoint(&self, connection: &str, table: &Table, log: &[u8; 16]) -> rusqlite::Result<()> {
        let sql = r#"DELETE FROM {schema}."_countersign_checkpoints" WHERE "table" = ?1 AND "connection" = ?2 AND "log" = ?3"#;
        self.connection.execute(&self.sql(sql), params![table.name, connection, text::uuid(log)]).map(drop)
    }
}
