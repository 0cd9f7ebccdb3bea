//! Keys in the metadata.

use rusqlite::{Connection, TransactionBehavior, params};

use crate::audit::{self, Change};
use crate::keys::{Key, Scope};
use crate::metadata::{Metadata, MetadataError};

/// The hash of a secret.
pub(super) type Hash = [u8; 32];

impl Metadata {
    /// All keys, in the order in which they were made, with the hashes of their secrets.
    pub(super) fn keys_and_hashes(&self) -> Result<Vec<(Key, Hash)>, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached(
            r#"SELECT id, hash, scope, "group", created_at, expires_at, used_day FROM keys ORDER BY created_at, id"#,
        )?;
        let keys = found.query_map([], |row| {
            let scope: String = row.get(2)?;
            let key = Key {
                id: row.get(0)?,
                // What a later version knows and this one does not may do least.
                scope: Scope::from_name(&scope).unwrap_or(Scope::Read),
                group: row.get(3)?,
                created_at: row.get(4)?,
                expires_at: row.get(5)?,
                used_day: row.get(6)?,
            };
            Ok((key, row.get(1)?))
        })?;
        Ok(keys.collect::<Result<_, _>>()?)
    }

    /// Stores a key with its entry in the audit.
    pub(super) fn insert_key(&self, key: &Key, hash: &Hash, change: &Change<'_>) -> Result<(), MetadataError> {
        self.change(change, |db| {
            let Key { id, scope, group, created_at, expires_at, used_day } = key;
            db.execute(
                "INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?)",
                params![id, hash, scope.name(), group, created_at, expires_at, used_day],
            )
        })?;
        Ok(())
    }

    /// Removes a key, with an entry in the audit if there was one.
    pub(super) fn remove_key(&self, id: &str, change: &Change<'_>) -> Result<bool, MetadataError> {
        Ok(self.change(change, |db| db.execute("DELETE FROM keys WHERE id = ?", [id]))? > 0)
    }

    pub(super) fn set_key_used(&self, id: &str, day: i64) -> Result<(), MetadataError> {
        self.db().execute("UPDATE keys SET used_day = ? WHERE id = ?", params![day, id])?;
        Ok(())
    }

    /// Changes rows, and notes it if there were some, in one transaction.
    fn change(
        &self,
        change: &Change<'_>,
        work: impl FnOnce(&Connection) -> rusqlite::Result<usize>,
    ) -> Result<usize, MetadataError> {
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let rows = work(&transaction)?;
        if rows > 0 {
            audit::record(&transaction, change)?;
        }
        transaction.commit()?;
        Ok(rows)
    }
}
