//! A load of the program that is killed again and again, and what must hold at its end: each 2xx is a debt, and each debt is in the table of its
//! connection once, byte for byte.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::debts::{Debts, Manner, Senders};
use crate::support::program::{Running, get, output, program};
use crate::support::{Connection, Folder, connections};

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

/// Machines, one after the other, and who sends to them.
pub(crate) struct Load {
    pub(crate) folder: Folder,
    /// Of each connection that is sent to.
    debts: Vec<Arc<Debts>>,
    manner: Manner,
}

impl Load {
    /// Of the connection `hmac`.
    pub(crate) fn new() -> Self {
        let [hmac, ..] = connections();
        Self::of(&[hmac], Manner { may_be_refused: true, ..Manner::default() })
    }

    /// Of connections that are authenticated as `hmac` is.
    pub(crate) fn of(connections: &[Connection], manner: Manner) -> Self {
        let folder = Folder::new();
        folder.connections(connections);
        Self { folder, debts: connections.iter().map(Debts::new).collect(), manner }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn acknowledged(&self) -> Vec<usize> {
        self.debts.iter().map(|debts| debts.acknowledged()).collect()
    }

    /// Waits until so many more of each connection are acknowledged.
    pub(crate) fn wait_for_more(&self, more: usize) {
        for (debts, before) in self.debts.iter().zip(self.acknowledged()) {
            debts.wait_for(before + more);
        }
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

    /// Runs the program, sends to it until it has acknowledged so many of each connection, does something meanwhile, and kills it.
    pub(crate) fn round(&self, places: &Places, at_least: usize, meanwhile: impl FnOnce(&Running)) {
        let mut running = places.start(self.folder.path());
        let senders: Vec<_> =
            self.debts.iter().map(|debts| Senders::start(debts, &running.address, self.manner)).collect();
        self.wait_for_more(at_least);
        meanwhile(&running);
        running.signal("-KILL");
        assert!(!running.wait());
        senders.into_iter().for_each(Senders::end);
        assert!(!running.log().contains("acknowledged_and_corrupt"), "{}", running.log());
    }

    /// Asks for a sync of each connection. It may fail.
    pub(crate) fn sync(&self) {
        for debts in &self.debts {
            sync_of(&self.data(), debts.connection);
        }
    }

    /// Starts the program once more, and waits until each debt is in its table.
    pub(crate) fn check(&self, places: &Places) {
        let mut running = places.start(self.folder.path());
        let deadline = Instant::now() + Duration::from_secs(120);
        let unpaid = || self.debts.iter().map(|debts| debts.unpaid(&self.data())).collect::<Vec<_>>();
        while unpaid().iter().any(|count| *count > 0) {
            let acknowledged = self.acknowledged();
            assert!(Instant::now() < deadline, "{:?} of {acknowledged:?}: {}", unpaid(), running.log());
            self.sync();
        }
        let mut check = program();
        check.args(["check", "--archive", "--data"]).arg(self.data());
        let (found, stdout, stderr) = output(check);
        assert!(found.status.success(), "{stdout}{stderr}");
        assert_eq!(get(&running.admin_address, "/readyz"), (200, "ready\n".to_owned()));
        running.signal("-TERM");
        assert!(running.wait(), "{}", running.log());
        assert!(!running.log().contains("acknowledged_and_corrupt"), "{}", running.log());
        println!("{:?} acknowledged, all in the table", self.acknowledged());
    }
}

/// Asks for a sync of `hmac`, which may fail because another one runs or the store does.
pub(crate) fn sync(data: &Path) {
    sync_of(data, "hmac");
}

/// Asks for a sync of a connection; whether it has succeeded.
pub(crate) fn sync_of(data: &Path, connection: &str) -> bool {
    let mut sync = program();
    sync.args(["sync", connection, "--data"]).arg(data);
    let is_done = output(sync).0.status.success();
    if !is_done {
        thread::sleep(Duration::from_millis(100));
    }
    is_done
}
