//! The inbox in a bucket: what was acknowledged is there, in order, once, whatever the store does and whoever reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use countersign_inbox::bucket::sim::{Fault, MemoryBucket, Rule};
use countersign_inbox::bucket::{Bucket as _, BucketInbox, BucketSettings};
use countersign_inbox::{AppendError, Appended, Event, LogId, Seq};

fn settings(owner: u8) -> BucketSettings {
    let mut settings = BucketSettings::default();
    settings.owner = [owner; 16];
    settings.close_timeout = Duration::from_millis(300);
    settings
}

fn open(bucket: &MemoryBucket, owner: u8) -> BucketInbox<MemoryBucket> {
    let (inbox, report) = BucketInbox::open(bucket.clone(), settings(owner)).unwrap();
    assert_eq!(report.losses, []);
    inbox
}

fn event<'a>(connection: &'a str, body: &'a [u8]) -> Event<'a> {
    Event { connection, id: [7; 16], received_at: 1, verdict: b"v", head: b"head", body }
}

/// All events of an inbox.
fn read(inbox: &BucketInbox<MemoryBucket>) -> BTreeMap<(LogId, Seq), (String, Vec<u8>)> {
    let mut found = BTreeMap::new();
    for (log, connections) in inbox.connections() {
        for (connection, seqs) in connections {
            let mut last = 0;
            for stored in inbox.read(log, &connection, 0) {
                let stored = stored.unwrap();
                assert!(stored.seq > last && seqs.contains(&stored.seq));
                last = stored.seq;
                let event = stored.event();
                let before = found.insert((log, stored.seq), (event.connection.to_owned(), event.body.to_vec()));
                assert_eq!(before, None);
            }
        }
    }
    found
}

/// Appends from several threads, and returns what was acknowledged.
fn load(inbox: &BucketInbox<MemoryBucket>, threads: usize, each: usize) -> BTreeMap<(LogId, Seq), (String, Vec<u8>)> {
    let acknowledged: Vec<_> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    let mut acknowledged = Vec::new();
                    for number in 0..each {
                        let (connection, body) = (format!("connection-{}", number % 3), format!("{thread}:{number}"));
                        match inbox.append(&event(&connection, body.as_bytes())).wait() {
                            Ok(Appended { log, seq }) => {
                                acknowledged.push(((log, seq), (connection, body.into_bytes())));
                            }
                            Err(AppendError::Failed | AppendError::Closed) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                    acknowledged
                })
            })
            .collect();
        handles.into_iter().flat_map(|handle| handle.join().unwrap()).collect()
    });
    let count = acknowledged.len();
    let acknowledged: BTreeMap<_, _> = acknowledged.into_iter().collect();
    assert_eq!(acknowledged.len(), count, "a seq was given twice");
    acknowledged
}

#[test]
fn what_is_appended_is_read_released_and_removed() {
    let bucket = MemoryBucket::default();
    let inbox = open(&bucket, 1);
    let acknowledged = load(&inbox, 4, 50);
    assert_eq!(acknowledged.len(), 200);
    assert_eq!(read(&inbox), acknowledged);
    assert!(inbox.backlog_bytes("connection-0") > 0 && inbox.takes_events());
    let log = inbox.log();
    for connection in ["connection-0", "connection-1", "connection-2"] {
        inbox.release(log, connection, 200);
        assert_eq!(inbox.backlog_bytes(connection), 0);
    }
    assert!(inbox.connections().is_empty());
    inbox.close();
    assert_eq!(bucket.keys(), Vec::<String>::new());
}

#[test]
fn the_next_process_reads_what_the_last_has_left() {
    let bucket = MemoryBucket::default();
    let inbox = open(&bucket, 1);
    let mut acknowledged = load(&inbox, 2, 20);
    let log = inbox.log();
    inbox.release(log, "connection-0", 10);
    inbox.close();
    let inbox = open(&bucket, 1);
    assert_ne!(inbox.log(), log);
    acknowledged.extend(load(&inbox, 2, 20));
    let found = read(&inbox);
    // What was released, and in an object with what was not, may be there again.
    assert!(
        acknowledged
            .iter()
            .filter(|((of, seq), (connection, _))| { !(*of == log && connection == "connection-0" && *seq <= 10) })
            .all(|(place, event)| found.get(place) == Some(event))
    );
    // A process of another owner waits before it goes on with a log.
    let other = open(&bucket, 2);
    assert!(other.connections().is_empty());
}

#[test]
fn a_store_that_fails_and_lies_costs_time_and_no_event() {
    let rule: Rule = Arc::new(|number| {
        let fault = match number * 2_654_435_761 % 7 {
            0 => Some(Fault::Fails),
            1 => Some(Fault::LosesTheReply),
            2 => Some(Fault::SaysExists),
            _ => None,
        };
        (Duration::from_millis(number % 4), fault)
    });
    let bucket = MemoryBucket::default();
    let inbox = open(&bucket.with_rule(rule), 1);
    let acknowledged = load(&inbox, 8, 25);
    assert_eq!(acknowledged.len(), 200);
    assert_eq!(read(&inbox), acknowledged);
    assert!(inbox.health().failures > 0);
    drop(inbox);
    let inbox = open(&bucket, 1);
    assert_eq!(read(&inbox), acknowledged);
}

#[test]
fn at_most_eight_puts_are_under_way() {
    let bucket = MemoryBucket::default().with_rule(Arc::new(|_| (Duration::from_millis(5), None)));
    let inbox = open(&bucket, 1);
    assert_eq!(load(&inbox, 64, 20).len(), 64 * 20);
    let (puts, most) = bucket.puts();
    assert!((2..=8).contains(&most), "{most}");
    assert!(puts < 64 * 20, "{puts} puts: events are not put together");
}

#[test]
fn an_owner_that_was_taken_for_ended_acknowledges_nothing_more_in_that_log() {
    let bucket = MemoryBucket::default();
    let slow = bucket.with_rule(Arc::new(|number| (Duration::from_millis(if number == 0 { 0 } else { 200 }), None)));
    let owner = open(&slow, 1);
    let first = owner.append(&event("c", b"first")).wait().unwrap();
    // This put is under way while another process closes the log, because its clock is wrong.
    let second = owner.append(&event("c", b"second"));
    std::thread::sleep(Duration::from_millis(50));
    let mut settings = settings(2);
    settings.take_over_after = Duration::ZERO;
    let (other, _) = BucketInbox::open(bucket.clone(), settings).unwrap();
    let read_by_other: Vec<_> = read(&other).into_iter().collect();
    assert_eq!(read_by_other, [((first.log, 1), ("c".to_owned(), b"first".to_vec()))]);
    assert_eq!(second.wait(), Err(AppendError::Failed));
    // It goes on in another log.
    let third = owner.append(&event("c", b"third")).wait().unwrap();
    assert_ne!(third.log, first.log);
    assert_eq!(read(&owner).len(), 2);
}

#[test]
fn what_is_behind_a_gap_was_not_acknowledged_and_nothing_can_fill_the_gap() {
    let bucket = MemoryBucket::default();
    // The second put hangs; those behind it are put, and wait for it.
    let slow = bucket.with_rule(Arc::new(|number| (Duration::from_millis(if number == 1 { 400 } else { 0 }), None)));
    let owner = open(&slow, 1);
    owner.append(&event("c", b"1")).wait().unwrap();
    let second = owner.append(&event("c", b"2"));
    std::thread::sleep(Duration::from_millis(50));
    let third = owner.append(&event("c", b"3"));
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!((second.outcome(), third.outcome()), (None, None), "the third is there, and waits for the second");
    let mut settings = settings(2);
    settings.take_over_after = Duration::ZERO;
    let (other, _) = BucketInbox::open(bucket.clone(), settings).unwrap();
    let bodies: BTreeSet<Vec<u8>> = read(&other).into_values().map(|(_, body)| body).collect();
    assert!(bodies.contains(&b"1"[..]) && !bodies.contains(&b"2"[..]));
    assert_eq!((second.wait(), third.wait()), (Err(AppendError::Failed), Err(AppendError::Failed)));
}

#[test]
fn damage_is_reported() {
    let bucket = MemoryBucket::default();
    let inbox = open(&bucket, 1);
    inbox.append(&event("c", b"one")).wait().unwrap();
    inbox.append(&event("c", b"two")).wait().unwrap();
    drop(inbox);
    let key = bucket.keys().remove(0);
    let mut object = bucket.get(&key).unwrap().unwrap();
    object[100] ^= 1;
    bucket.replace(&key, &object);
    let (inbox, report) = BucketInbox::open(bucket, settings(1)).unwrap();
    assert_eq!(report.losses.iter().map(|loss| &*loss.file).collect::<Vec<_>>(), [&*key]);
    assert_eq!(report.events, 1);
    assert_eq!(read(&inbox).into_values().collect::<Vec<_>>(), [("c".to_owned(), b"two".to_vec())]);
}

#[test]
fn the_end_waits_for_what_was_appended_and_not_for_ever() {
    let bucket = MemoryBucket::default();
    let inbox = open(&bucket.with_rule(Arc::new(|_| (Duration::from_millis(30), None))), 1);
    let appends: Vec<_> = (0..100).map(|_| inbox.append(&event("c", &[b'x'; 2000]))).collect();
    inbox.close();
    assert!(appends.iter().all(|append| matches!(append.outcome(), Some(Ok(_)))));
    let dead = MemoryBucket::default().with_rule(Arc::new(|_| (Duration::ZERO, Some(Fault::Fails))));
    let inbox = open(&dead, 1);
    let append = inbox.append(&event("c", b"x"));
    inbox.close();
    assert_eq!(append.outcome(), Some(Err(AppendError::Failed)));
}
