//! A store that never answers holds up nobody but its connection.

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use countersignd::archive::store::{Put, Store, StoreFuture};

use crate::store::SimStore;
use crate::world::World;

/// A store that never gives an object of connections whose ids begin with `silent`.
struct Silent(SimStore);

impl Store for Silent {
    fn put_once<'a>(&'a self, key: &'a str, object: Bytes) -> StoreFuture<'a, Put> {
        self.0.put_once(key, object)
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>> {
        if key.starts_with("connection=silent") { Box::pin(pending()) } else { self.0.get(key) }
    }

    fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>> {
        self.0.list(prefix)
    }

    fn remove<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()> {
        self.0.remove(key)
    }
}

/// Each connection receives an event, which is archived.
async fn receive(world: &World, ids: &[&str], body: &[u8]) {
    for id in ids {
        world.deliver(id, body).await;
        world.running().archiver.close(id).await.unwrap();
    }
}

async fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(20), "not within 20 seconds: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_store_that_never_answers_holds_up_no_other_connection() {
    // By their ids, the silent ones come first and last.
    const GOOD: [&str; 6] = ["silence", "sin", "sip", "sir", "sit", "six"];
    const SILENT: [&str; 2] = ["silent-1", "silent-2"];
    let ids = [&GOOD[..], &SILENT].concat();
    let world = World::new(&ids.iter().map(|id| (*id, "")).collect::<Vec<_>>());
    receive(&world, &ids, br#"{"n": 0}"#).await;
    let syncer = world.syncer_at(Arc::new(Silent(world.store().clone())));
    let running = tokio::spawn(Arc::clone(&syncer).run(Duration::from_millis(10)));
    let count = |id: &str| if world.has_table(id) { world.rows(id).len() } else { 0 };
    wait_for("all that are due and answered are synced", || GOOD.iter().all(|id| count(id) == 1)).await;

    // Those that somebody asks for too, also if the silent ones are asked for first, which are running.
    receive(&world, &GOOD, br#"{"n": 1}"#).await;
    for id in SILENT.iter().chain(&GOOD) {
        assert!(syncer.ask(id));
    }
    wait_for("all that are asked for and answered are synced", || GOOD.iter().all(|id| count(id) == 2)).await;
    for id in SILENT {
        assert!(syncer.is_syncing(id) && count(id) == 0, "{id}");
    }
    running.abort();
}

/// Whoever asks is told at once, and not after a sync that never comes; else what is asked for before the syncs run is done then.
#[tokio::test]
async fn a_process_that_only_receives_refuses_to_sync() {
    let world = World::new(&[("one", "")]);
    receive(&world, &["one"], br#"{"n": 0}"#).await;
    let syncer = world.syncer_at(Arc::new(world.store().clone()));
    assert!(syncer.ask("one"));
    let running = tokio::spawn(Arc::clone(&syncer).run(Duration::from_secs(3600)));
    wait_for("what was asked for is synced", || world.has_table("one") && world.rows("one").len() == 1).await;
    running.abort();
    syncer.set_receive_only();
    assert!(!syncer.ask("one") && !syncer.ask_resync("one"));
}
