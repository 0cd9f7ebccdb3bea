//! What becomes of a connection that is deleted, and of its events.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::support::SECRET;
use crate::world::{HOUR, World};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_received_is_archived_and_not_synced() {
    let world = World::new();
    let connection = world.create("t", json!({"id_from": "json:/id"})).await;
    assert_eq!(world.deliver(&connection.endpoint, SECRET, r#"{"id": "1"}"#).await, 200);
    world.sync(&connection.id).await;
    // The last one is a repetition of what is in the table.
    for id in ["2", "3", "1"] {
        assert_eq!(world.deliver(&connection.endpoint, SECRET, &format!(r#"{{"id": "{id}"}}"#)).await, 200);
    }
    let answer = world.ask("DELETE", &connection.path, &Value::Null).await;
    let message = answer.body["message"].as_str().unwrap();
    assert_eq!(
        message,
        format!(
            "Connection with id '{}' has been deleted; 3 deliveries are archived and were not synced (repetitions of events that are in its \
             table are counted too)",
            connection.id
        )
    );
    assert_eq!(world.column("t", "id"), ["1"]);
    let archived = || {
        let folder = world.folder.path().join("store").join(format!("connection={}", connection.id));
        let days = std::fs::read_dir(folder).unwrap().map(|day| day.unwrap().path());
        days.flat_map(|day| std::fs::read_dir(day).unwrap()).count()
    };
    assert_eq!(archived(), 2);
    assert_eq!(world.collector.inbox.backlog_bytes(&connection.id), 0);
    // Its secrets are gone at once, and its objects as those of others are.
    let metadata = rusqlite::Connection::open(world.folder.path().join("metadata.db")).unwrap();
    let sealed: Option<Vec<u8>> =
        metadata.query_row("SELECT sealed FROM connections WHERE id = ?", [&connection.id], |row| row.get(0)).unwrap();
    assert_eq!(sealed, None);
    world.advance(29 * 24 * HOUR);
    world.syncer.retain_deleted().await.unwrap();
    assert_eq!(archived(), 2);
    world.advance(2 * 24 * HOUR);
    world.syncer.retain_deleted().await.unwrap();
    assert_eq!(archived(), 0);
    assert_eq!(world.column("t", "id"), ["1"]);
}

/// While senders send, the connection is changed, rotated, paused and at last deleted: whatever was answered with 200 is there.
#[tokio::test(flavor = "multi_thread")]
async fn changes_under_load_lose_nothing() {
    let world = Arc::new(World::new());
    let connection = Arc::new(world.create("t", json!({"id_from": "json:/id", "secrets": ["second"]})).await);
    let (is_over, accepted) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let senders: Vec<_> = (0..4)
        .map(|sender| {
            let (world, connection) = (Arc::clone(&world), Arc::clone(&connection));
            let (is_over, accepted) = (Arc::clone(&is_over), Arc::clone(&accepted));
            tokio::spawn(async move {
                for number in 0.. {
                    let body = format!(r#"{{"id": "{sender}-{number}"}}"#);
                    match world.deliver(&connection.endpoint, "second", &body).await {
                        200 => accepted.fetch_add(1, Ordering::Relaxed),
                        404 if is_over.load(Ordering::Relaxed) => return,
                        other => panic!("{other}"),
                    };
                }
            })
        })
        .collect();
    for round in 0..10 {
        let before = accepted.load(Ordering::Relaxed);
        for patch in [
            json!({"run_setup_tests": false, "config": {"auth_secret": format!("secret {round}")}}),
            json!({"run_setup_tests": false, "paused": round % 2 == 0, "config": {"rate_limit": 1_000_000 + round}}),
            json!({"run_setup_tests": false, "config": {"schema_policy": "evolve", "keep_headers": [format!("X-{round}")]}}),
        ] {
            assert_eq!(world.ask("PATCH", &connection.path, &patch).await.status, 200);
        }
        if round == 5 {
            let path = format!("{}/endpoint/rotate", connection.path);
            assert_eq!(world.ask("POST", &path, &Value::Null).await.status, 200);
        }
        while accepted.load(Ordering::Relaxed) < before + 20 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
    world.sync(&connection.id).await;
    let synced = world.column("t", "id").len() as u64;
    is_over.store(true, Ordering::Relaxed);
    let answer = world.ask("DELETE", &connection.path, &Value::Null).await;
    for sender in senders {
        sender.await.unwrap();
    }
    // Those that were being received while it was deleted may be archived later.
    world.syncer.archive(&connection.id).await.unwrap();
    let table = countersign_tables::Table::new("shop", "t", countersign_tables::Format::Unpacked);
    let uncommitted = world.syncer.uncommitted(&connection.id, &table).await.unwrap();
    assert_eq!(synced + uncommitted, accepted.load(Ordering::Relaxed), "{}", answer.body);
    assert_eq!(world.column("t", "id").len() as u64, synced);
}
