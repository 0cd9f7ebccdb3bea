//! The inbox in a bucket: what was acknowledged is there, in order, once, whatever the store does and whoever reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use countersign_inbox::bucket::sim::{Fault, MemoryBucket, Rule};
use countersign_inbox::bucket::{Bucket, BucketInbox, BucketSettings, Listed, Put};
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

/// Else all senders wait as long as the slowest of eight puts takes, and then for a put of their own.
#[test]
fn a_put_that_takes_long_does_not_keep_those_behind_it_from_being_put() {
    let bucket = MemoryBucket::default();
    let hangs = Arc::new(AtomicBool::new(true));
    let of_rule = Arc::clone(&hangs);
    // The log begins with a put without events, whose number is 0.
    let rule: Rule = Arc::new(move |number| {
        while number == 1 && of_rule.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(1));
        }
        (Duration::ZERO, None)
    });
    let inbox = open(&bucket.with_rule(rule), 1);
    let first = inbox.append(&event("c", b"first"));
    let start = std::time::Instant::now();
    while bucket.puts().0 < 2 && start.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(1));
    }
    // One event an object, as long as they are put; 17 at most.
    let mut appends = vec![first];
    let mut is_put = true;
    while is_put && appends.len() < 17 {
        let (before, started) = (bucket.keys().len(), std::time::Instant::now());
        appends.push(inbox.append(&event("c", b"x")));
        // How many wait is bounded: the last is not put, however long that is looked for.
        let time = Duration::from_secs(if appends.len() == 17 { 1 } else { 20 });
        while bucket.keys().len() == before && started.elapsed() < time {
            std::thread::sleep(Duration::from_millis(1));
        }
        is_put = bucket.keys().len() > before;
    }
    let are_unknown = appends.iter().all(|append| append.outcome().is_none());
    hangs.store(false, Ordering::Relaxed);
    assert_eq!((appends.len(), is_put, are_unknown), (17, false, true));
    let seqs: Vec<Seq> = appends.into_iter().map(|append| append.wait().unwrap().seq).collect();
    assert_eq!(seqs, (1..=17).collect::<Vec<_>>());
    assert_eq!(read(&inbox).len(), 17);
}

#[test]
fn an_owner_that_was_taken_for_ended_acknowledges_nothing_more_in_that_log() {
    let bucket = MemoryBucket::default();
    let slow = bucket.with_rule(Arc::new(|number| (Duration::from_millis(if number < 2 { 0 } else { 200 }), None)));
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

/// It was away for so long that another owner has closed its log, and then the store answers again.
#[test]
fn an_owner_whose_log_was_closed_while_its_store_failed_takes_events_again() {
    let bucket = MemoryBucket::default();
    let is_down = Arc::new(AtomicBool::new(false));
    let of_rule = Arc::clone(&is_down);
    let rule: Rule = Arc::new(move |_| (Duration::ZERO, of_rule.load(Ordering::Relaxed).then_some(Fault::Fails)));
    let owner = open(&bucket.with_rule(rule), 1);
    let first = owner.append(&event("c", b"first")).wait().unwrap();
    is_down.store(true, Ordering::Relaxed);
    let second = owner.append(&event("c", b"second"));
    while owner.takes_events() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut settings = settings(2);
    settings.take_over_after = Duration::ZERO;
    let (_other, _) = BucketInbox::open(bucket.clone(), settings).unwrap();
    assert_eq!(second.wait(), Err(AppendError::Failed));
    is_down.store(false, Ordering::Relaxed);
    assert!(owner.takes_events());
    let third = owner.append(&event("c", b"third")).wait().unwrap();
    assert_ne!(third.log, first.log);
}

#[test]
fn what_is_behind_a_gap_was_not_acknowledged_and_nothing_can_fill_the_gap() {
    let bucket = MemoryBucket::default();
    // The put of the second event hangs (the log begins with one without events); those behind it are put, and wait for it.
    let slow = bucket.with_rule(Arc::new(|number| (Duration::from_millis(if number == 2 { 400 } else { 0 }), None)));
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
    // Before it is the one that the log has begun with, which is removed.
    let key = bucket.keys().into_iter().find(|key| bucket.get(key).unwrap().unwrap().len() > 64).unwrap();
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
    let dead =
        MemoryBucket::default().with_rule(Arc::new(|number| (Duration::ZERO, (number > 0).then_some(Fault::Fails))));
    let inbox = open(&dead, 1);
    let append = inbox.append(&event("c", b"x"));
    inbox.close();
    assert_eq!(append.outcome(), Some(Err(AppendError::Failed)));
}

/// Opens an inbox whose owner is the same, as a process does that was given the metadata of another machine.
fn open_again(bucket: &MemoryBucket) -> BucketInbox<MemoryBucket> {
    open(bucket, 1)
}

#[test]
fn a_process_of_the_same_owner_takes_over_at_once_and_the_older_one_refuses_for_good() {
    let bucket = MemoryBucket::default();
    let older = open(&bucket, 1);
    let acknowledged = load(&older, 2, 10);
    let newer = open_again(&bucket);
    assert_eq!(read(&newer), acknowledged);
    assert!(older.append(&event("c", b"late")).wait().is_err());
    assert!(older.health().is_superseded && !older.takes_events() && !newer.health().is_superseded);
    assert_eq!(older.append(&event("c", b"later")).wait(), Err(AppendError::Closed));
    newer.append(&event("c", b"new")).wait().unwrap();
    // What the newer one goes on with is not removed by the older one.
    for connection in ["connection-0", "connection-1", "connection-2"] {
        older.release(older.log(), connection, 20);
    }
    // The newer one may remove the object that its own log began with, at any time.
    let log = older.log().to_string();
    let keys = || bucket.keys().into_iter().filter(|key| key.starts_with(&log)).collect::<Vec<_>>();
    let before = keys();
    drop(older);
    assert_eq!((keys(), before.is_empty()), (before, false));
    assert_eq!(read(&newer).len(), acknowledged.len() + 1);
}

#[test]
fn a_process_that_has_put_no_event_yet_is_superseded_too() {
    let bucket = MemoryBucket::default();
    let older = open(&bucket, 1);
    let newer = open_again(&bucket);
    assert!(older.append(&event("c", b"late")).wait().is_err());
    assert!(older.health().is_superseded);
    newer.append(&event("c", b"new")).wait().unwrap();
    assert_eq!(read(&newer).len(), 1);
}

#[test]
fn a_process_all_of_whose_events_were_released_is_superseded_too() {
    let bucket = MemoryBucket::default();
    let older = open(&bucket, 1);
    let log = older.log();
    for number in 1..=20 {
        older.append(&event("c", b"x")).wait().unwrap();
        older.release(log, "c", number);
    }
    // The keeper removes what was released each second.
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while bucket.keys().len() > 1 && std::time::Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(bucket.keys().len(), 1, "the newest object stays");
    let newer = open_again(&bucket);
    assert!(older.append(&event("c", b"late")).wait().is_err());
    assert!(older.health().is_superseded);
    // What was released, and is still there, is to be released again.
    assert_eq!(read(&newer).into_keys().collect::<Vec<_>>(), [(log, 20)]);
}

#[test]
fn a_store_that_fails_and_lies_lets_nobody_through_whose_log_is_closed() {
    for shift in 0..7 {
        let bucket = MemoryBucket::default();
        let older = open(&bucket, 1);
        let mut acknowledged = load(&older, 1, 3);
        let rule: Rule = Arc::new(move |number| {
            let fault = match (number + shift) % 7 {
                0 | 4 => Some(Fault::Fails),
                1 | 5 => Some(Fault::LosesTheReply),
                2 | 6 => Some(Fault::SaysExists),
                _ => None,
            };
            (Duration::ZERO, fault)
        });
        let newer = open_again(&bucket.with_rule(rule));
        assert!(older.append(&event("c", b"late")).wait().is_err(), "{shift}");
        acknowledged.extend(load(&newer, 1, 3));
        assert_eq!(read(&newer), acknowledged, "{shift}");
    }
}

#[test]
fn a_log_that_was_closed_stays_so_and_grows_no_more() {
    let bucket = MemoryBucket::default();
    let inbox = open(&bucket, 1);
    inbox.append(&event("c", b"x")).wait().unwrap();
    // As after kill -9: nobody ends it.
    std::mem::forget(inbox);
    drop(open_again(&bucket));
    let keys = bucket.keys();
    for _ in 0..3 {
        drop(open_again(&bucket));
    }
    assert_eq!(bucket.keys(), keys);
}

#[test]
fn an_object_is_removed_when_the_events_of_all_were_released_and_not_before_the_events_of_all() {
    let bucket = MemoryBucket::default();
    let inbox = open(&bucket.with_rule(Arc::new(|_| (Duration::from_millis(20), None))), 1);
    // The first is put alone; the others wait meanwhile, and are put together.
    let appends: Vec<_> = (0..30).map(|number| inbox.append(&event(["a", "b"][number % 2], &[b'x'; 10]))).collect();
    let last = appends.into_iter().map(|append| append.wait().unwrap()).next_back().unwrap();
    inbox.release(last.log, "a", last.seq);
    drop(inbox);
    let left = read(&open(&bucket, 1)).into_values().filter(|(connection, _)| connection == "b").count();
    assert_eq!(left, 15);
}

#[test]
fn a_process_that_another_goes_on_with_sees_it_also_without_events_and_takes_nothing() {
    let bucket = MemoryBucket::default();
    let mut hasty = settings(1);
    // By its clock every other log has ended.
    hasty.take_over_after = Duration::ZERO;
    let (older, _) = BucketInbox::open(bucket.clone(), hasty).unwrap();
    let newer = open_again(&bucket);
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while !older.health().is_superseded && std::time::Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(older.health().is_superseded);
    newer.append(&event("c", b"new")).wait().unwrap();
}

/// Of a log that another owner cannot close yet, nothing is read: an event before those that are there could still come.
#[test]
fn a_log_is_read_once_it_is_closed() {
    let bucket = MemoryBucket::default();
    let is_down = Arc::new(AtomicBool::new(false));
    let of_rule = Arc::clone(&is_down);
    let rule: Rule = Arc::new(move |_| (Duration::ZERO, of_rule.load(Ordering::Relaxed).then_some(Fault::Fails)));
    let mut hasty = settings(2);
    // By its clock every other log has ended, at each look.
    hasty.take_over_after = Duration::ZERO;
    let (other, _) = BucketInbox::open(bucket.with_rule(rule), hasty).unwrap();
    is_down.store(true, Ordering::Relaxed);
    // The put of the second event takes long; the third is put, and waits for it.
    let puts = AtomicU64::new(0);
    let slow: Rule =
        Arc::new(move |_| (Duration::from_secs(if puts.fetch_add(1, Ordering::Relaxed) == 2 { 4 } else { 0 }), None));
    let owner = open(&bucket.with_rule(slow), 1);
    let log = owner.log();
    owner.append(&event("c", b"1")).wait().unwrap();
    let second = owner.append(&event("c", b"2"));
    std::thread::sleep(Duration::from_millis(50));
    let _third = owner.append(&event("c", b"3"));
    while second.outcome().is_none() {
        let of_log: Vec<_> = read(&other).into_keys().filter(|(of, _)| *of == log).collect();
        assert_eq!(of_log, [], "it is not closed");
        std::thread::sleep(Duration::from_millis(20));
    }
    is_down.store(false, Ordering::Relaxed);
}

/// A bucket, and what is done when a listing was made, before whoever has asked for it gets it.
struct Watched {
    bucket: MemoryBucket,
    listed: Box<dyn Fn() + Send + Sync>,
}

impl Bucket for Watched {
    fn put_once(&self, key: &str, object: &Arc<[u8]>) -> io::Result<Put> {
        self.bucket.put_once(key, object)
    }

    fn get(&self, key: &str) -> io::Result<Option<Vec<u8>>> {
        self.bucket.get(key)
    }

    fn list(&self) -> io::Result<Vec<Listed>> {
        let listed = self.bucket.list();
        (self.listed)();
        listed
    }

    fn remove(&self, key: &str) -> io::Result<()> {
        self.bucket.remove(key)
    }
}

/// An owner with one event, whose log a process of another owner has closed. It does not know that yet.
fn closed_by_another() -> (MemoryBucket, BucketInbox<MemoryBucket>, BucketInbox<MemoryBucket>) {
    let bucket = MemoryBucket::default();
    let owner = open(&bucket, 1);
    owner.append(&event("c", b"first")).wait().unwrap();
    let mut hasty = settings(2);
    hasty.take_over_after = Duration::ZERO;
    let (other, _) = BucketInbox::open(bucket.clone(), hasty).unwrap();
    (bucket, owner, other)
}

#[test]
fn a_process_whose_log_another_owner_has_closed_is_superseded_by_one_of_its_own() {
    let (bucket, older, other) = closed_by_another();
    drop(other);
    let newer = open_again(&bucket);
    assert_eq!(older.append(&event("c", b"late")).wait(), Err(AppendError::Failed), "it meets what has closed its log");
    assert!(older.append(&event("c", b"later")).wait().is_err());
    assert!(older.health().is_superseded && !newer.health().is_superseded);
    newer.append(&event("c", b"new")).wait().unwrap();
    let bodies: BTreeSet<_> = read(&newer).into_values().map(|(_, body)| body).collect();
    assert_eq!(bodies, BTreeSet::from([b"first".to_vec(), b"new".to_vec()]));
}

/// Nothing but what has closed it is left in the log, and that says nothing of its owner.
#[test]
fn a_process_all_of_whose_log_another_owner_has_archived_is_superseded_by_one_of_its_own() {
    let (bucket, older, other) = closed_by_another();
    other.release(older.log(), "c", 1);
    drop(other);
    let log = older.log().to_string();
    let keys = || bucket.keys().into_iter().filter(|key| key.starts_with(&log)).count();
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    // The owner removes the object that its log has begun with, and the other has removed what was released.
    while keys() > 1 && std::time::Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(keys(), 1);
    let newer = open_again(&bucket);
    assert_eq!(older.append(&event("c", b"late")).wait(), Err(AppendError::Failed));
    assert!(older.append(&event("c", b"later")).wait().is_err());
    assert!(older.health().is_superseded && !newer.health().is_superseded);
}

/// The listing of the newer one does not show the log in which the older one goes on meanwhile.
#[test]
fn a_log_that_is_begun_while_another_process_starts_is_found_by_it() {
    let (bucket, older, other) = closed_by_another();
    drop(other);
    let older = Arc::new(older);
    let in_listing = Arc::clone(&older);
    let is_first = AtomicBool::new(true);
    let listed = Box::new(move || {
        if is_first.swap(false, Ordering::Relaxed) {
            assert_eq!(in_listing.append(&event("c", b"late")).wait(), Err(AppendError::Failed));
            in_listing.append(&event("c", b"later")).wait().unwrap();
        }
    });
    let (newer, _) = BucketInbox::open(Watched { bucket, listed }, settings(1)).unwrap();
    let found = newer.connections().into_keys().collect::<BTreeSet<_>>();
    assert!(found.len() == 2 && found.contains(&older.log()), "{found:?}");
    assert!(older.append(&event("c", b"last")).wait().is_err());
    assert!(older.health().is_superseded);
    newer.append(&event("c", b"new")).wait().unwrap();
}

/// By its clock the log of the newer one has ended, and it was not told yet that there is one.
#[test]
fn a_process_does_not_close_the_log_of_one_of_its_owner_that_has_started_later() {
    let bucket = MemoryBucket::default();
    let mut hasty = settings(1);
    hasty.take_over_after = Duration::ZERO;
    let looks = Arc::new(AtomicU64::new(0));
    let of_older = Arc::clone(&looks);
    let listed = Box::new(move || _ = of_older.fetch_add(1, Ordering::Relaxed));
    let (older, _) = BucketInbox::open(Watched { bucket: bucket.clone(), listed }, hasty).unwrap();
    let is_first = AtomicBool::new(true);
    let wait_for_looks = Box::new(move || {
        let (before, started) = (looks.load(Ordering::Relaxed), std::time::Instant::now());
        while is_first.load(Ordering::Relaxed)
            && looks.load(Ordering::Relaxed) < before + 3
            && started.elapsed() < Duration::from_secs(30)
        {
            std::thread::sleep(Duration::from_millis(10));
        }
        is_first.store(false, Ordering::Relaxed);
    });
    let (newer, _) = BucketInbox::open(Watched { bucket, listed: wait_for_looks }, settings(1)).unwrap();
    newer.append(&event("c", b"new")).wait().unwrap();
    assert!(older.append(&event("c", b"late")).wait().is_err());
    assert!(older.health().is_superseded && !newer.health().is_superseded);
}

/// A put for the log that it has left is late, and meets what this process has closed that log with itself.
#[test]
fn a_process_that_closes_a_log_that_it_has_left_is_not_superseded_by_itself() {
    let bucket = MemoryBucket::default();
    let holds = Arc::new([AtomicBool::new(true), AtomicBool::new(true)]);
    let of_rule = Arc::clone(&holds);
    // Puts: 0 begins the log, 1 is the first event, 2 the second, 3 and 4 are those of the other owner, 5 is the third event.
    let rule: Rule = Arc::new(move |number| {
        let hold = match number {
            2 => Some(&of_rule[0]),
            5 => Some(&of_rule[1]),
            _ => None,
        };
        while hold.is_some_and(|hold| hold.load(Ordering::Relaxed)) {
            std::thread::sleep(Duration::from_millis(1));
        }
        (Duration::ZERO, None)
    });
    let mut hasty = settings(1);
    hasty.take_over_after = Duration::ZERO;
    let (owner, _) = BucketInbox::open(bucket.with_rule(rule), hasty).unwrap();
    let wait_until = |is_so: &dyn Fn() -> bool| {
        let started = std::time::Instant::now();
        while !is_so() {
            assert!(started.elapsed() < Duration::from_secs(30));
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    let first = owner.append(&event("c", b"1")).wait().unwrap();
    let has = |number: u64| bucket.keys().contains(&format!("{}/{number:016}", first.log));
    let second = owner.append(&event("c", b"2"));
    wait_until(&|| bucket.puts().0 == 3);
    let mut of_other = settings(2);
    of_other.take_over_after = Duration::ZERO;
    drop(BucketInbox::open(bucket.clone(), of_other).unwrap());
    assert!(has(3), "it is closed");
    let third = owner.append(&event("c", b"3"));
    wait_until(&|| bucket.puts().0 == 6);
    let fourth = owner.append(&event("c", b"4"));
    wait_until(&|| has(5));
    holds[0].store(false, Ordering::Relaxed);
    assert_eq!((second.wait(), fourth.wait()), (Err(AppendError::Failed), Err(AppendError::Failed)));
    assert_ne!(owner.append(&event("c", b"5")).wait().unwrap().log, first.log);
    // It looks each second, and by its clock the log that it has left has ended.
    wait_until(&|| has(4));
    holds[1].store(false, Ordering::Relaxed);
    assert_eq!(third.wait(), Err(AppendError::Failed));
    owner.append(&event("c", b"6")).wait().unwrap();
    assert!(!owner.health().is_superseded);
}
