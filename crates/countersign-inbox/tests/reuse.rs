//! The files of released segments are used again: how many are kept, and when they go.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use countersign_inbox::disk::sim::{Faults, SimDisk};
use countersign_inbox::disk::{Disk as _, Space};
use countersign_inbox::stepped::Stepped;
use countersign_inbox::{Event, LogId, Settings};

const FIRST: LogId = LogId([1; 16]);
const SECOND: LogId = LogId([2; 16]);

fn open(disk: &SimDisk, log: LogId) -> Stepped<SimDisk> {
    let mut settings = Settings::default();
    settings.segment_bytes = 16 << 10;
    let (stepped, report) = Stepped::open(disk.clone(), &settings, log, 1, 0).unwrap();
    assert!(report.losses.is_empty() && report.unknown_files.is_empty(), "{report:?}");
    stepped
}

/// Appends so many events, of which a segment holds one.
fn append(stepped: &mut Stepped<SimDisk>, events: u8) {
    for number in 0..events {
        let body = [number; 5000];
        let event = Event { connection: "c", id: [number; 16], received_at: 0, verdict: b"", head: b"", body: &body };
        let append = stepped.inbox.append(&event);
        stepped.write(0);
        append.outcome().unwrap().unwrap();
        stepped.keep(0).unwrap();
    }
}

fn release_all(stepped: &Stepped<SimDisk>, log: LogId) {
    stepped.inbox.release(log, "c", u64::MAX);
    stepped.keep(0).unwrap();
}

fn free_files(disk: &SimDisk) -> usize {
    disk.list().unwrap().iter().filter(|file| file.strip_suffix(".free").is_some()).count()
}

#[test]
fn the_files_of_released_segments_become_those_of_new_ones() {
    let disk = SimDisk::new(1, Faults::default());
    let mut stepped = open(&disk, FIRST);
    append(&mut stepped, 5);
    assert_eq!((free_files(&disk), stepped.reused_segments()), (0, 0));
    release_all(&stepped, FIRST);
    // Four were full; two are kept, the others went.
    assert_eq!((free_files(&disk), stepped.reused_segments()), (2, 0));
    assert_eq!(stepped.inbox.health().next_segment_bytes, 0);
    append(&mut stepped, 3);
    // Also that of the fifth, which was still open when its event was released.
    assert_eq!((free_files(&disk), stepped.reused_segments()), (0, 3));
    let read = |stepped: &Stepped<SimDisk>, log| {
        stepped.inbox.read(log, "c", 0).map(|stored| stored.unwrap().event().body[0]).collect::<Vec<_>>()
    };
    assert_eq!(read(&stepped, FIRST), [0, 1, 2]);
    // A power cut shows the same, with all that stood in the files before.
    disk.cut_power();
    let mut stepped = open(&disk, SECOND);
    assert_eq!(read(&stepped, FIRST), [0, 1, 2]);
    // Those of an earlier run are used too.
    append(&mut stepped, 1);
    release_all(&stepped, FIRST);
    assert_eq!(free_files(&disk), 2);
    append(&mut stepped, 3);
    assert_eq!((read(&stepped, SECOND), stepped.reused_segments()), (vec![0, 0, 1, 2], 2));
}

#[test]
fn free_files_go_when_the_disk_is_low_on_space_and_at_the_end() {
    let disk = SimDisk::new(1, Faults::default());
    let is_low = |is_low| disk.set_space(Space { free: if is_low { 99 << 20 } else { 100 << 20 }, total: 1000 << 20 });
    let mut stepped = open(&disk, FIRST);
    append(&mut stepped, 4);
    is_low(true);
    release_all(&stepped, FIRST);
    assert_eq!(free_files(&disk), 0, "none is kept");
    is_low(false);
    append(&mut stepped, 3);
    release_all(&stepped, FIRST);
    assert_eq!(free_files(&disk), 2);
    stepped.keep(0).unwrap();
    assert_eq!(free_files(&disk), 2, "a tenth is free");
    is_low(true);
    stepped.keep(0).unwrap();
    assert_eq!(free_files(&disk), 0, "those that were kept go");
    is_low(false);
    append(&mut stepped, 3);
    release_all(&stepped, FIRST);
    assert_eq!(free_files(&disk), 2);
    stepped.close(0).unwrap();
    assert_eq!(free_files(&disk), 0, "they go at the end");
}

#[test]
fn free_files_that_a_killed_process_has_left_go_at_the_start() {
    let disk = SimDisk::new(1, Faults::default());
    let mut stepped = open(&disk, FIRST);
    append(&mut stepped, 4);
    release_all(&stepped, FIRST);
    assert_eq!(free_files(&disk), 2);
    disk.end_process();
    drop(stepped);
    let _stepped = open(&disk, SECOND);
    assert_eq!(free_files(&disk), 0);
}
