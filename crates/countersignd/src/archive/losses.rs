//! Losses that the registry knows of and that turn out to be none: the events can be read again.

use countersign_inbox::{LogId, Seq, SeqRange};
use rusqlite::params;

use crate::archive::registry::number;
use crate::metadata::{Metadata, MetadataError};

impl Metadata {
    /// Whether events of a connection in a log behind a seq were passed over because they cannot be read.
    ///
    /// # Errors
    /// Of the database.
    pub fn has_losses_behind(&self, connection: &str, log: LogId, through: Seq) -> Result<bool, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached("SELECT 1 FROM losses WHERE connection = ? AND log = ? AND last_seq > ?")?;
        Ok(found.exists(params![connection, log.0, number(through)])?)
    }

    /// Whether an event of a connection in a log was passed over because it cannot be read.
    ///
    /// # Errors
    /// Of the database.
    pub fn is_lost(&self, connection: &str, log: LogId, seq: Seq) -> Result<bool, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached(
            "SELECT 1 FROM losses WHERE connection = ?1 AND log = ?2 AND first_seq <= ?3 AND last_seq >= ?3",
        )?;
        Ok(found.exists(params![connection, log.0, number(seq)])?)
    }

    /// Withdraws the losses of a connection in a log that end in a range of seqs. Returns how many there were.
    ///
    /// # Errors
    /// Of the database.
    pub fn withdraw_losses(&self, connection: &str, log: LogId, seqs: &SeqRange) -> Result<usize, MetadataError> {
        let db = self.db();
        let mut delete =
            db.prepare_cached("DELETE FROM losses WHERE connection = ? AND log = ? AND last_seq BETWEEN ? AND ?")?;
        Ok(delete.execute(params![connection, log.0, number(*seqs.start()), number(*seqs.end())])?)
    }

    /// Withdraws the loss of one event, but not one of a range in which there may be others.
    ///
    /// # Errors
    /// Of the database.
    pub fn withdraw_loss(&self, connection: &str, log: LogId, seq: Seq) -> Result<usize, MetadataError> {
        let db = self.db();
        let mut delete = db.prepare_cached(
            "DELETE FROM losses WHERE connection = ?1 AND log = ?2 AND first_seq = ?3 AND last_seq = ?3",
        )?;
        Ok(delete.execute(params![connection, log.0, number(seq)])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_withdrawn_where_it_was_found() {
        let folder = tempfile::tempdir().unwrap();
        let metadata = Metadata::open(folder.path()).unwrap();
        let (log, other) = (LogId([7; 16]), LogId([8; 16]));
        let note = |connection, log, seqs| metadata.note_loss(connection, log, &seqs, 0).unwrap();
        for (connection, log, seqs) in
            [("a", log, 5..=5), ("a", log, 3..=9), ("a", other, 5..=5), ("b", log, 5..=5), ("c", log, 8..=8)]
        {
            assert!(note(connection, log, seqs));
        }
        assert!(metadata.has_losses_behind("a", log, 8).unwrap() && !metadata.has_losses_behind("a", log, 9).unwrap());
        let is_lost = |connection, seq| metadata.is_lost(connection, log, seq).unwrap();
        assert!(is_lost("a", 3) && is_lost("a", 9) && !is_lost("a", 2) && !is_lost("a", 10) && !is_lost("c", 7));
        assert_eq!(metadata.withdraw_loss("a", log, 9).unwrap(), 0, "others of the range may be lost");
        assert_eq!(metadata.withdraw_loss("a", log, 5).unwrap(), 1);
        assert_eq!(metadata.withdraw_losses("c", log, &(1..=7)).unwrap(), 0);
        let left: Vec<_> = metadata.losses_since(0).unwrap();
        assert_eq!(left.len(), 3, "{left:?}");
        assert_eq!(metadata.withdraw_losses("a", log, &(1..=9)).unwrap(), 1);
        assert_eq!(metadata.losses_since(0).unwrap()[0], ("a".to_owned(), other, 5..=5));
    }
}
