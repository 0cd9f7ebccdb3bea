//! Where inbox and own store were when the service last ran, and whose inbox it is.

use rusqlite::{OptionalExtension as _, params};

use crate::metadata::{Metadata, MetadataError};
use crate::random;

/// The step that makes the tables.
pub(super) const MIGRATION: &str = "
    CREATE TABLE places (
        what  TEXT NOT NULL PRIMARY KEY,
        place TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE inbox_owner (
        only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
        id   BLOB NOT NULL
    ) STRICT;
";

/// What has a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The inbox.
    Inbox,
    /// The own store.
    Store,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Store => "store",
        }
    }
}

impl Metadata {
    /// Where a part was when the service last ran; none for the data folder.
    ///
    /// # Errors
    /// Of the database.
    pub fn place(&self, part: Part) -> Result<Option<String>, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached("SELECT place FROM places WHERE what = ?")?;
        found.query_row([part.name()], |row| row.get(0)).optional().map_err(MetadataError::from)
    }

    /// Notes where a part is; none for the data folder.
    ///
    /// # Errors
    /// Of the database.
    pub fn set_place(&self, part: Part, place: Option<&str>) -> Result<(), MetadataError> {
        if self.place(part)?.as_deref() == place {
            return Ok(());
        }
        let db = self.db();
        match place {
            Some(place) => {
                let set = "INSERT INTO places VALUES (?1, ?2) ON CONFLICT (what) DO UPDATE SET place = ?2";
                db.prepare_cached(set)?.execute(params![part.name(), place])?
            }
            None => db.prepare_cached("DELETE FROM places WHERE what = ?")?.execute([part.name()])?,
        };
        Ok(())
    }

    /// Whose inbox in a bucket it is: 16 random bytes, the same for every process that is given this metadata or a copy of it.
    ///
    /// # Errors
    /// Of the database.
    pub fn inbox_owner(&self) -> Result<[u8; 16], MetadataError> {
        let db = self.db();
        db.execute("INSERT INTO inbox_owner VALUES (1, ?) ON CONFLICT DO NOTHING", [random::bytes::<16>()])?;
        Ok(db.query_row("SELECT id FROM inbox_owner", [], |row| row.get(0))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_owner_are_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let metadata = Metadata::open(folder.path()).unwrap();
        let owner = metadata.inbox_owner().unwrap();
        for place in [Some("s3://a/"), Some("s3://b/"), Some("s3://b/"), None, None] {
            metadata.set_place(Part::Inbox, place).unwrap();
            assert_eq!(metadata.place(Part::Inbox).unwrap().as_deref(), place);
            assert_eq!(metadata.place(Part::Store).unwrap(), None);
        }
        drop(metadata);
        assert_eq!(Metadata::open(folder.path()).unwrap().inbox_owner().unwrap(), owner);
    }
}
