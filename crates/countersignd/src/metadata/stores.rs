//! The buckets in which connections have objects, with what opens them: objects of an earlier bucket stay readable.

use rusqlite::params;

use crate::metadata::{Metadata, MetadataError};

/// The step that makes the table.
pub(super) const MIGRATION: &str = "
    CREATE TABLE stores (
        connection TEXT NOT NULL,
        name       TEXT NOT NULL,
        sealed     BLOB NOT NULL,
        number     INTEGER NOT NULL,
        PRIMARY KEY (connection, name)
    ) STRICT, WITHOUT ROWID;
";

impl Metadata {
    /// Notes that objects of a connection are put in a store from now on, and, sealed, what opens it.
    ///
    /// # Errors
    /// Of the database.
    pub fn set_store(&self, connection: &str, name: &str, sealed: &[u8]) -> Result<(), MetadataError> {
        let db = self.db();
        let mut set = db.prepare_cached(
            "INSERT INTO stores SELECT ?1, ?2, ?3, COALESCE(MAX(number), 0) + 1 FROM stores WHERE connection = ?1
                 ON CONFLICT (connection, name) DO UPDATE SET sealed = excluded.sealed, number = excluded.number",
        )?;
        set.execute(params![connection, name, sealed])?;
        Ok(())
    }

    /// The stores that were noted of a connection, the latest first, with what opens each.
    ///
    /// # Errors
    /// Of the database.
    pub fn stores_of(&self, connection: &str) -> Result<Vec<(String, Vec<u8>)>, MetadataError> {
        let db = self.db();
        let mut found =
            db.prepare_cached("SELECT name, sealed FROM stores WHERE connection = ? ORDER BY number DESC")?;
        let stores = found.query_map([connection], |row| Ok((row.get(0)?, row.get(1)?)))?;
        stores.collect::<Result<_, _>>().map_err(MetadataError::from)
    }

    /// The connections of which a store was noted, sorted.
    ///
    /// # Errors
    /// Of the database.
    pub fn connections_with_stores(&self) -> Result<Vec<String>, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached("SELECT DISTINCT connection FROM stores ORDER BY connection")?;
        let connections = found.query_map([], |row| row.get(0))?;
        connections.collect::<Result<_, _>>().map_err(MetadataError::from)
    }

    /// The connections of the API that name where their archive is, sorted.
    ///
    /// # Errors
    /// Of the database.
    pub fn connections_with_buckets(&self) -> Result<Vec<String>, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached(
            "SELECT id FROM connections WHERE deleted_at IS NULL AND request ->> '$.config.bucket_service' IS NOT NULL ORDER BY id",
        )?;
        let connections = found.query_map([], |row| row.get(0))?;
        connections.collect::<Result<_, _>>().map_err(MetadataError::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_store_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let metadata = Metadata::open(folder.path()).unwrap();
        for (connection, name, sealed) in [("a", "s3://b", b"1"), ("a", "own", b"2"), ("b", "gs://c", b"3")] {
            metadata.set_store(connection, name, sealed).unwrap();
        }
        let names = || metadata.stores_of("a").unwrap().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(), ["own", "s3://b"]);
        metadata.set_store("a", "s3://b", b"4").unwrap();
        assert_eq!(names(), ["s3://b", "own"]);
        assert_eq!(metadata.stores_of("a").unwrap()[0].1, b"4");
        assert_eq!(metadata.connections_with_stores().unwrap(), ["a", "b"]);
    }
}
