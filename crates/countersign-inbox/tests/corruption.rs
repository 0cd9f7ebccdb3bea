//! A table of damages to the files of an inbox, and what is then read, reported, and refused.
//!
//! The log has three segments: 1 and 2 are sealed, 3 was open when the process was killed. Each group has two events, and each segment room
//! for two groups and its end. After the last one
//! nothing was written that says it was acknowledged, but where a case says so.

#![allow(clippy::needless_pass_by_value, reason = "an expected value that is made for the call")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;

use countersign_inbox::disk::Disk as _;
use countersign_inbox::disk::sim::{Faults, SimDisk};
use countersign_inbox::stepped::Stepped;
use countersign_inbox::{Event, LogId, ReadError, Seq, Settings};

const LOG: LogId = LogId([1; 16]);
const CONNECTION: &str = "shop";
const BLOCK: usize = 4096;
/// Each event with its header has as many bytes as this, so a group has one block, and where an event is can be reckoned.
const RECORD: usize = 1024;

type Files = BTreeMap<String, Vec<u8>>;

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.segment_bytes = 20 << 10;
    settings
}

fn body(seq: Seq) -> Vec<u8> {
    vec![u8::try_from(seq).unwrap(); RECORD - 40 - 32 - CONNECTION.len()]
}

/// The files of an inbox that was killed after five groups: two in each of the first segments, one in the third.
fn files(with_mark: bool) -> Files {
    let disk = SimDisk::new(1, Faults::default());
    let (mut stepped, _) = Stepped::open(disk.clone(), &settings(), LOG, 1, 0).unwrap();
    for group in 0..5 {
        for seq in [2 * group + 1, 2 * group + 2] {
            let event = Event {
                connection: CONNECTION,
                id: [0; 16],
                received_at: 0,
                verdict: b"",
                head: b"",
                body: &body(seq),
            };
            let append = stepped.inbox.append(&event);
            if seq % 2 == 0 {
                stepped.write(0);
                assert_eq!(append.outcome().unwrap().unwrap().seq, seq);
            }
        }
        stepped.keep(0).unwrap();
    }
    if with_mark {
        stepped.mark(0);
    }
    disk.end_process();
    let names = disk.list().unwrap().into_iter();
    names.map(|name| (name.clone(), disk.content(&name).unwrap())).collect()
}

fn name(segment: u64) -> String {
    format!("{LOG}-{segment:010}.segment")
}

/// Where an event is: its segment, and its position there.
fn place(seq: Seq) -> (String, usize) {
    let group = usize::try_from(seq - 1).unwrap() / 2;
    (name(group as u64 / 2 + 1), 2 * BLOCK + group % 2 * BLOCK + usize::try_from(seq - 1).unwrap() % 2 * RECORD)
}

fn flip(files: &mut Files, (file, position): (String, usize)) {
    files.get_mut(&file).unwrap()[position] ^= 0x10;
}

fn zero(files: &mut Files, file: &str, range: std::ops::Range<usize>) {
    files.get_mut(file).unwrap()[range].fill(0);
}

/// What came of it: the seqs that are read, those that are found damaged in reading, those that are reported lost at the start, and how
/// many files are reported of which no seq can be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Outcome {
    read: Vec<Seq>,
    damaged: Vec<Seq>,
    lost: Vec<Seq>,
    unreadable_files: usize,
}

fn open(files: &Files) -> Outcome {
    let disk = SimDisk::new(2, Faults::default());
    for (name, bytes) in files {
        disk.set_content(name, bytes.clone());
    }
    let mut last: Option<Outcome> = None;
    // A second start finds the same, and reports also what the first one has found in reading.
    for run in 2..4 {
        let (stepped, report) = Stepped::open(disk.clone(), &settings(), LogId([run; 16]), 5, 0).unwrap();
        let mut outcome = Outcome::default();
        for loss in report.losses {
            assert_eq!(loss.log, LOG);
            outcome.unreadable_files += usize::from(loss.seqs.is_empty());
            outcome.lost.extend(loss.seqs);
        }
        for event in stepped.inbox.read(LOG, CONNECTION, 0) {
            match event {
                Ok(stored) => {
                    assert_eq!(stored.event().body, body(stored.seq));
                    outcome.read.push(stored.seq);
                }
                Err(ReadError::Corrupt { log, seq, .. }) => {
                    assert_eq!(log, LOG);
                    outcome.damaged.push(seq);
                }
                Err(error) => panic!("{error:?}"),
            }
        }
        assert!(outcome.read.is_sorted_by(|a, b| a < b));
        if let Some(first) = &last {
            let mut found: Vec<_> = first.lost.iter().chain(&first.damaged).copied().collect();
            found.sort_unstable();
            assert_eq!(outcome, Outcome { lost: found, ..first.clone() }, "the second start");
        } else {
            last = Some(outcome);
        }
        disk.end_process();
    }
    last.unwrap()
}

/// Damages a log whose last group is not said to be durable, and one whose last group is.
#[track_caller]
fn damage(how: &str, with_mark: bool, act: impl FnOnce(&mut Files), expected: Outcome) {
    let mut files = files(with_mark);
    act(&mut files);
    assert_eq!(open(&files), expected, "{how}");
}

/// All but these.
fn all_but(missing: &[Seq]) -> Vec<Seq> {
    (1..=10).filter(|seq| !missing.contains(seq)).collect()
}

fn intact() -> Outcome {
    Outcome { read: all_but(&[]), ..Outcome::default() }
}

fn damaged(seqs: &[Seq]) -> Outcome {
    Outcome { read: all_but(seqs), damaged: seqs.to_vec(), ..Outcome::default() }
}

fn lost(seqs: &[Seq]) -> Outcome {
    Outcome { read: all_but(seqs), lost: seqs.to_vec(), ..Outcome::default() }
}

#[test]
fn the_log_is_as_described() {
    for with_mark in [false, true] {
        let files = files(with_mark);
        assert_eq!(open(&files), intact());
        for seq in 1..=10 {
            let (file, position) = place(seq);
            let record = &files[&file][position..position + RECORD];
            assert_eq!(record[RECORD - 1], u8::try_from(seq).unwrap());
        }
    }
}

#[test]
fn records() {
    // In a sealed segment a damaged record is found when it is read.
    damage("a bit of a payload", false, |files| flip(files, (place(2).0, place(2).1 + 500)), damaged(&[2]));
    damage("a bit of a header", false, |files| flip(files, place(3)), damaged(&[3]));
    damage("a length", false, |files| flip(files, (place(3).0, place(3).1 + 32)), damaged(&[3]));
    damage("a block of zeros", false, |files| zero(files, &name(2), 2 * BLOCK..3 * BLOCK), damaged(&[5, 6]));
    damage("a sector of zeros", false, |files| zero(files, &name(1), place(4).1..place(4).1 + 512), damaged(&[4]));
    // In one that was open, at the start.
    damage(
        "the last group, nothing says acknowledged",
        false,
        |files| flip(files, place(9)),
        Outcome { read: all_but(&[9]), ..Outcome::default() },
    );
    damage("the last group, acknowledged", true, |files| flip(files, place(9)), lost(&[9]));
    damage("the payload in it", true, |files| flip(files, (place(10).0, place(10).1 + 100)), lost(&[10]));
    damage("a block in it", true, |files| zero(files, &name(3), 2 * BLOCK..3 * BLOCK), lost(&[9, 10]));
    damage("what says so", true, |files| flip(files, (name(3), 3 * BLOCK)), intact());
    damage(
        "a torn write behind the last group",
        true,
        |files| files.get_mut(&name(3)).unwrap()[13000..13500].fill(7),
        intact(),
    );
}

#[test]
fn records_where_they_do_not_belong() {
    let copy = |files: &mut Files, seq: Seq, (file, to): (String, usize)| {
        let (from, position) = place(seq);
        let record = files[&from][position..position + RECORD].to_vec();
        files.get_mut(&file).unwrap()[to..to + RECORD].copy_from_slice(&record);
    };
    damage("a record elsewhere in its segment", true, |files| copy(files, 9, (name(3), 3 * BLOCK)), intact());
    damage("a record of another segment", true, |files| copy(files, 5, (name(3), 3 * BLOCK)), intact());
    damage("a record over another", true, |files| copy(files, 1, place(9)), lost(&[9]));
    // Whoever knows the bytes of a record can send them as a body: they are the record of no other place.
    damage("a record in a body", true, |files| copy(files, 1, (place(10).0, place(10).1 + 80)), lost(&[10]));
}

#[test]
fn headers() {
    damage("the first copy", false, |files| zero(files, &name(2), 0..BLOCK), intact());
    damage("the second copy", false, |files| zero(files, &name(3), BLOCK..2 * BLOCK), intact());
    let unreadable = |seqs: &[Seq]| Outcome { read: all_but(seqs), unreadable_files: 1, ..Outcome::default() };
    damage(
        "both, of a segment with others behind it",
        false,
        |files| {
            flip(files, (name(1), 30));
            flip(files, (name(1), BLOCK + 30));
        },
        unreadable(&[1, 2, 3, 4]),
    );
    damage("both made zeros", false, |files| zero(files, &name(2), 0..2 * BLOCK), unreadable(&[5, 6, 7, 8]));
    // Its file was used again, and a disk that does not keep what was flushed still has what was in it before.
    damage(
        "both of the segment before",
        false,
        |files| _ = files.insert(name(2), files[&name(1)].clone()),
        unreadable(&[5, 6, 7, 8]),
    );
    damage(
        "both, of the last",
        false,
        |files| {
            flip(files, (name(3), 30));
            flip(files, (name(3), BLOCK + 30));
        },
        unreadable(&[9, 10]),
    );
}

#[test]
fn ends() {
    let end = |files: &Files| files[&name(1)].len();
    damage("the trailer", false, |files| flip(files, (name(1), end(files) - 1)), intact());
    damage("its header", false, |files| flip(files, (name(1), end(files) - 50)), intact());
    damage("the summary", false, |files| flip(files, (name(1), end(files) - 70)), intact());
    damage("the index", false, |files| flip(files, (name(1), 4 * BLOCK + 45)), intact());
    damage("the header of the index", false, |files| flip(files, (name(1), 4 * BLOCK)), intact());
    damage("all of it cut off", false, |files| files.get_mut(&name(1)).unwrap().truncate(4 * BLOCK), intact());
    damage("a part of it cut off", false, |files| files.get_mut(&name(1)).unwrap().truncate(4 * BLOCK + 60), intact());
    damage(
        "index and a record",
        false,
        |files| {
            flip(files, (name(1), 4 * BLOCK + 45));
            flip(files, place(2));
        },
        damaged(&[2]),
    );
    damage(
        "trailer and a record",
        false,
        |files| {
            flip(files, (name(1), end(files) - 1));
            flip(files, place(2));
        },
        lost(&[2]),
    );
}

#[test]
fn files_cut_off_and_gone() {
    damage(
        "a sealed segment in the middle of a record",
        false,
        |files| {
            files.get_mut(&name(1)).unwrap().truncate(place(4).1 + 100);
        },
        lost(&[4]),
    );
    damage(
        "a sealed segment behind its header",
        false,
        |files| {
            files.get_mut(&name(2)).unwrap().truncate(2 * BLOCK);
        },
        lost(&[5, 6, 7, 8]),
    );
    damage(
        "a segment without a byte",
        false,
        |files| files.get_mut(&name(1)).unwrap().clear(),
        Outcome { read: all_but(&[1, 2, 3, 4]), unreadable_files: 1, ..Outcome::default() },
    );
    damage(
        "the segment that was to be used next",
        false,
        |files| {
            files.insert(name(4), vec![0; 16 << 10]);
        },
        intact(),
    );
    damage(
        "one of which the header was begun and nothing flushed",
        false,
        |files| {
            let mut torn = vec![0; 16 << 10];
            torn[3 * BLOCK..3 * BLOCK + 100].fill(9);
            files.insert(name(4), torn);
        },
        intact(),
    );
}

#[test]
fn a_start_writes_a_damaged_copy_of_the_header_again() {
    for copy in [0, BLOCK] {
        let mut files = files(true);
        zero(&mut files, &name(3), copy..copy + 80);
        let disk = SimDisk::new(2, Faults::default());
        for (name, bytes) in &files {
            disk.set_content(name, bytes.clone());
        }
        drop(Stepped::open(disk.clone(), &settings(), LogId([2; 16]), 5, 0).unwrap());
        files.insert(name(3), disk.content(&name(3)).unwrap());
        zero(&mut files, &name(3), BLOCK - copy..BLOCK - copy + 80);
        assert_eq!(open(&files), intact(), "first the copy at {copy}");
    }
}

/// A connection has every other event of the only segment, which was sealed.
#[test]
fn a_changed_bit_of_the_index_passes_over_no_event() {
    let disk = SimDisk::new(1, Faults::default());
    let (stepped, _) = Stepped::open(disk.clone(), &settings(), LOG, 1, 0).unwrap();
    for seq in 1..=8 {
        let connection = if seq % 2 == 0 { CONNECTION } else { "rest" };
        let event = Event { connection, id: [0; 16], received_at: 0, verdict: b"", head: b"", body: &body(seq) };
        _ = stepped.inbox.append(&event);
    }
    stepped.close(0).unwrap();
    disk.end_process();
    let content = disk.content(&name(1)).unwrap();
    let index = 2 * BLOCK + 8 * RECORD;
    let owed = [2, 4, 6, 8];
    for bit in index * 8..content.len() * 8 {
        let mut content = content.clone();
        content[bit / 8] ^= 1 << (bit % 8);
        let disk = SimDisk::new(1, Faults::default());
        disk.set_content(&name(1), content);
        let (stepped, report) = Stepped::open(disk.clone(), &settings(), LogId([2; 16]), 2, 0).unwrap();
        assert_eq!(report.losses, [], "bit {bit}");
        // From anywhere: what a reader begins behind, it has not read.
        for after in 0..=8 {
            let read: Vec<_> = stepped.inbox.read(LOG, CONNECTION, after).map(|event| event.unwrap().seq).collect();
            let owed: Vec<_> = owed.into_iter().filter(|&seq| seq > after).collect();
            assert_eq!(read, owed, "bit {bit}, behind {after}");
        }
        disk.end_process();
    }
}

/// The files of an inbox in which the records 2 and 6 of one connection were copied out of the first segment, and those of another one
/// released. The copy is damaged so, and opened.
fn damage_copy(act: impl FnOnce(&mut Files, &str)) -> Outcome {
    let disk = SimDisk::new(1, Faults::default());
    let mut settings = settings();
    settings.hold_after = std::time::Duration::ZERO;
    let (mut stepped, _) = Stepped::open(disk.clone(), &settings, LOG, 1, 0).unwrap();
    for seq in 1..=12 {
        let connection = if seq % 4 == 2 { CONNECTION } else { "rest" };
        let event = Event { connection, id: [0; 16], received_at: 0, verdict: b"", head: b"", body: &body(seq) };
        let append = stepped.inbox.append(&event);
        if seq % 4 == 0 {
            stepped.write(0);
            assert!(append.outcome().unwrap().is_ok());
        }
    }
    stepped.inbox.release(LOG, "rest", 12);
    stepped.keep(1).unwrap();
    stepped.keep(2).unwrap();
    disk.end_process();
    let names = disk.list().unwrap().into_iter();
    let mut files: Files = names.map(|name| (name.clone(), disk.content(&name).unwrap())).collect();
    let copy = files.keys().find(|name| name.contains(".held")).unwrap().clone();
    assert!(!files.contains_key(&name(1)));
    act(&mut files, &copy);
    open(&files)
}

#[test]
fn copies() {
    let all = Outcome { read: vec![2, 6, 10], ..Outcome::default() };
    assert_eq!(damage_copy(|_, _| {}), all);
    let first = 2 * BLOCK;
    let flip_at = |at: usize| move |files: &mut Files, copy: &str| flip(files, (copy.to_owned(), at));
    assert_eq!(
        damage_copy(flip_at(first + 100)),
        Outcome { read: vec![6, 10], damaged: vec![2], ..Outcome::default() }
    );
    assert_eq!(damage_copy(flip_at(20)), all);
    // Without an end it is read from its beginning, and its header says how many records there were.
    let cut_at = |at: usize| move |files: &mut Files, copy: &str| files.get_mut(copy).unwrap().truncate(at);
    let no_end = Outcome { read: vec![2, 6, 10], ..Outcome::default() };
    assert_eq!(damage_copy(cut_at(first + BLOCK)), no_end);
    assert_eq!(damage_copy(cut_at(first + 1500)), Outcome { read: vec![2, 10], lost: vec![6], ..Outcome::default() });
    let two = Outcome { read: vec![10], lost: vec![6], unreadable_files: 1, ..Outcome::default() };
    assert_eq!(damage_copy(cut_at(first)), two, "which the other one was is not known");
    let no_header = damage_copy(|files, copy| zero(files, copy, 0..2 * BLOCK));
    assert_eq!(no_header, Outcome { read: vec![10], unreadable_files: 1, ..Outcome::default() });
    // A copy beside the original is half written, unless the original cannot be read.
    let beside = |is_damaged: bool| {
        damage_copy(|files, copy| {
            let mut original = files[copy].clone();
            if is_damaged {
                original[30] ^= 1;
                original[BLOCK + 30] ^= 1;
            }
            files.insert(name(1), original);
        })
    };
    assert_eq!(beside(true), Outcome { read: vec![2, 6, 10], unreadable_files: 1, ..Outcome::default() });
    assert_eq!(beside(false).unreadable_files, 0);
}

#[test]
fn files_that_are_not_ours() {
    let mut files = files(false);
    files.insert("notes.txt".to_owned(), b"do not delete".to_vec());
    let disk = SimDisk::new(2, Faults::default());
    for (name, bytes) in &files {
        disk.set_content(name, bytes.clone());
    }
    let (_, report) = Stepped::open(disk.clone(), &settings(), LogId([2; 16]), 5, 0).unwrap();
    assert_eq!(report.unknown_files, ["notes.txt"]);
    assert_eq!(disk.content("notes.txt").unwrap(), b"do not delete");
}
