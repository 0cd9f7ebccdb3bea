//! An inbox with its threads, on a folder of this machine: what many append at once, what a full queue says, what a restart finds.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use countersign_inbox::disk::sim::{Faults, SimDisk};
use countersign_inbox::disk::{Disk, DiskFile, OsDisk, Space};
use countersign_inbox::{AppendError, Event, Inbox, Seq, Settings};

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("countersign-inbox-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn small() -> Settings {
    let mut settings = Settings::default();
    settings.segment_bytes = 1 << 20;
    settings
}

fn event<'a>(connection: &'a str, body: &'a [u8]) -> Event<'a> {
    Event { connection, id: [1; 16], received_at: 7, verdict: b"v", head: b"h", body }
}

#[test]
fn many_threads_append_and_a_restart_finds_all() {
    let folder = Folder::new("threads");
    let (inbox, _) = Inbox::open(OsDisk::open(&folder.0).unwrap(), &small()).unwrap();
    let log = inbox.log();
    let inbox = Arc::new(inbox);
    let appenders: Vec<_> = (0..8)
        .map(|thread| {
            let inbox = Arc::clone(&inbox);
            thread::spawn(move || {
                let connection = format!("c{thread}");
                let mut given = BTreeMap::new();
                for number in 0..400_u32 {
                    let body = [number.to_le_bytes().as_slice(), &vec![7; number as usize * 3]].concat();
                    let appended = inbox.append(&event(&connection, &body)).wait().unwrap();
                    given.insert(appended.seq, body);
                }
                (connection, given)
            })
        })
        .collect();
    let given: Vec<(String, BTreeMap<Seq, Vec<u8>>)> =
        appenders.into_iter().map(|thread| thread.join().unwrap()).collect();
    let check = |inbox: &Inbox<OsDisk>| {
        for (connection, given) in &given {
            let read = inbox.read(log, connection, 0).map(|event| event.unwrap());
            let read: BTreeMap<_, _> = read.map(|stored| (stored.seq, stored.event().body.to_vec())).collect();
            assert!(&read == given, "{connection}");
        }
    };
    check(&inbox);
    assert!(inbox.health().is_writable);
    Arc::into_inner(inbox).unwrap().close();
    let (inbox, found) = Inbox::open(OsDisk::open(&folder.0).unwrap(), &small()).unwrap();
    assert_eq!((found.events, found.losses.len(), found.unknown_files.len()), (8 * 400, 0, 0));
    check(&inbox);
    // What is released goes, by the thread that keeps house.
    for (connection, given) in &given {
        inbox.release(log, connection, *given.last_key_value().unwrap().0);
        assert_eq!(inbox.backlog_bytes(connection), 0);
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    while inbox.connections().contains_key(&log) {
        assert!(Instant::now() < deadline, "the segments are still there");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_folder_has_one_owner() {
    let folder = Folder::new("owner");
    let owner = OsDisk::open(&folder.0).unwrap();
    assert_eq!(OsDisk::open(&folder.0).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    drop(owner);
    OsDisk::open(&folder.0).unwrap();
}

/// A disk whose flushes take their time, or panic.
struct SlowDisk(OsDisk, bool);

struct SlowFile(<OsDisk as Disk>::File, bool);

impl Disk for SlowDisk {
    type File = SlowFile;

    fn list(&self) -> std::io::Result<Vec<String>> {
        self.0.list()
    }
    fn create(&self, name: &str) -> std::io::Result<SlowFile> {
        self.0.create(name).map(|file| SlowFile(file, self.1))
    }
    fn open(&self, name: &str) -> std::io::Result<SlowFile> {
        self.0.open(name).map(|file| SlowFile(file, self.1))
    }
    fn rename(&self, from: &str, to: &str) -> std::io::Result<()> {
        self.0.rename(from, to)
    }
    fn remove(&self, name: &str) -> std::io::Result<()> {
        self.0.remove(name)
    }
    fn flush_names(&self) -> std::io::Result<()> {
        self.0.flush_names()
    }
    fn space(&self) -> std::io::Result<Space> {
        self.0.space()
    }
}

impl DiskFile for SlowFile {
    fn length(&self) -> std::io::Result<u64> {
        self.0.length()
    }
    fn read_at(&self, room: &mut [u8], position: u64) -> std::io::Result<usize> {
        self.0.read_at(room, position)
    }
    fn write_at(&self, bytes: &[u8], position: u64) -> std::io::Result<usize> {
        self.0.write_at(bytes, position)
    }
    fn truncate(&self, length: u64) -> std::io::Result<()> {
        self.0.truncate(length)
    }
    fn flush(&self) -> std::io::Result<()> {
        thread::sleep(Duration::from_millis(100));
        assert!(!self.1 || thread::current().name() != Some("inbox-writer"), "a planted panic");
        self.0.flush()
    }
}

#[test]
fn a_disk_without_room_for_a_segment_is_told_before_an_event_comes() {
    let disk = SimDisk::new(1, Faults::default());
    disk.set_full(true);
    let (inbox, _) = Inbox::open(disk.clone(), &small()).unwrap();
    let until = |is_writable: bool| {
        let deadline = Instant::now() + Duration::from_secs(10);
        while inbox.health().is_writable != is_writable {
            assert!(Instant::now() < deadline, "it is not told: {:?}", inbox.health());
            thread::sleep(Duration::from_millis(5));
        }
    };
    until(false);
    assert!(!inbox.takes_events());
    assert_eq!(inbox.health().last_failure, Some(std::io::ErrorKind::StorageFull));
    // Room is made, and it goes on by itself.
    disk.set_full(false);
    until(true);
    inbox.append(&event("a", b"b")).wait().unwrap();
}

#[test]
fn a_full_queue_refuses_and_permits_live_until_the_outcome() {
    struct Permit(Arc<AtomicUsize>);
    impl Drop for Permit {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }
    let folder = Folder::new("full");
    let mut settings = small();
    settings.queue_bytes_max = 64 << 10;
    let (inbox, _) = Inbox::open(SlowDisk(OsDisk::open(&folder.0).unwrap(), false), &settings).unwrap();
    let alive = Arc::new(AtomicUsize::new(0));
    let body = vec![1; 20 << 10];
    let appends: Vec<_> = (0..40)
        .map(|_| {
            alive.fetch_add(1, Ordering::SeqCst);
            inbox.append_with(&event("c", &body), Permit(Arc::clone(&alive)))
        })
        .collect();
    // The first ones are with the disk, some wait, and the rest was refused at once.
    let refused = appends.iter().filter(|append| append.outcome() == Some(Err(AppendError::Full))).count();
    assert!((20..40).contains(&refused), "{refused}");
    assert!(alive.load(Ordering::SeqCst) >= 1);
    let durable = appends.into_iter().flat_map(countersign_inbox::Append::wait).count();
    assert_eq!(durable + refused, 40);
    drop(inbox);
    assert_eq!(alive.load(Ordering::SeqCst), 0);
    let (inbox, found) = Inbox::open(OsDisk::open(&folder.0).unwrap(), &settings).unwrap();
    assert_eq!(found.events, durable as u64);
    drop(inbox);
}

/// If the thread that writes panics, nobody waits for ever, and nothing is acknowledged.
#[test]
fn a_panic_of_the_writer_is_told_to_all_who_wait() {
    let folder = Folder::new("panic");
    let (inbox, _) = Inbox::open(SlowDisk(OsDisk::open(&folder.0).unwrap(), true), &small()).unwrap();
    let appends: Vec<_> = (0..3).map(|_| inbox.append(&event("c", b"x"))).collect();
    assert!(appends.into_iter().all(|append| append.wait().is_err()));
    let deadline = Instant::now() + Duration::from_secs(20);
    while inbox.append(&event("c", b"x")).wait() != Err(AppendError::Closed) {
        assert!(Instant::now() < deadline);
    }
    assert!(!inbox.health().is_writable);
    // Its end is not waited for in vain; that the thread has panicked is not hidden in tests.
    std::mem::forget(inbox);
}

/// While the disk fails, many ask how the inbox is doing. Nobody waits for somebody who waits for him.
#[test]
fn a_failing_disk_and_many_who_ask() {
    let disk = SimDisk::new(3, Faults { write_fails: 300, flush_fails: 500, ..Faults::default() });
    let (inbox, _) = Inbox::open(disk, &small()).unwrap();
    let inbox = Arc::new(inbox);
    let (done, is_done) = std::sync::mpsc::channel();
    for thread in 0..6 {
        let (inbox, done) = (Arc::clone(&inbox), done.clone());
        thread::spawn(move || {
            for _ in 0..300 {
                if thread < 2 {
                    let _ = inbox.append(&event("c", b"x")).wait();
                } else {
                    let _ = inbox.health();
                    let _ = inbox.connections();
                    inbox.release(inbox.log(), "c", u64::MAX);
                }
            }
            done.send(()).unwrap();
        });
    }
    for _ in 0..6 {
        is_done.recv_timeout(Duration::from_secs(60)).expect("somebody waits for ever");
    }
}

#[test]
fn what_is_too_large_is_said_at_once() {
    let folder = Folder::new("large");
    let (inbox, _) = Inbox::open(OsDisk::open(&folder.0).unwrap(), &small()).unwrap();
    assert_eq!(inbox.append(&event("c", &vec![0; 1 << 20])).wait(), Err(AppendError::TooLarge));
    assert_eq!(inbox.append(&event(&"c".repeat(256), b"")).wait(), Err(AppendError::TooLarge));
    let largest = vec![3; (1 << 20) - 8192 - 48 - 32 - 3];
    let appended = inbox.append(&event("c", &largest)).wait().unwrap();
    let stored = inbox.read(appended.log, "c", 0).next().unwrap().unwrap();
    assert_eq!(stored.event().body, largest);
    assert_eq!(inbox.append(&event("c", &vec![3; largest.len() + 1])).wait(), Err(AppendError::TooLarge));
}

/// The outcome is a future that any runtime can poll, and that may be dropped.
#[test]
fn outcomes_can_be_awaited_or_dropped() {
    use std::future::Future as _;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    let folder = Folder::new("futures");
    let (inbox, _) = Inbox::open(OsDisk::open(&folder.0).unwrap(), &small()).unwrap();
    drop(inbox.append(&event("c", b"nobody waits")));
    let mut append = pin!(inbox.append(&event("c", b"polled")));
    let mut context = Context::from_waker(Waker::noop());
    let deadline = Instant::now() + Duration::from_secs(20);
    let seq = loop {
        match append.as_mut().poll(&mut context) {
            Poll::Ready(outcome) => break outcome.unwrap().seq,
            Poll::Pending => assert!(Instant::now() < deadline),
        }
    };
    assert_eq!(seq, 2);
    assert_eq!(inbox.read(inbox.log(), "c", 0).count(), 2);
}
