//! Deliveries become rows, each once, whatever happens to table, archive and registry in between.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bodies;
#[path = "../archiving/buckets.rs"]
#[allow(dead_code, reason = "not all is for these tests")]
mod buckets;
mod comparison;
mod dead_letters;
mod encodings;
mod histories;
#[path = "../archiving/inboxes.rs"]
#[allow(dead_code, reason = "not all is for these tests")]
mod inboxes;
mod others;
mod outage;
mod presets;
#[path = "../archiving/quiet.rs"]
mod quiet;
mod recovered;
mod resync;
mod reverify;
mod slow_stores;
#[path = "../archiving/store.rs"]
#[allow(dead_code, reason = "faults are for the other test")]
mod store;
#[path = "../support/mod.rs"]
mod support;
/// What the tests of the tables know of bodies, and of what must be there afterwards.
#[path = "../../../countersign-tables/tests/tables"]
#[allow(dead_code, reason = "not all is for these tests")]
mod tables {
    pub(crate) mod contents;
    pub(crate) mod corpus;
    pub(crate) mod json;
    pub(crate) mod oracle;
    pub(crate) mod read;
}
mod why;
mod world;

use world::{DAY, HOUR, World};

/// What the rule of each connection makes of repetitions: `auto` with an id, `id`, `body`, `off`.
#[tokio::test]
async fn repetitions_are_as_the_connection_says() {
    let world = World::new(&[
        ("auto", r#""id_from": "json:/id""#),
        ("id", r#""id_from": "header:X-Id", "dedupe": "id""#),
        ("body", r#""dedupe": "body""#),
        ("off", r#""dedupe": "off", "id_from": "json:/id""#),
    ]);
    for (id, rows) in [("auto", 2), ("id", 3), ("body", 2), ("off", 3)] {
        // The same twice, and another body with the same id.
        for body in [r#"{"id": "1", "n": 1}"#, r#"{"id": "1", "n": 1}"#, r#"{"id": "1", "n": 2}"#] {
            world.deliver(id, body.as_bytes()).await;
        }
        let synced = world.sync(id).await.unwrap();
        assert_eq!((synced.events, synced.rows, synced.repetitions), (3, rows, 3 - rows), "{id}");
        assert_eq!(world.rows(id).len() as u64, rows, "{id}");
        // Again brings nothing, also after a restart.
        assert_eq!(world.sync(id).await.unwrap().events, 0);
    }
}

#[tokio::test]
async fn what_cannot_be_a_row_is_a_dead_letter_with_its_bytes() {
    let world = World::new(&[("one", r#""sync_format": "Unpacked""#)]);
    for body in [&b"not json"[..], b"{\"a\": 1, \"a\": 2}", b"[]", b"\xff\x00", b"{\"a\": \"\\ud800\"}", b""] {
        world.deliver("one", body).await;
    }
    world.deliver("one", br#"{"a": 1}"#).await;
    let synced = world.sync("one").await.unwrap();
    assert_eq!(synced.events, 7);
    assert_eq!(synced.rows + synced.dead_letters, 7, "{synced:?}");
    let letters = world.dead_letters("one");
    assert!(
        letters.contains(&b"{\"a\": 1, \"a\": 2}".to_vec()) && letters.contains(&b"\xff\x00".to_vec()),
        "{letters:?}"
    );
}

#[tokio::test]
async fn a_table_that_is_gone_or_older_is_filled_again() {
    let mut world = World::new(&[("one", "")]);
    for number in 0..5 {
        world.deliver("one", format!(r#"{{"n": {number}}}"#).as_bytes()).await;
    }
    world.sync("one").await.unwrap();
    let copy = world.copy_warehouse();
    world.deliver("one", br#"{"n": 5}"#).await;
    world.sync("one").await.unwrap();
    let all = world.rows("one");
    assert_eq!(all.len(), 6);

    world.execute("DROP TABLE one");
    world.sync("one").await.unwrap();
    assert_eq!(world.rows("one"), all);

    world.restart(|world| world.restore_warehouse(&copy));
    assert_eq!(world.rows("one").len(), 5);
    world.sync("one").await.unwrap();
    assert_eq!(world.rows("one"), all);

    world.restart(World::remove_warehouse);
    world.sync("one").await.unwrap();
    assert_eq!(world.rows("one"), all);
}

#[tokio::test]
async fn an_older_registry_loses_and_doubles_nothing() {
    let mut world = World::new(&[("one", "")]);
    world.deliver("one", br#"{"n": 0}"#).await;
    world.sync("one").await.unwrap();
    let copy = world.copy_metadata();
    for number in 1..4 {
        world.deliver("one", format!(r#"{{"n": {number}}}"#).as_bytes()).await;
        world.sync("one").await.unwrap();
    }
    world.restart(|world| {
        world.restore_metadata(&copy);
        world.remove_warehouse();
    });
    let comparison = world.running().syncer.check_archive().await.unwrap();
    assert_eq!((comparison.objects, comparison.damaged.len(), comparison.missing.len()), (4, 0, 0), "{comparison:?}");
    world.sync("one").await.unwrap();
    assert_eq!(world.rows("one").len(), 4);
}

#[tokio::test]
async fn syncs_are_at_their_times_and_a_failure_holds_up_nobody_else() {
    let world = World::new(&[("one", ""), ("two", ""), ("paused", ""), ("foreign", "")]);
    // Somebody else's table is where the fourth would be.
    world.execute(r#"CREATE TABLE "foreign" (x)"#);
    for id in ["one", "two", "paused", "foreign"] {
        world.deliver(id, br#"{"n": 0}"#).await;
    }
    let count = |id: &str| world.rows(id).len();
    world.running().syncer.sync_due().await;
    assert_eq!((count("one"), count("two")), (1, 1));
    assert!(!world.has_table("paused"));

    for id in ["one", "two", "foreign"] {
        world.deliver(id, br#"{"n": 1}"#).await;
    }
    world.running().syncer.sync_due().await;
    assert_eq!((count("one"), count("two")), (1, 1), "it was not due");
    // A day, in which the fourth is tried now and then.
    for _ in 0..24 {
        world.advance(HOUR);
        world.running().syncer.sync_due().await;
    }
    assert_eq!((count("one"), count("two")), (2, 2));
    world.execute(r#"DROP TABLE "foreign""#);
    world.advance(HOUR);
    world.running().syncer.sync_due().await;
    assert_eq!(count("foreign"), 2);
    // Who is paused is synced when somebody asks.
    world.sync("paused").await.unwrap();
    assert_eq!(count("paused"), 1);
}

#[tokio::test]
async fn objects_are_kept_as_long_as_is_said() {
    let mut world = World::new(&[("one", ""), ("two", "")]);
    for id in ["one", "two"] {
        world.deliver(id, br#"{"n": 0}"#).await;
    }
    world.sync("one").await.unwrap();
    world.restart(|_| {});
    world.running().archiver.close("two").await.unwrap();
    assert_eq!(world.objects(), 2);
    world.advance(29 * DAY);
    world.sync("one").await.unwrap();
    assert_eq!(world.objects(), 2);
    world.advance(2 * DAY);
    world.sync("one").await.unwrap();
    // What is not in a table stays, however old.
    assert_eq!(world.objects(), 1);
    world.sync("two").await.unwrap();
    assert_eq!((world.rows("two").len(), world.rows("one").len()), (1, 1));
    // After as long again the log is forgotten, and comes back by nothing.
    world.advance(31 * DAY);
    world.sync("one").await.unwrap();
    assert!(world.checkpoints("one").is_empty());
    world.restart(|_| {});
    world.sync("one").await.unwrap();
    assert_eq!(world.rows("one").len(), 1);
}

/// Whoever asks for a sync may be gone before its end. The next one is not told that it still runs.
#[tokio::test]
async fn a_sync_that_is_given_up_holds_up_no_other() {
    let world = World::new(&[("one", "")]);
    for number in 0..20 {
        world.deliver("one", format!(r#"{{"n": {number}}}"#).as_bytes()).await;
        let given_up = tokio::time::timeout(std::time::Duration::from_micros(number * 100), world.sync("one")).await;
        drop(given_up);
    }
    world.sync("one").await.unwrap();
    assert_eq!(world.rows("one").len(), 20);
}
