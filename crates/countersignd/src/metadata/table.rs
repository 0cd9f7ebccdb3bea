//! Which table the events of a connection become rows of, as it was when they last did: for when no configuration says so.

use rusqlite::{OptionalExtension as _, params};

use crate::metadata::{Metadata, MetadataError};

/// The name of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName {
    /// The schema.
    pub schema: String,
    /// The table.
    pub name: String,
}

impl Metadata {
    /// The table of a connection; none if it was never synced.
    ///
    /// # Errors
    /// Of the database.
    pub fn table(&self, connection: &str) -> Result<Option<TableName>, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached(r#"SELECT "schema", name FROM tables WHERE connection = ?"#)?;
        let table = found.query_row([connection], |row| Ok(TableName { schema: row.get(0)?, name: row.get(1)? }));
        table.optional().map_err(MetadataError::from)
    }

    /// Notes the table of a connection.
    ///
    /// # Errors
    /// Of the database.
    pub fn set_table(&self, connection: &str, schema: &str, name: &str) -> Result<(), MetadataError> {
        let db = self.db();
        // What stays as it is is not written: a commit waits for the disk.
        let mut insert = db.prepare_cached(
            r#"INSERT INTO tables VALUES (?1, ?2, ?3) ON CONFLICT (connection) DO UPDATE SET "schema" = ?2, name = ?3
               WHERE "schema" <> ?2 OR name <> ?3"#,
        )?;
        insert.execute(params![connection, schema, name])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_table_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let metadata = Metadata::open(folder.path()).unwrap();
        assert_eq!(metadata.table("c").unwrap(), None);
        for (schema, name) in [("s", "t"), ("s", "t"), ("s", "u"), ("r", "u")] {
            metadata.set_table("c", schema, name).unwrap();
            let table = TableName { schema: schema.to_owned(), name: name.to_owned() };
            assert_eq!(metadata.table("c").unwrap(), Some(table));
        }
        assert_eq!(metadata.table("d").unwrap(), None);
    }
}
