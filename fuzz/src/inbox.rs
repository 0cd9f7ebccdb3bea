//! Claims, for an inbox whose files were damaged in any way: opening and reading it does not panic. What is read is what was appended, each
//! event once. What something undamaged says to have been acknowledged (the header of a later segment, the mark of a segment's end) is
//! read, or reported as lost, at the start or in reading.
//!
//! The input is a list of damages, 4 bytes each: the file and what is done to it, a position (2 bytes, little-endian), and a value.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::OnceLock;

use countersign_inbox::disk::Disk as _;
use countersign_inbox::disk::sim::{Faults, SimDisk};
use countersign_inbox::stepped::Stepped;
use countersign_inbox::{Event, LogId, ReadError, Seq, Settings};

const LOG: LogId = LogId([7; 16]);
const CONNECTIONS: [&str; 2] = ["a", "b"];
const GROUPS: u64 = 7;
/// How many events a sealed segment has.
const SEGMENT_EVENTS: u64 = 4;
/// Where the two copies of a segment's header stand.
const HEADERS: [Range<usize>; 2] = [0..80, 4096..4176];
/// Where the mark stands that a segment has its end.
const SEAL: Range<usize> = 7680..7720;

type Files = BTreeMap<String, Vec<u8>>;

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.segment_bytes = 20 << 10;
    settings
}

/// The body of an event, and whose it is.
fn sent(seq: Seq) -> (&'static str, Vec<u8>) {
    let length = usize::try_from(seq * 97 % 900).unwrap_or(0);
    (CONNECTIONS[usize::from(seq.is_multiple_of(3))], vec![u8::try_from(seq).unwrap_or(0); length])
}

/// The files of an inbox that was killed: seven groups of two events, in sealed segments and an open one.
fn files() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| {
        let disk = SimDisk::new(1, Faults::default());
        let (mut stepped, _) = Stepped::open(disk.clone(), &settings(), LOG, 3, 0).expect("a good disk");
        for seq in 1..=2 * GROUPS {
            let (connection, body) = sent(seq);
            let event = Event { connection, id: [0; 16], received_at: 0, verdict: b"", head: b"", body: &body };
            drop(stepped.inbox.append(&event));
            if seq.is_multiple_of(2) {
                stepped.write(0);
                stepped.keep(0).expect("a good disk");
            }
        }
        disk.end_process();
        let names = disk.list().expect("a good disk").into_iter();
        names.map(|name| (name.clone(), disk.content(&name).expect("it is listed"))).collect()
    })
}

fn damage(files: &mut Files, [what, low, high, value]: [u8; 4]) {
    let at = usize::from(what & 0x0f) % files.len();
    let Some(file) = files.values_mut().nth(at) else { return };
    let position = usize::from(u16::from_le_bytes([low, high]));
    let sector = position..(position + 512).min(file.len()).max(position);
    match what >> 4 {
        0..10 => file.get_mut(position).into_iter().for_each(|byte| *byte ^= value),
        10..12 => file.get_mut(sector).into_iter().for_each(|bytes| bytes.fill(0)),
        12 => file.truncate(position),
        // A part of the file stands at another place.
        _ => {
            let from = usize::from(value) * 64;
            if position.max(from) + 512 <= file.len() {
                file.copy_within(from..from + 512, position);
            }
        }
    }
}

/// The last seq of which something undamaged says that it was acknowledged: the header of a segment speaks of those before it, the mark
/// of its end of its own events.
fn last_seq_stated(files: &Files) -> Seq {
    let is_intact = |name: &String, place: &Range<usize>| {
        let (now, before) = (files[name].get(place.clone()), &self::files()[name][place.clone()]);
        now == Some(before) && before.iter().any(|&byte| byte != 0)
    };
    let stated = files.keys().enumerate().filter(|(_, name)| HEADERS.iter().any(|place| is_intact(name, place)));
    let segments = stated.map(|(at, name)| at + usize::from(is_intact(name, &SEAL)));
    segments.max().unwrap_or(0) as u64 * SEGMENT_EVENTS
}

/// Runs one input. 0: nothing is missing; 1: something is found damaged in reading; 2: something is reported lost at the start; 3: a
/// whole file is.
///
/// # Panics
/// If a claim does not hold.
pub fn run(input: &[u8]) -> Option<u8> {
    let mut files = files().clone();
    for one in input.as_chunks().0.iter().take(64) {
        damage(&mut files, *one);
    }
    let disk = SimDisk::new(2, Faults::default());
    for (name, bytes) in &files {
        disk.set_content(name, bytes.clone());
    }
    // A version that this program does not know is refused, which needs a valid checksum: nobody damages a file so.
    let (stepped, report) =
        Stepped::open(disk.clone(), &settings(), LogId([8; 16]), 5, 0).expect("a damage is no reason not to start");
    let mut known: BTreeSet<Seq> = report.losses.iter().flat_map(|loss| loss.seqs.iter().copied()).collect();
    let is_file_lost = report.losses.iter().any(|loss| loss.seqs.is_empty());
    let mut verdict = if known.is_empty() { 0 } else { 2 };
    let mut read = BTreeSet::new();
    for connection in CONNECTIONS {
        for event in stepped.inbox.read(LOG, connection, 0) {
            match event {
                Ok(stored) => {
                    let event = stored.event();
                    assert_eq!((event.connection, event.body), (sent(stored.seq).0, &*sent(stored.seq).1));
                    assert_eq!(event.connection, connection);
                    assert!(read.insert(stored.seq), "{} is read twice", stored.seq);
                }
                Err(ReadError::Corrupt { seq, .. }) => {
                    known.insert(seq);
                    verdict = verdict.max(1);
                }
                Err(error) => panic!("{error:?}"),
            }
        }
    }
    let acknowledged = 1..=last_seq_stated(&files);
    let silent = acknowledged.filter(|seq| !read.contains(seq) && !known.contains(seq)).collect::<Vec<_>>();
    assert!(silent.is_empty() || is_file_lost, "{silent:?} are missing, and nothing says so");
    Some(if is_file_lost { 3 } else { verdict })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Truncates a file to nothing.
    fn emptied(file: u8) -> [u8; 4] {
        [0xc0 | file, 0, 0, 0]
    }

    #[test]
    fn a_file_that_lost_all_is_reported_if_one_behind_it_has_not() {
        assert_eq!(files().len(), 5);
        assert_eq!(last_seq_stated(files()), 3 * SEGMENT_EVENTS);
        // The last one that was written holds the last group, which nothing said to be durable.
        assert_eq!([0, 1, 2, 3].map(|file| run(&emptied(file))), [Some(3), Some(3), Some(3), Some(0)]);
        assert_eq!(run(&[emptied(1), emptied(3)].concat()), Some(3));
        assert_eq!(run(&[emptied(2), emptied(3)].concat()), Some(0));
        // Both copies of the header are zeros. That it had an end is still known.
        let zeroed = |low, high| [0xa0 | 2, low, high, 0];
        assert_eq!(run(&[zeroed(0, 0), zeroed(0, 16), emptied(3)].concat()), Some(3));
    }
}
