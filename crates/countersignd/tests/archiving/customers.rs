//! Buckets of customers: one that is down or does not answer costs the others nothing, and objects stay readable where they were put.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use countersign_inbox::disk::sim::{Faults as DiskFaults, SimDisk};
use countersign_inbox::{Event, EventLog, Inbox, Settings};
use countersignd::archive::archiver::{Archiver, Limits};
use countersignd::archive::check::{Comparison, compare, compare_buckets};
use countersignd::archive::object::{decompress, digest};
use countersignd::archive::stores::{Choice, Stores};
use countersignd::clock::Clock;
use countersignd::head;
use countersignd::metadata::Metadata;
use countersignd::seal::{MasterKey, Sealer};
use countersignd::verdict::StoredVerdict;

use crate::buckets::{Named, SECRET, bucket};
use crate::store::{Faults, SimStore};

struct World {
    folder: tempfile::TempDir,
    named: Named,
    own: SimStore,
    now: Arc<AtomicI64>,
    inbox: Arc<dyn EventLog>,
    metadata: Arc<Metadata>,
    archiver: Arc<Archiver>,
    number: u64,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let metadata = Arc::new(Metadata::open(folder.path()).unwrap());
        let sealer = Sealer::new(&MasterKey::open(folder.path(), None, &metadata).unwrap());
        let (named, own) = (Named::default(), SimStore::new(1));
        let now = Arc::new(AtomicI64::new(1_700_000_000_000_000));
        let of_clock = Arc::clone(&now);
        let clock =
            Clock::of(move || UNIX_EPOCH + Duration::from_micros(of_clock.load(Ordering::Relaxed).cast_unsigned()));
        let (inbox, _) = Inbox::open(SimDisk::new(1, DiskFaults::default()), &Settings::default()).unwrap();
        let inbox: Arc<dyn EventLog> = Arc::new(inbox);
        let limits = Limits { object_bytes: 2000, object_age: Duration::from_secs(60), ..Limits::default() };
        let store = Arc::new(own.clone());
        let stores = Stores::with_buckets(store.clone(), Arc::clone(&metadata), sealer, Arc::new(named.clone()));
        let archiver = Archiver::open(Arc::clone(&inbox), store, Arc::clone(&metadata), clock, limits).unwrap();
        let archiver = Arc::new(archiver.with_stores(stores));
        Self { folder, named, own, now, inbox, metadata, archiver, number: 0 }
    }

    async fn receive(&mut self, connection: &str) {
        self.number += 1;
        let head = head::encode("POST", "/webhooks/1", None, [("content-type", &b"text/plain"[..])].into_iter());
        let verdict = StoredVerdict { algorithm: None, secret_index: None, configuration: 7 }.encode();
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.number.to_be_bytes());
        let received_at = self.now.load(Ordering::Relaxed);
        let body = &b"x".repeat(300);
        let event = Event { connection, id, received_at, verdict: &verdict, head: &head, body };
        self.inbox.append(&event).await.unwrap();
    }

    fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }

    fn places(&self) -> Vec<(String, String)> {
        let mut places: Vec<_> =
            self.metadata.places().unwrap().into_iter().map(|[store, connection, _]| (connection, store)).collect();
        places.sort();
        places
    }
}

#[tokio::test]
async fn a_bucket_that_is_down_for_an_hour_costs_the_others_nothing() {
    let mut world = World::new();
    world.named.set("theirs", bucket("down"));
    world.named.set("well", bucket("well"));
    let down = world.named.store("s3://down");
    let everything_fails = Faults { fails: 1000, ..Faults::default() };
    down.set_faults(everything_fails);
    for minute in 0..60 {
        for connection in ["theirs", "well", "ours"] {
            world.receive(connection).await;
        }
        world.pass(60);
        // What has come before the last minute is due.
        world.archiver.archive_due().await;
        if minute > 1 {
            for connection in ["well", "ours"] {
                let left = world.inbox.backlog_bytes(connection);
                assert!(left < 2000, "minute {minute}: {left} bytes of {connection} are left");
            }
        }
    }
    let tried = down.drawn()[0];
    assert!((10..200).contains(&tried), "the bucket was asked {tried} times");
    assert!(down.objects().is_empty() && world.inbox.backlog_bytes("theirs") > 60 * 300);
    // It comes back, and nobody starts anything again.
    down.set_faults(Faults::default());
    world.pass(400);
    world.archiver.archive_due().await;
    world.pass(400);
    world.archiver.archive_due().await;
    assert_eq!(world.inbox.backlog_bytes("theirs"), 0);
    assert!(!down.objects().is_empty());
}

#[tokio::test]
async fn a_bucket_that_does_not_answer_holds_up_no_other() {
    let mut world = World::new();
    world.named.set("theirs", bucket("silent"));
    world.named.is_silent.store(true, Ordering::Relaxed);
    let running = tokio::spawn(Arc::clone(&world.archiver).run(Duration::from_millis(5)));
    for _ in 0..20 {
        world.receive("theirs").await;
        world.receive("ours").await;
        world.pass(60);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let waited = async {
        while world.inbox.backlog_bytes("ours") > 0 {
            world.pass(60);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waited).await.expect("the own store goes on");
    assert!(world.inbox.backlog_bytes("theirs") > 0);
    running.abort();
}

#[tokio::test]
async fn objects_stay_where_they_were_put() {
    let mut world = World::new();
    for choice in [bucket("one"), bucket("two"), Choice::Own, bucket("two"), Choice::Gone] {
        world.named.set("theirs", choice);
        world.receive("theirs").await;
        world.archiver.close("theirs").await.unwrap();
    }
    let of = |store: &str| ("theirs".to_owned(), store.to_owned());
    assert_eq!(world.places(), [of("own"), of("s3://one"), of("s3://two"), of("s3://two"), of("s3://two")]);
    assert_eq!(world.named.store("s3://two").objects().len(), 3);
    assert_eq!(world.own.objects().len(), 1);
    // All are read where they are.
    for log in world.metadata.logs("theirs").unwrap().into_keys() {
        for object in world.metadata.objects("theirs", log, 0).unwrap() {
            let store = world.archiver.stores().named("theirs", &object.store).await.unwrap();
            let key = object.bounds.key();
            let found = store.get(&key).await.unwrap().unwrap();
            // The owner of a bucket may have no program that reads Zstandard.
            let (end, begin) = if object.store == "own" {
                (".ndjson.zst", &b"\x28\xb5\x2f\xfd"[..])
            } else {
                (".ndjson.gz", &b"\x1f\x8b"[..])
            };
            assert!(key.ends_with(end) && found.starts_with(begin), "{object:?}");
            assert_eq!(digest(&decompress(&found, 1 << 20).unwrap()), object.digest);
        }
        // Retention concerns the own store alone.
        let removable = world.metadata.removable("theirs", log, u64::MAX, i64::MAX).unwrap();
        assert_eq!(removable.iter().map(|object| object.store.as_str()).collect::<Vec<_>>(), ["own"]);
    }
    let key = world.named.store("s3://one").objects().into_keys().next().unwrap();
    world.named.store("s3://one").remove_planted(&key);
    let mut comparison = Comparison::default();
    compare_buckets(world.archiver.stores(), &world.metadata, 0, &mut comparison).await.unwrap();
    assert_eq!((comparison.objects, &comparison.missing[..]), (3, &[format!("s3://one/{key}")][..]));
    // A bucket that cannot be read is named.
    world.named.store("s3://two").set_dead(Some(""));
    let mut comparison = Comparison::default();
    compare_buckets(world.archiver.stores(), &world.metadata, 0, &mut comparison).await.unwrap();
    assert!(comparison.unreadable[0].starts_with("s3://two: "), "{comparison:?}");
    // What opens a bucket is in no file in plain text.
    for file in std::fs::read_dir(world.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()));
    }
}

/// What an object holds and how it is called is decided once, also if it is put elsewhere then.
#[tokio::test]
async fn an_object_that_was_decided_for_another_store_keeps_its_name() {
    for (before, after, end) in
        [(bucket("one"), Choice::Own, ".ndjson.gz"), (Choice::Own, bucket("one"), ".ndjson.zst")]
    {
        let mut world = World::new();
        let (own, one) = (world.own.clone(), world.named.store("s3://one"));
        let everything_fails = Faults { fails: 1000, ..Faults::default() };
        own.set_faults(everything_fails);
        one.set_faults(everything_fails);
        world.named.set("theirs", before);
        world.receive("theirs").await;
        world.archiver.close("theirs").await.unwrap_err();
        world.named.set("theirs", after);
        own.set_faults(Faults::default());
        one.set_faults(Faults::default());
        world.archiver.close("theirs").await.unwrap();
        let keys: Vec<_> = own.objects().into_keys().chain(one.objects().into_keys()).collect();
        assert!(keys.len() == 1 && keys[0].ends_with(end), "{keys:?}");
        let registered = world.metadata.places().unwrap();
        assert_eq!(registered.len(), 1);
        assert_eq!(registered[0][2], keys[0]);
        // A comparison after the registry was lost finds it again.
        let folder = tempfile::tempdir().unwrap();
        let metadata = Arc::new(Metadata::open(folder.path()).unwrap());
        let comparison = compare(&own, &metadata, 0).await.unwrap();
        assert_eq!(comparison.entered.len(), own.objects().len());
    }
}

/// All that the inbox held was archived and released, and then the machine is lost.
#[tokio::test]
async fn objects_are_found_with_metadata_from_before_the_first() {
    let mut world = World::new();
    world.named.set("theirs", bucket("theirs"));
    world.receive("theirs").await;
    world.archiver.close("theirs").await.unwrap();
    let older = tempfile::tempdir().unwrap();
    let metadata = Arc::new(Metadata::open(older.path()).unwrap());
    let sealer = Sealer::new(&MasterKey::open(older.path(), None, &metadata).unwrap());
    let own = Arc::new(world.own.clone());
    let stores = Stores::with_buckets(own, Arc::clone(&metadata), sealer, Arc::new(world.named.clone()));
    let mut comparison = Comparison::default();
    compare_buckets(&stores, &metadata, 0, &mut comparison).await.unwrap();
    let key = world.named.store("s3://theirs").objects().into_keys().next().unwrap();
    assert_eq!(comparison.entered, [format!("s3://theirs/{key}")]);
}

/// It is named, the others are compared, and what comes behind it in its log waits: a sync would take it for passed.
#[tokio::test]
async fn an_object_that_is_listed_and_not_given_hinders_no_other() {
    let mut world = World::new();
    for connection in ["theirs", "well", "ours"] {
        if connection != "ours" {
            world.named.set(connection, bucket(connection));
        }
        for _ in 0..3 {
            world.receive(connection).await;
            world.archiver.close(connection).await.unwrap();
        }
    }
    let older = tempfile::tempdir().unwrap();
    let metadata = Arc::new(Metadata::open(older.path()).unwrap());
    let sealer = Sealer::new(&MasterKey::open(older.path(), None, &metadata).unwrap());
    let own = Arc::new(world.own.clone());
    let stores = Stores::with_buckets(own, Arc::clone(&metadata), sealer, Arc::new(world.named.clone()));
    let compare_all = async || {
        let mut comparison = compare(&world.own, &metadata, 0).await.unwrap();
        compare_buckets(&stores, &metadata, 0, &mut comparison).await.unwrap();
        comparison
    };
    // In the order of their seqs, which have the same number of digits.
    let keys = |store: &SimStore| store.objects().into_keys().collect::<Vec<_>>();
    let (theirs, ours) = (keys(&world.named.store("s3://theirs")), keys(&world.own));
    let refused: [&'static str; 2] = [&theirs[1], &ours[0]].map(|key| &*key.clone().leak());
    world.named.store("s3://theirs").set_dead(Some(refused[0]));
    world.own.set_dead(Some(refused[1]));
    let comparison = compare_all().await;
    let unreadable: Vec<_> = comparison.unreadable_objects.iter().map(|one| one.split_once(": ").unwrap()).collect();
    assert_eq!(
        unreadable.iter().map(|(key, _)| *key).collect::<Vec<_>>(),
        [&ours[0], &format!("s3://theirs/{}", theirs[1])]
    );
    assert!(unreadable.iter().all(|(_, why)| why.contains("the simulated store fails")), "{comparison:?}");
    assert_eq!((comparison.objects, comparison.held_back, comparison.is_partial()), (9, 3, true), "{comparison:?}");
    // The first of theirs, and all of the one that is well.
    assert_eq!(comparison.entered.len(), 4, "{comparison:?}");
    assert_eq!(metadata.keys_in("s3://theirs", "theirs").unwrap(), [&*theirs[0]]);
    world.named.store("s3://theirs").set_dead(None);
    world.own.set_dead(None);
    let comparison = compare_all().await;
    assert_eq!((comparison.entered.len(), comparison.held_back, comparison.is_partial()), (5, 0, false));
    assert_eq!(metadata.places().unwrap().len(), 9);
}
