//! What the service owes: every delivery that it answered with 200 must be in its inbox, byte for byte.

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use countersign_inbox::disk::OsDisk;
use countersign_inbox::{Inbox, Settings};
use uuid::Uuid;

/// Bodies by the `_id` that their answer named. A body is known by the number in it, from which it can be made again.
#[derive(Default)]
pub(crate) struct Ledger(Mutex<Vec<(Uuid, u64)>>);

impl Ledger {
    /// Notes what was acknowledged.
    pub(crate) fn owe(&self, id: Uuid, number: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((id, number));
    }

    /// Reads the inbox of a service that has ended, and says how many debts there are.
    ///
    /// # Errors
    /// If one is not paid, or something is stored that was never sent.
    pub(crate) fn check(&self, inbox: &Path, body: impl Fn(u64) -> Vec<u8>) -> Result<usize, Box<dyn Error>> {
        let (inbox, found) = Inbox::open(OsDisk::open(inbox)?, &Settings::default())?;
        if let Some(loss) = found.losses.first() {
            return Err(format!("the inbox reports a loss: {loss:?}").into());
        }
        let mut stored = HashMap::new();
        for (log, connections) in inbox.connections() {
            for connection in connections.keys() {
                for event in inbox.read(log, connection, 0) {
                    let event = event?;
                    let event = event.event();
                    let number = number_of(event.body).ok_or("an event is stored that was never sent")?;
                    if event.body != body(number) {
                        return Err(format!("event {number} is stored with another body").into());
                    }
                    stored.insert(Uuid::from_bytes(event.id), number);
                }
            }
        }
        self.compare(&stored)
    }

    /// Reads the table of a service that has ended, and says how many debts there are.
    ///
    /// # Errors
    /// If one is not paid, or something is there that was never sent, or twice.
    pub(crate) fn check_table(&self, file: &Path, body: impl Fn(u64) -> Vec<u8>) -> Result<usize, Box<dyn Error>> {
        let table = rusqlite::Connection::open(file)?;
        let mut rows = table.prepare("SELECT _id, event FROM t0")?;
        let mut rows = rows.query([])?;
        let mut stored = HashMap::new();
        while let Some(row) = rows.next()? {
            let (id, event): (String, String) = (row.get(0)?, row.get(1)?);
            let number = number_of(event.as_bytes()).ok_or("a row is there that was never sent")?;
            if event.as_bytes() != body(number) {
                return Err(format!("event {number} is there with another body").into());
            }
            if stored.insert(Uuid::parse_str(&id)?, number).is_some() {
                return Err(format!("event {number} is there twice").into());
            }
        }
        self.compare(&stored)
    }

    /// Whether all debts are among what is stored.
    fn compare(&self, stored: &HashMap<Uuid, u64>) -> Result<usize, Box<dyn Error>> {
        let debts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match debts.iter().find(|(id, number)| stored.get(id) != Some(number)) {
            Some((id, number)) => Err(format!("event {number} was acknowledged as {id}, and is not there").into()),
            None => Ok(debts.len()),
        }
    }
}

/// How many rows the table has; none if it is not there yet.
pub(crate) fn rows(file: &Path) -> u64 {
    let count = || {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let table = rusqlite::Connection::open_with_flags(file, flags)?;
        table.query_row("SELECT count(*) FROM t0", [], |row| row.get::<_, i64>(0))
    };
    count().ok().and_then(|count| u64::try_from(count).ok()).unwrap_or(0)
}

/// A body of this length, or of the least that holds the number.
pub(crate) fn body(number: u64, bytes: usize) -> Vec<u8> {
    let mut body = format!("{{\"id\":\"{number:016}\",\"filler\":\"").into_bytes();
    body.resize(bytes.saturating_sub(2).max(body.len()), b'x');
    body.extend_from_slice(b"\"}");
    body
}

/// The number in a body.
fn number_of(body: &[u8]) -> Option<u64> {
    std::str::from_utf8(body.get(7..23)?).ok()?.parse().ok()
}
