//! What was said to be lost and can be read again is given once more, and withdrawn; what is really lost stays so.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use countersign_inbox::disk::Disk as _;
use countersign_inbox::disk::sim::{Faults, SimDisk};
use countersign_inbox::stepped::Stepped;
use countersign_inbox::{Event, LogId, Recovered, Seq, Settings};

const LOG: LogId = LogId([1; 16]);
const BLOCK: usize = 4096;

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.segment_bytes = 20 << 10;
    settings
}

/// A disk with a log of five events, of two connections: two in each of the first segments, one in the third. The process was closed, or
/// killed; then it has stated last that all is durable, or not.
fn disk(is_closed: bool, is_marked: bool) -> SimDisk {
    let disk = SimDisk::new(1, Faults::default());
    let (mut stepped, _) = Stepped::open(disk.clone(), &settings(), LOG, 1, 0).unwrap();
    for seq in 1..=5 {
        let connection = if seq == 1 { "other" } else { "shop" };
        let event = Event { connection, id: [seq; 16], received_at: 0, verdict: b"", head: b"", body: &[7; 3000] };
        let append = stepped.inbox.append(&event);
        stepped.write(0);
        assert_eq!(append.outcome().unwrap().unwrap().seq, u64::from(seq));
        stepped.keep(0).unwrap();
    }
    if is_closed {
        stepped.close(0).unwrap();
    } else if is_marked {
        stepped.mark(0);
    }
    disk.end_process();
    disk
}

fn name(segment: u64) -> String {
    format!("{LOG}-{segment:010}.segment")
}

/// Opens the inbox, and says what is lost, by file.
fn open(disk: &SimDisk, run: u8) -> (Stepped<SimDisk>, Vec<(String, Vec<Seq>)>) {
    disk.end_process();
    let (stepped, report) = Stepped::open(disk.clone(), &settings(), LogId([run; 16]), run.into(), 0).unwrap();
    (stepped, report.losses.into_iter().map(|loss| (loss.file, loss.seqs)).collect())
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

fn seqs(recovered: &Recovered) -> Vec<Seq> {
    let of_event = |id: [u8; 16]| u64::from(id[0]);
    recovered.events.iter().for_each(|stored| assert_eq!(of_event(stored.event().id), stored.seq));
    recovered.events.iter().map(|stored| stored.seq).collect()
}

/// Releases everything, and says which files are left of the log.
fn release(stepped: &Stepped<SimDisk>, disk: &SimDisk) -> Vec<String> {
    for connection in ["shop", "other"] {
        stepped.inbox.release(LOG, connection, Seq::MAX);
    }
    stepped.keep(0).unwrap();
    files(disk)
}

fn files(disk: &SimDisk) -> Vec<String> {
    let files = disk.list().unwrap().into_iter().filter(|file| file.starts_with(&LOG.to_string()));
    // Not those of which nothing is needed any more, and of which the next segments are made.
    files.filter(|file| file.strip_suffix(".free").is_none()).collect()
}

/// Where the second event of a segment is.
const SECOND: std::ops::Range<usize> = 3 * BLOCK + 100..3 * BLOCK + 101;

#[test]
fn an_event_that_could_once_not_be_read_is_lost_no_more() {
    let disk = disk(true, false);
    let (stepped, _) = open(&disk, 2);
    disk.break_sectors(&name(1), SECOND);
    assert_eq!(read(&stepped), (vec![3, 4, 5], vec![2]));
    assert!(stepped.inbox.recovered(None).is_none(), "it cannot be read");
    disk.mend_sectors();
    let recovered = stepped.inbox.recovered(None).unwrap();
    assert_eq!((seqs(&recovered), recovered.is_whole, recovered.file.clone()), (vec![2], false, name(1)));
    assert!(stepped.inbox.recovered(Some(&recovered)).is_none());
    assert!(files(&disk).contains(&format!("{}.lost", name(1))), "nobody has withdrawn it");
    assert!(stepped.inbox.withdraw(&recovered).unwrap());
    assert!(stepped.inbox.recovered(None).is_none());
    assert_eq!(files(&disk), [name(1), name(2), name(3)]);
    assert_eq!(release(&stepped, &disk), Vec::<String>::new());
    assert_eq!(open(&disk, 3).1, []);
}

#[test]
fn a_file_that_was_set_aside_gives_back_what_it_holds() {
    for starts_again in [false, true] {
        let disk = disk(true, false);
        let (mut stepped, _) = open(&disk, 2);
        disk.break_sectors(&name(1), SECOND);
        assert_eq!(read(&stepped).1, [2]);
        let (aside, note) = (format!("{}.corrupt", name(1)), format!("{}.lost", name(1)));
        assert_eq!(release(&stepped, &disk), [aside.clone(), note.clone()]);
        if starts_again {
            let (opened, lost) = open(&disk, 3);
            assert_eq!(lost, [(aside.clone(), vec![2])]);
            stepped = opened;
        }
        assert!(stepped.inbox.recovered(None).is_none());
        disk.mend_sectors();
        if starts_again {
            let (opened, lost) = open(&disk, 4);
            assert_eq!(lost, [], "all can be read");
            stepped = opened;
        }
        let recovered = stepped.inbox.recovered(None).unwrap();
        assert_eq!((seqs(&recovered), recovered.file.clone()), (vec![2], aside));
        assert!(stepped.inbox.withdraw(&recovered).unwrap());
        assert_eq!(files(&disk), Vec::<String>::new());
        assert!(stepped.inbox.recovered(None).is_none());
    }
}

#[test]
fn what_is_really_lost_stays_so() {
    let disk = disk(true, false);
    let (stepped, _) = open(&disk, 2);
    // The fourth event is damaged, and the third one cannot be read for a while.
    disk.change_bit(&name(2), (3 * BLOCK as u64 + 100) * 8);
    disk.break_sectors(&name(2), 2 * BLOCK..2 * BLOCK + 1);
    assert_eq!(read(&stepped), (vec![2, 5], vec![3, 4]));
    disk.mend_sectors();
    let recovered = stepped.inbox.recovered(None).unwrap();
    assert_eq!(seqs(&recovered), [3]);
    assert!(stepped.inbox.withdraw(&recovered).unwrap());
    assert!(stepped.inbox.recovered(None).is_none());
    let (stepped, lost) = open(&disk, 3);
    assert_eq!(lost, [(name(2), vec![4])]);
    let aside = format!("{}.corrupt", name(2));
    assert_eq!(release(&stepped, &disk), [aside.clone(), format!("{}.lost", name(2))]);
    assert!(stepped.inbox.recovered(None).is_none());
    assert_eq!(open(&disk, 4).1, [(aside, vec![4])]);
}

#[test]
fn of_a_file_of_which_nothing_was_known_all_must_be_there() {
    let disk = disk(true, false);
    let (stepped, _) = open(&disk, 2);
    disk.set_faults(Faults { open_fails: 1000, ..Faults::default() });
    assert_eq!(read(&stepped), (vec![], vec![2, 3, 4, 5]));
    disk.set_faults(Faults::default());
    disk.break_sectors(&name(1), SECOND);
    let first = stepped.inbox.recovered(None).unwrap();
    assert_eq!((seqs(&first), first.is_whole), (vec![3, 4], true), "not of the file that still has a bad sector");
    let second = stepped.inbox.recovered(Some(&first)).unwrap();
    assert_eq!(seqs(&second), [5]);
    // Somebody is told meanwhile that it is lost again.
    disk.break_sectors(&name(2), SECOND);
    assert_eq!(read(&stepped).1, [2, 4]);
    assert!(!stepped.inbox.withdraw(&first).unwrap());
    disk.mend_sectors();
    let mut last = None;
    let mut found = Vec::new();
    while let Some(recovered) = stepped.inbox.recovered(last.as_ref()) {
        found.extend(seqs(&recovered));
        assert!(stepped.inbox.withdraw(&recovered).unwrap());
        last = Some(recovered);
    }
    assert_eq!(found, [1, 2, 3, 4, 5]);
    assert_eq!(open(&disk, 3).1, []);
}

#[test]
fn a_bad_sector_that_was_overwritten_is_not_taken_for_read() {
    let file = name(3);
    for (is_marked, is_overwritten) in [(false, false), (false, true), (true, false), (true, true)] {
        let disk = disk(false, is_marked);
        // Its header: then nothing is known of it, not even that it holds an event.
        disk.break_sectors(&file, 0..3 * BLOCK);
        assert_eq!(open(&disk, 2).1, [(file.clone(), vec![])]);
        let mut content = disk.content(&file).unwrap();
        if is_overwritten {
            // As a copy of a failing disk has it.
            content[2 * BLOCK..3 * BLOCK].fill(0);
        }
        disk.set_content(&file, content);
        let (stepped, lost) = open(&disk, 3);
        let unknown = (file.clone(), vec![]);
        let expected = match (is_marked, is_overwritten) {
            // The mark says that the event was the last one.
            (true, false) => vec![],
            (true, true) => vec![(file.clone(), vec![5]), unknown],
            // The last group may be gone.
            (false, _) => vec![unknown],
        };
        assert_eq!(lost, expected);
        let read = if is_overwritten { vec![2, 3, 4] } else { vec![2, 3, 4, 5] };
        assert_eq!(read, self::read(&stepped).0);
        drop(stepped);
        assert_eq!(open(&disk, 4).1, lost, "as the next start says");
    }
}
