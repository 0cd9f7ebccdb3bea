//! Who changed what: a table of the metadata, in which no value stands, so no secret does.
//!
//! An entry is written in the transaction of the change itself, where there is one: neither is there without the other. Entries are as old
//! as `retention` allows for objects of the archive, and no older.

pub mod control;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;
use tracing::warn;

use crate::clock::Clock;
use crate::error_chain::chain;
use crate::metadata::{Metadata, MetadataError};

/// The most entries that are read at once.
pub const PAGE_MAX: usize = 1000;

/// How often old entries are looked for.
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

/// Who has changed something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Whoever has the secret of the key with this id.
    Key(String),
    /// Whoever may open the data folder: a verb of the command line, through the socket or in the folder itself.
    Owner,
    /// The service itself.
    Service,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => f.write_str(id),
            Self::Owner => f.write_str("control socket"),
            Self::Service => f.write_str("service"),
        }
    }
}

/// A change.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// When, in microseconds since 1970.
    pub at: i64,
    /// Who.
    pub actor: &'a Actor,
    /// What, such as `connection.update`.
    pub action: &'a str,
    /// The id of the connection or key that was changed.
    pub subject: Option<&'a str>,
    /// The names of the fields that were changed, such as `config.auth_secret`; never their values.
    pub fields: &'a [&'a str],
}

/// An entry as it was stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Later entries have greater numbers.
    pub number: i64,
    /// When, in microseconds since 1970.
    pub at: i64,
    /// The id of a key, `control socket` or `service`.
    pub actor: String,
    /// What.
    pub action: String,
    /// The id of the connection or key that was changed.
    pub subject: Option<String>,
    /// The names of the fields that were changed.
    pub fields: Vec<String>,
}

/// Notes a change, in the transaction of `db` if it has begun one.
///
/// # Errors
/// Of the database.
pub(crate) fn record(db: &Connection, change: &Change<'_>) -> rusqlite::Result<()> {
    let Change { at, actor, action, subject, fields } = change;
    // Names hold no line ends.
    let fields = fields.join("\n");
    db.prepare_cached("INSERT INTO audit (at, actor, action, subject, fields) VALUES (?, ?, ?, ?, ?)")?
        .execute(params![at, actor.to_string(), action, subject, fields])?;
    Ok(())
}

impl Metadata {
    /// Notes a change that is not one of the metadata.
    ///
    /// # Errors
    /// Of the database.
    pub fn audit(&self, change: &Change<'_>) -> Result<(), MetadataError> {
        Ok(record(&self.db(), change)?)
    }

    /// Entries, the latest first: of one connection or key, or of all; with numbers below `before`; at most `limit`, and no more than
    /// [`PAGE_MAX`].
    ///
    /// # Errors
    /// Of the database.
    pub fn audited(
        &self,
        subject: Option<&str>,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<Entry>, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached(
            "SELECT number, at, actor, action, subject, fields FROM audit
             WHERE number < ?1 AND (?2 IS NULL OR subject = ?2) ORDER BY number DESC LIMIT ?3",
        )?;
        let limit = i64::try_from(limit.min(PAGE_MAX)).unwrap_or(0);
        let entries = found.query_map(params![before.unwrap_or(i64::MAX), subject, limit], |row| {
            let fields: String = row.get(5)?;
            Ok(Entry {
                number: row.get(0)?,
                at: row.get(1)?,
                actor: row.get(2)?,
                action: row.get(3)?,
                subject: row.get(4)?,
                fields: fields.lines().map(str::to_owned).collect(),
            })
        })?;
        Ok(entries.collect::<Result<_, _>>()?)
    }

    /// Removes entries that are older, and says how many.
    ///
    /// # Errors
    /// Of the database.
    pub fn prune_audit(&self, before: i64) -> Result<usize, MetadataError> {
        Ok(self.db().execute("DELETE FROM audit WHERE at < ?", [before])?)
    }
}

/// Removes entries that are older than `retention`, for ever.
pub async fn prune(metadata: Arc<Metadata>, retention: Duration, clock: Clock) {
    let retention = i64::try_from(retention.as_micros()).unwrap_or(i64::MAX);
    loop {
        let (pruned, before) = (Arc::clone(&metadata), clock.unix_micros().saturating_sub(retention));
        if let Ok(Err(error)) = spawn_blocking(move || pruned.prune_audit(before)).await {
            warn!("old entries of the audit stay: {}", chain(&error));
        }
        tokio::time::sleep(PRUNE_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_listed_and_old_ones_removed() {
        let folder = tempfile::tempdir().unwrap();
        let metadata = Metadata::open(folder.path()).unwrap();
        let key = Actor::Key("0123".to_owned());
        for (at, actor, subject, fields) in [
            (10, &Actor::Service, None, &[][..]),
            (20, &Actor::Owner, Some("a"), &["paused"]),
            (30, &key, Some("b"), &["config.auth_secret", "paused"]),
            (40, &key, Some("a"), &[]),
        ] {
            metadata.audit(&Change { at, actor, action: "connection.update", subject, fields }).unwrap();
        }
        let all = metadata.audited(None, None, usize::MAX).unwrap();
        assert_eq!(all.iter().map(|entry| entry.at).collect::<Vec<_>>(), [40, 30, 20, 10]);
        let actors: Vec<_> = all.iter().map(|entry| entry.actor.as_str()).collect();
        assert_eq!(actors, ["0123", "0123", "control socket", "service"]);
        assert_eq!(all[1].fields, ["config.auth_secret", "paused"]);
        assert!(all[0].fields.is_empty());
        // Page by page.
        let of_a = metadata.audited(Some("a"), None, 1).unwrap();
        assert_eq!(of_a.iter().map(|entry| entry.at).collect::<Vec<_>>(), [40]);
        let of_a = metadata.audited(Some("a"), Some(of_a[0].number), 9).unwrap();
        assert_eq!(of_a.iter().map(|entry| entry.at).collect::<Vec<_>>(), [20]);

        assert_eq!(metadata.prune_audit(30).unwrap(), 2);
        assert_eq!(metadata.audited(None, None, 9).unwrap().len(), 2);
    }

    #[tokio::test]
    async fn what_is_older_than_retention_goes_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let metadata = Arc::new(Metadata::open(folder.path()).unwrap());
        let day = 86_400_000_000;
        for at in [5 * day, 9 * day] {
            let change = Change { at, actor: &Actor::Owner, action: "x", subject: None, fields: &[] };
            metadata.audit(&change).unwrap();
        }
        let now = std::time::UNIX_EPOCH + Duration::from_secs(10 * 86_400);
        let retention = Duration::from_secs(3 * 86_400);
        let pruning = tokio::spawn(prune(Arc::clone(&metadata), retention, Clock::of(move || now)));
        let left = loop {
            tokio::time::sleep(Duration::from_millis(5)).await;
            let left = metadata.audited(None, None, 9).unwrap();
            if left.len() < 2 {
                break left;
            }
        };
        pruning.abort();
        assert_eq!(left.iter().map(|entry| entry.at).collect::<Vec<_>>(), [9 * day]);
    }
}
