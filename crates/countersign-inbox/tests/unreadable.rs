//! What the disk refuses to read, once or for ever, at the start or later; what is cut off; and what is remembered of it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use countersign_inbox::disk::Disk as _;
use countersign_inbox::disk::sim::{Faults, SimDisk};
use countersign_inbox::stepped::Stepped;
use countersign_inbox::{Event, LogId, OpenError, ReadError, RecoveryReport, Seq, Settings};

const LOG: LogId = LogId([1; 16]);
const BLOCK: usize = 4096;

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.segment_bytes = 20 << 10;
    settings
}

fn append(stepped: &mut Stepped<SimDisk>, connection: &str, bytes: usize) -> Seq {
    let body = vec![7; bytes];
    let event = Event { connection, id: [0; 16], received_at: 0, verdict: b"", head: b"", body: &body };
    let append = stepped.inbox.append(&event);
    stepped.write(0);
    append.outcome().unwrap().unwrap().seq
}

/// A disk with a log of five events: two in each of the first segments, one in the third. The process was closed, or killed.
fn disk(is_closed: bool) -> SimDisk {
    let disk = SimDisk::new(1, Faults::default());
    let (mut stepped, _) = Stepped::open(disk.clone(), &settings(), LOG, 1, 0).unwrap();
    for seq in 1..=5 {
        assert_eq!(append(&mut stepped, "shop", 3000), seq);
        stepped.keep(0).unwrap();
    }
    if is_closed {
        stepped.close(0).unwrap();
    }
    disk.end_process();
    disk
}

fn name(segment: u64) -> String {
    format!("{LOG}-{segment:010}.segment")
}

fn open(disk: &SimDisk, run: u8) -> (Stepped<SimDisk>, RecoveryReport) {
    disk.end_process();
    Stepped::open(disk.clone(), &settings(), LogId([run; 16]), run.into(), 0).unwrap()
}

/// What is read, and what is said to be lost.
fn read(stepped: &Stepped<SimDisk>) -> (Vec<Seq>, Vec<Seq>) {
    let (mut read, mut lost) = (Vec::new(), Vec::new());
    for event in stepped.inbox.read(LOG, "shop", 0) {
        match event {
            Ok(stored) => read.push(stored.seq),
            Err(error) => lost.extend(error.lost().unwrap_or_else(|| panic!("{error:?}")).1),
        }
    }
    (read, lost)
}

fn lost(report: &RecoveryReport) -> Vec<Vec<Seq>> {
    report.losses.iter().map(|loss| loss.seqs.clone()).collect()
}

/// Releases everything, and says which files are left of the log.
fn release(stepped: &Stepped<SimDisk>, disk: &SimDisk) -> Vec<String> {
    stepped.inbox.release(LOG, "shop", Seq::MAX);
    stepped.keep(0).unwrap();
    let files = disk.list().unwrap().into_iter().filter(|file| file.starts_with(&LOG.to_string()));
    // Not those of which nothing is needed any more, and of which the next segments are made.
    files.filter(|file| file.strip_suffix(".free").is_none()).collect()
}

#[test]
fn a_bad_sector_costs_one_event_and_nothing_for_ever() {
    let disk = disk(true);
    disk.break_sectors(&name(1), 3 * BLOCK + 100..3 * BLOCK + 101);
    let (stepped, report) = open(&disk, 2);
    assert_eq!(lost(&report), Vec::<Vec<Seq>>::new(), "the ends can be read");
    let error = stepped.inbox.read(LOG, "shop", 1).next().unwrap().unwrap_err();
    let ReadError::Unreadable { log: LOG, seq: 2, file, .. } = &error else { panic!("{error:?}") };
    assert_eq!(file, &name(1));
    assert_eq!(read(&stepped), (vec![1, 3, 4, 5], vec![2]));
    // A later start says so without having read it, and may find it.
    let (_, report) = open(&disk, 3);
    assert_eq!(lost(&report), [[2]]);
    disk.mend_sectors();
    let (stepped, report) = open(&disk, 4);
    assert_eq!(lost(&report), Vec::<Vec<Seq>>::new(), "it can be read");
    assert_eq!(read(&stepped), (vec![1, 2, 3, 4, 5], vec![]));
    // It may come too late for whoever has passed over it: as long as nobody withdraws the loss, the file is kept.
    let (aside, note) = (format!("{}.corrupt", name(1)), format!("{}.lost", name(1)));
    assert_eq!(release(&stepped, &disk), [aside.clone(), note.clone()]);
    disk.break_sectors(&aside, 3 * BLOCK + 100..3 * BLOCK + 101);
    let (_, report) = open(&disk, 5);
    assert_eq!(lost(&report), [[2]]);
    disk.remove(&aside).unwrap();
    let (_, report) = open(&disk, 6);
    assert_eq!(lost(&report), Vec::<Vec<Seq>>::new());
    assert!(!disk.list().unwrap().contains(&note));
}

#[test]
fn a_segment_that_was_open_is_read_around_what_cannot_be_read() {
    let disk = disk(false);
    // Its header, both copies: nothing is known of it. Its record, then.
    disk.break_sectors(&name(3), 0..2 * BLOCK);
    let (stepped, report) = open(&disk, 2);
    assert_eq!((lost(&report), report.losses[0].file.clone()), (vec![vec![]], name(3)));
    assert_eq!(read(&stepped), (vec![1, 2, 3, 4], vec![]));
    release(&stepped, &disk);
    disk.mend_sectors();
    disk.break_sectors(&name(3), 2 * BLOCK..2 * BLOCK + 1);
    let (stepped, report) = open(&disk, 3);
    assert_eq!(lost(&report), [[]; 1]);
    assert_eq!(read(&stepped), (vec![], vec![]));
    // Released as far as it can be read: it stays.
    release(&stepped, &disk);
    disk.mend_sectors();
    let (stepped, _) = open(&disk, 4);
    assert_eq!(read(&stepped), (vec![5], vec![]));
    // Now it can be read in whole, and an operator is to look whether somebody has missed something.
    assert_eq!(release(&stepped, &disk), [format!("{}.corrupt", name(3)), format!("{}.lost", name(3))]);
}

#[test]
fn a_file_that_cannot_be_opened_is_lost_and_one_too_many_is_not() {
    let disk = disk(true);
    let (stepped, _) = open(&disk, 2);
    disk.set_faults(Faults { descriptors_run_out: 1000, ..Faults::default() });
    let events: Vec<_> = stepped.inbox.read(LOG, "shop", 0).collect();
    assert!(matches!(&events[..], [Err(ReadError::Io { .. })]), "{events:?}");
    disk.end_process();
    let opened = Stepped::open(disk.clone(), &settings(), LogId([3; 16]), 3, 0);
    assert!(matches!(opened, Err(OpenError::Io { .. })));
    disk.set_faults(Faults::default());
    let (stepped, report) = open(&disk, 4);
    assert_eq!(report.losses, []);
    disk.set_faults(Faults { open_fails: 1000, ..Faults::default() });
    assert_eq!(read(&stepped), (vec![], vec![1, 2, 3, 4, 5]));
    // Nothing can be read at all, and the service starts.
    let (stepped, report) = open(&disk, 5);
    assert_eq!(lost(&report), [[]; 3]);
    assert_eq!(read(&stepped), (vec![], vec![]));
    disk.set_faults(Faults::default());
    let (stepped, _) = open(&disk, 6);
    assert_eq!(read(&stepped), (vec![1, 2, 3, 4, 5], vec![]));
}

#[test]
fn what_could_once_not_be_read_is_not_passed_over_when_nothing_can() {
    let disk = SimDisk::new(1, Faults::default());
    let mut settings = settings();
    // Room for a third event.
    settings.segment_bytes = 40 << 10;
    let (mut stepped, _) = Stepped::open(disk.clone(), &settings, LOG, 1, 0).unwrap();
    append(&mut stepped, "shop", 3000);
    append(&mut stepped, "shop", 3000);
    // The segment is given up, so its end is written when it has lost something.
    disk.set_faults(Faults { flush_fails: 1000, ..Faults::default() });
    let event = Event { connection: "shop", id: [0; 16], received_at: 0, verdict: b"", head: b"", body: b"" };
    let refused = stepped.inbox.append(&event);
    stepped.write(0);
    assert!(refused.outcome().unwrap().is_err());
    disk.set_faults(Faults::default());
    disk.break_sectors(&name(1), 3 * BLOCK + 100..3 * BLOCK + 101);
    assert_eq!(read(&stepped), (vec![1], vec![2]));
    disk.mend_sectors();
    stepped.keep(0).unwrap();
    assert_eq!(read(&stepped), (vec![1, 2], vec![]));
    disk.break_sectors(&name(1), 0..disk.content(&name(1)).unwrap().len());
    assert_eq!(read(&stepped), (vec![], vec![1, 2]));
}

#[test]
fn what_was_cut_off_at_the_end_of_a_log_is_reported() {
    let cut = |is_closed: bool, segment: u64, length: usize| {
        let disk = disk(is_closed);
        disk.cut_off(&name(segment), length);
        let (stepped, report) = open(&disk, 2);
        let (read, _) = read(&stepped);
        // And the next time, and by whoever keeps the files.
        assert_eq!(lost(&open(&disk, 3).1), lost(&report));
        (read, lost(&report))
    };
    let all = vec![1, 2, 3, 4, 5];
    // Sealed: the mark says what was there.
    assert_eq!(cut(true, 3, 3 * BLOCK), (all.clone(), vec![]));
    assert_eq!(cut(true, 3, 2 * BLOCK + 99), (vec![1, 2, 3, 4], vec![vec![5]]));
    assert_eq!(cut(true, 3, BLOCK), (vec![1, 2, 3, 4], vec![vec![]]));
    // Killed: the length says that something was there.
    assert_eq!(cut(false, 3, 2 * BLOCK + 99), (vec![1, 2, 3, 4], vec![vec![]]));
    assert_eq!(cut(false, 3, 4 * BLOCK), (all, vec![vec![]]));
}

#[test]
fn the_end_of_a_segment_needs_no_room_on_a_full_disk() {
    let disk = SimDisk::new(1, Faults::default());
    let (mut stepped, _) = Stepped::open(disk.clone(), &settings(), LOG, 1, 0).unwrap();
    append(&mut stepped, "shop", 3000);
    stepped.keep(0).unwrap();
    disk.set_full(true);
    for _ in 0..3 {
        append(&mut stepped, "shop", 3000);
    }
    // The one that is used next cannot be made; the one that is full has its end all the same.
    assert!(stepped.keep(0).is_err());
    assert!(disk.content(&name(1)).unwrap().len() < 20 << 10);
    assert!(stepped.close(0).is_ok());
}

#[test]
fn connections_with_little_share_a_held_file() {
    let disk = SimDisk::new(1, Faults::default());
    let mut settings = settings();
    settings.segment_bytes = 1 << 20;
    settings.hold_after = std::time::Duration::ZERO;
    let (mut stepped, _) = Stepped::open(disk.clone(), &settings, LOG, 1, 0).unwrap();
    let names: Vec<_> = (0..120).map(|number| format!("c{number}")).collect();
    append(&mut stepped, "much", 100_000);
    append(&mut stepped, "released", 350_000);
    for name in &names {
        append(&mut stepped, name, 10);
    }
    stepped.inbox.release(LOG, "released", 2);
    stepped.close(0).unwrap();
    disk.end_process();
    let (stepped, _) = Stepped::open(disk.clone(), &settings, LogId([2; 16]), 2, 0).unwrap();
    stepped.inbox.release(LOG, "released", 2);
    stepped.keep(1).unwrap();
    let held = disk.list().unwrap().into_iter().filter(|file| file.strip_suffix(".held").is_some()).count();
    assert_eq!(held, 2, "one for what has much, and one for all others");
    for connection in &names {
        let read: Vec<_> = stepped.inbox.read(LOG, connection, 0).map(Result::unwrap).collect();
        assert_eq!(read.len(), 1, "{connection}");
        stepped.inbox.release(LOG, connection, Seq::MAX);
    }
    assert_eq!(stepped.inbox.read(LOG, "much", 0).count(), 1);
    stepped.inbox.release(LOG, "much", Seq::MAX);
    stepped.keep(2).unwrap();
    assert!(!disk.list().unwrap().iter().any(|file| file.strip_suffix(".held").is_some()));
}
