//! A load of the program that is killed again and again, and what must hold at its end: each 2xx is a debt, and each debt is in the table
//! once, byte for byte.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::support::program::{Running, connect, deliver, get, output, program};
use crate::support::{Folder, connections};

const SENDERS: u64 = 8;

/// Where inbox and store are, and what a program needs to reach them.
pub(crate) struct Places {
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
}

impl Places {
    pub(crate) fn new(inbox: &str, store: &str, more: &[&str]) -> Self {
        let arguments = [&["--inbox", inbox, "--store", store], more].concat();
        Self { arguments: arguments.into_iter().map(str::to_owned).collect(), environment: Vec::new() }
    }

    /// Starts a program in the folder `data` below a folder.
    pub(crate) fn start(&self, folder: &Path) -> Running {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let environment: Vec<(&str, &str)> =
            self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Running::start_with(folder, &arguments, &environment)
    }
}

/// What was acknowledged, by `_id`, and everything that was sent.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) debts: HashMap<Uuid, Vec<u8>>,
    sent: HashSet<Vec<u8>>,
}

/// Machines, one after the other, and who sends to them.
pub(crate) struct Load {
    pub(crate) folder: Folder,
    pub(crate) ledger: Arc<Mutex<Ledger>>,
    number: Arc<AtomicU64>,
}

impl Load {
    pub(crate) fn new() -> Self {
        let folder = Folder::new();
        folder.connections(&connections());
        Self { folder, ledger: Arc::default(), number: Arc::default() }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.ledger.lock().unwrap().debts.len()
    }

    /// Starts the program for the first time, ends it, and copies its metadata and master key, as a backup does.
    pub(crate) fn back_up(&self, places: &Places) {
        let mut running = places.start(self.folder.path());
        running.signal("-TERM");
        assert!(running.wait(), "{}", running.log());
        let copy = self.folder.path().join("copy");
        std::fs::create_dir(&copy).unwrap();
        for file in ["metadata.db", "master-key"] {
            std::fs::copy(self.data().join(file), copy.join(file)).unwrap();
        }
    }

    /// The machine is lost, and another one is given the copy.
    pub(crate) fn lose_the_machine(&self) {
        std::fs::remove_dir_all(self.data()).unwrap();
        self.restore(&self.data());
    }

    pub(crate) fn restore(&self, data: &Path) {
        std::fs::create_dir_all(data).unwrap();
        for file in ["metadata.db", "master-key"] {
            std::fs::copy(self.folder.path().join("copy").join(file), data.join(file)).unwrap();
        }
    }

    /// Runs the program, sends to it until it has acknowledged so many, does something meanwhile, and kills it.
    pub(crate) fn round(&self, places: &Places, at_least: usize, meanwhile: impl FnOnce(&Running)) {
        let mut running = places.start(self.folder.path());
        let is_over = Arc::new(AtomicBool::new(false));
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let (address, number) = (running.address.clone(), Arc::clone(&self.number));
                let (ledger, is_over) = (Arc::clone(&self.ledger), Arc::clone(&is_over));
                thread::spawn(move || send(&address, sender, &number, &ledger, &is_over))
            })
            .collect();
        let before = self.acknowledged();
        self.wait_for(before + at_least);
        meanwhile(&running);
        running.signal("-KILL");
        assert!(!running.wait());
        is_over.store(true, Ordering::Relaxed);
        for sender in senders {
            sender.join().unwrap();
        }
        assert!(!running.log().contains("acknowledged_and_corrupt"), "{}", running.log());
    }

    /// Waits until so many were acknowledged.
    pub(crate) fn wait_for(&self, acknowledged: usize) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.acknowledged() < acknowledged {
            assert!(Instant::now() < deadline, "{} of {acknowledged} were acknowledged", self.acknowledged());
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Starts the program once more, and waits until each debt is in the table.
    pub(crate) fn check(&self, places: &Places) {
        let mut running = places.start(self.folder.path());
        let deadline = Instant::now() + Duration::from_secs(120);
        while let Err(unpaid) = self.paid() {
            assert!(Instant::now() < deadline, "{unpaid} of {}: {}", self.acknowledged(), running.log());
            sync(&self.data());
        }
        let mut check = program();
        check.args(["check", "--archive", "--data"]).arg(self.data());
        let (found, stdout, stderr) = output(check);
        assert!(found.status.success(), "{stdout}{stderr}");
        assert_eq!(get(&running.admin_address, "/readyz"), (200, "ready\n".to_owned()));
        running.signal("-TERM");
        assert!(running.wait(), "{}", running.log());
        assert!(!running.log().contains("acknowledged_and_corrupt"), "{}", running.log());
        println!("{} acknowledged, all in the table", self.acknowledged());
    }

    /// Whether each debt is in the table once; else how many are not. What was not acknowledged may be there too.
    fn paid(&self) -> Result<(), usize> {
        let ledger = self.ledger.lock().unwrap();
        let stored = rows(&self.data().join("warehouse/s.db"));
        let mut found: HashMap<Uuid, String> = HashMap::new();
        for (id, index, event) in stored {
            assert!(ledger.sent.contains(event.as_bytes()), "an event that nobody sent");
            let id = Uuid::parse_str(&id).unwrap();
            assert_eq!((index, found.insert(id, event)), (0, None), "{id} is there twice");
        }
        let bodies: HashSet<_> = found.values().collect();
        assert_eq!(bodies.len(), found.len(), "an event has two ids");
        let is_paid = |id, body: &[u8]| found.get(id).map(String::as_bytes) == Some(body);
        match ledger.debts.iter().filter(|(id, body)| !is_paid(id, body)).count() {
            0 => Ok(()),
            unpaid => Err(unpaid),
        }
    }
}

/// The rows of the table; none if there is no table yet.
fn rows(warehouse: &Path) -> Vec<(String, i64, String)> {
    let Ok(table) = rusqlite::Connection::open(warehouse) else { return Vec::new() };
    let Ok(mut rows) = table.prepare("SELECT _id, _index, event FROM hmac") else { return Vec::new() };
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// Asks for a sync, which may fail because another one runs or the store does.
pub(crate) fn sync(data: &Path) {
    let mut sync = program();
    sync.args(["sync", "hmac", "--data"]).arg(data);
    if !output(sync).0.status.success() {
        thread::sleep(Duration::from_millis(100));
    }
}

/// Sends until the program goes away, or it is over.
fn send(address: &str, sender: u64, number: &AtomicU64, ledger: &Mutex<Ledger>, is_over: &AtomicBool) {
    let Some(mut stream) = connect(address) else { return };
    while !is_over.load(Ordering::Relaxed) {
        let event = number.fetch_add(1, Ordering::Relaxed);
        let filler = "x".repeat(usize::try_from(event * 37 % 3000).unwrap());
        let body = format!(r#"{{"id": "evt_{event}", "sender": {sender}, "filler": "{filler}"}}"#).into_bytes();
        ledger.lock().unwrap().sent.insert(body.clone());
        let Some((status, answer)) = deliver(&mut stream, &body) else { return };
        if status == 503 {
            thread::sleep(Duration::from_millis(20));
            let Some(again) = connect(address) else { return };
            stream = again;
            continue;
        }
        assert_eq!(status, 200, "{answer}");
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        let id = Uuid::parse_str(answer["id"].as_str().unwrap()).unwrap();
        ledger.lock().unwrap().debts.insert(id, body);
    }
}
