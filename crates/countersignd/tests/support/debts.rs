//! What senders were told, and what a table holds of it: each 2xx is a debt, which is paid once the event is in the table, byte for byte, and
//! not twice.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::support::Connection;
use crate::support::program::{connect, deliver_to};

/// How many send to a connection at once.
const SENDERS: u64 = 8;

/// How long is waited for answers.
const PATIENCE: Duration = Duration::from_secs(120);

/// The deliveries to a connection, which is authenticated as `hmac` is, and whose table has its id as its name.
pub(crate) struct Debts {
    pub(crate) connection: &'static str,
    path: String,
    number: AtomicU64,
    ledger: Mutex<Ledger>,
}

#[derive(Default)]
struct Ledger {
    /// What was acknowledged, by `_id`.
    owed: HashMap<Uuid, Vec<u8>>,
    /// Everything that was sent.
    sent: HashSet<Vec<u8>>,
}

/// How is sent.
#[derive(Clone, Copy, Default)]
pub(crate) struct Manner {
    /// Whether a sender that is refused with 503 goes on with another event. Else it panics.
    pub(crate) may_be_refused: bool,
    /// How long each sender waits before each event.
    pub(crate) pause: Duration,
}

/// Those who send to a connection.
pub(crate) struct Senders {
    is_over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Debts {
    pub(crate) fn new(connection: &Connection) -> Arc<Self> {
        Arc::new(Self {
            connection: connection.id,
            path: connection.path(),
            number: AtomicU64::new(0),
            ledger: Mutex::default(),
        })
    }

    /// How many were acknowledged.
    pub(crate) fn acknowledged(&self) -> usize {
        self.ledger.lock().unwrap().owed.len()
    }

    /// The sender's id of an event that was acknowledged.
    pub(crate) fn any_acknowledged(&self) -> String {
        let ledger = self.ledger.lock().unwrap();
        let body: serde_json::Value = serde_json::from_slice(ledger.owed.values().next().unwrap()).unwrap();
        body["id"].as_str().unwrap().to_owned()
    }

    /// Waits until so many were acknowledged.
    pub(crate) fn wait_for(&self, acknowledged: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.acknowledged() < acknowledged {
            let (connection, found) = (self.connection, self.acknowledged());
            assert!(Instant::now() < deadline, "{found} of {acknowledged} of {connection} were acknowledged");
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// How many are not paid by the table in a data folder. What was not acknowledged may be there too, once.
    ///
    /// # Panics
    /// If an event is there twice, or one that nobody sent, or if there are dead letters.
    pub(crate) fn unpaid(&self, data: &Path) -> usize {
        let ledger = self.ledger.lock().unwrap();
        let mut found: HashMap<Uuid, String> = HashMap::new();
        for (id, index, event) in rows(data, self.connection) {
            assert!(ledger.sent.contains(event.as_bytes()), "an event that nobody sent");
            let id = Uuid::parse_str(&id).unwrap();
            assert_eq!((index, found.insert(id, event)), (0, None), "{id} is there twice");
        }
        let bodies: HashSet<_> = found.values().collect();
        assert_eq!(bodies.len(), found.len(), "an event has two ids");
        let is_paid = |id, body: &[u8]| found.get(id).map(String::as_bytes) == Some(body);
        ledger.owed.iter().filter(|(id, body)| !is_paid(id, body)).count()
    }

    /// Sends until the program goes away, or it is over.
    fn send(&self, address: &str, sender: u64, is_over: &AtomicBool, manner: Manner) {
        let Some(mut stream) = connect(address) else { return };
        while !is_over.load(Ordering::Relaxed) {
            thread::sleep(manner.pause);
            let event = self.number.fetch_add(1, Ordering::Relaxed);
            let filler = "x".repeat(usize::try_from(event * 37 % 3000).unwrap());
            let body = format!(r#"{{"id": "evt_{event}", "sender": {sender}, "filler": "{filler}"}}"#).into_bytes();
            self.ledger.lock().unwrap().sent.insert(body.clone());
            let Some((status, answer)) = deliver_to(&mut stream, &self.path, &body) else { return };
            if status == 503 && manner.may_be_refused {
                thread::sleep(Duration::from_millis(20));
                let Some(again) = connect(address) else { return };
                stream = again;
                continue;
            }
            assert_eq!(status, 200, "{answer}");
            let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
            let id = Uuid::parse_str(answer["id"].as_str().unwrap()).unwrap();
            self.ledger.lock().unwrap().owed.insert(id, body);
        }
    }
}

impl Senders {
    /// Begins to send to a program that listens at an address.
    pub(crate) fn start(debts: &Arc<Debts>, address: &str, manner: Manner) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let start = |sender| {
            let (debts, address, is_over) = (Arc::clone(debts), address.to_owned(), Arc::clone(&is_over));
            thread::spawn(move || debts.send(&address, sender, &is_over, manner))
        };
        let threads = (0..SENDERS).map(start).collect();
        Self { is_over, threads }
    }

    /// Ends them, once each has its last answer.
    pub(crate) fn end(self) {
        self.is_over.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().unwrap();
        }
    }
}

/// The rows of a table; none if there is no table yet.
fn rows(data: &Path, table: &str) -> Vec<(String, i64, String)> {
    let Ok(db) = rusqlite::Connection::open(data.join("warehouse/s.db")) else { return Vec::new() };
    let Ok(mut rows) = db.prepare(&format!(r#"SELECT _id, _index, event FROM "{table}""#)) else { return Vec::new() };
    let letters = format!(r#"SELECT count(*) FROM "{table}__dead_letters""#);
    let letters: i64 = db.query_row(&letters, [], |row| row.get(0)).unwrap();
    assert_eq!(letters, 0, "dead letters of {table}");
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}
