//! When a connection is synced, and what is said of it.

use serde_json::{Value, json};

use crate::support::SECRET;
use crate::world::{Created, HOUR, World, request};

const MINUTE: i64 = HOUR / 60;

/// Creates a connection with these fields around `config`.
async fn create(world: &World, table: &str, fields: Value) -> Created {
    let mut request = request(table, json!({"dedupe": "off"}));
    request.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let answer = world.ask("POST", "/v1/connections", &request).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.created()
}

/// Delivers one event, lets the scheduler look, and says how many rows there are.
async fn rows_after_a_look(world: &World, connection: &Created, table: &str) -> usize {
    assert_eq!(world.deliver(&connection.endpoint, SECRET, r#"{"n": 1}"#).await, 200);
    world.syncer.sync_due().await;
    world.column(table, "_index").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_synced_as_often_as_it_says() {
    let world = World::new();
    let often = create(&world, "often", json!({"sync_frequency": 5})).await;
    assert_eq!(rows_after_a_look(&world, &often, "often").await, 1);
    assert_eq!(rows_after_a_look(&world, &often, "often").await, 1);
    world.advance(5 * MINUTE);
    assert_eq!(rows_after_a_look(&world, &often, "often").await, 3);
    // What a PATCH says counts from then on.
    assert_eq!(world.ask("PATCH", &often.path, &json!({"sync_frequency": 60})).await.status, 200);
    world.advance(59 * MINUTE);
    assert_eq!(rows_after_a_look(&world, &often, "often").await, 3);
    world.advance(MINUTE);
    assert_eq!(rows_after_a_look(&world, &often, "often").await, 5);
    // Once a day at its time, in UTC.
    let time = format!("{:02}:00", (world.collector.clock.unix_micros() / HOUR + 2) % 24);
    let patch = json!({"sync_frequency": 1440, "daily_sync_time": time});
    let shown = world.ask("PATCH", &often.path, &patch).await.body["data"].clone();
    assert_eq!((&shown["daily_sync_time"], &shown["status"]["warnings"]), (&time.into(), &warnings(&[])));
    world.advance(30 * MINUTE);
    assert_eq!(rows_after_a_look(&world, &often, "often").await, 5);
    world.advance(90 * MINUTE);
    assert_eq!(rows_after_a_look(&world, &often, "often").await, 7);
}

/// The warning that every connection of these tests has, and the others.
fn warnings(others: &[Value]) -> Value {
    let message = "Each delivery is an event of its own, also if its sender repeats one: config.id_from, or config.dedupe \"body\", would tell";
    let mut all = others.to_vec();
    all.push(json!({"code": "RepetitionsNotRecognised", "message": message, "details": {}}));
    all.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn paused_and_manual_ones_are_synced_on_demand_alone() {
    let world = World::new();
    for (table, fields) in [("paused", json!({"paused": true})), ("manual", json!({"schedule_type": "manual"}))] {
        let connection = create(&world, table, fields).await;
        for _ in 0..2 {
            assert_eq!(world.deliver(&connection.endpoint, SECRET, "{}").await, 200);
            world.syncer.sync_due().await;
            world.advance(7 * HOUR);
        }
        let shown = world.get(&connection.path).await.body["data"].clone();
        assert_eq!(shown["succeeded_at"], Value::Null);
        assert_eq!(shown["status"]["sync_state"], if table == "paused" { "paused" } else { "scheduled" });
        assert_eq!(shown["status"]["update_state"], "on_schedule");
        world.sync(&connection.id).await;
        assert_eq!(world.column(table, "_index").len(), 2);
        // And again once it is neither.
        assert_eq!(
            world.ask("PATCH", &connection.path, &json!({"paused": false, "schedule_type": "auto"})).await.status,
            200
        );
        world.advance(7 * HOUR);
        assert_eq!(rows_after_a_look(&world, &connection, table).await, 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_sync_is_a_delay_as_the_connection_says() {
    let world = World::new();
    for (number, (fields, minutes)) in [
        (json!({}), 60),
        (json!({"data_delay_sensitivity": "HIGH"}), 15),
        (json!({"data_delay_sensitivity": "LOW"}), 360),
        (json!({"data_delay_sensitivity": "CUSTOM", "data_delay_threshold": 7}), 7),
        (json!({"data_delay_sensitivity": "SYNC_FREQUENCY"}), 30),
    ]
    .into_iter()
    .enumerate()
    {
        let connection = create(&world, &format!("t{number}"), json!({"sync_frequency": 30})).await;
        assert_eq!(world.ask("PATCH", &connection.path, &json!({"paused": false})).await.status, 200);
        if fields != json!({}) {
            assert_eq!(world.ask("PATCH", &connection.path, &fields).await.status, 200);
        }
        let state = async || world.get(&connection.path).await.body["data"]["status"]["update_state"].clone();
        world.sync(&connection.id).await;
        world.advance((30 + minutes) * MINUTE - MINUTE / 2);
        assert_eq!(state().await, "on_schedule", "{fields}");
        world.advance(MINUTE);
        assert_eq!(state().await, "delayed", "{fields}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_fails_says_so_until_one_succeeds() {
    let world = World::new();
    let connection = create(&world, "theirs", json!({"paused": true})).await;
    let file = rusqlite::Connection::open(world.folder.path().join("warehouse/shop.db")).unwrap();
    file.execute_batch("CREATE TABLE theirs (x)").unwrap();
    assert_eq!(world.deliver(&connection.endpoint, SECRET, "{}").await, 200);
    world.sync(&connection.id).await;
    let shown = world.get(&connection.path).await.body["data"].clone();
    assert!(shown["failed_at"].is_string() && shown["succeeded_at"].is_null(), "{shown}");
    let task = shown["status"]["tasks"][0]["message"].as_str().unwrap();
    assert!(task.contains("The last sync has failed") && task.contains("theirs"), "{task}");
    assert_eq!(world.syncer.failing(), std::slice::from_ref(&connection.id));
    file.execute_batch("DROP TABLE theirs").unwrap();
    world.sync(&connection.id).await;
    assert!(world.syncer.failing().is_empty());
    let shown = world.get(&connection.path).await.body["data"].clone();
    assert_eq!((&shown["status"]["tasks"], &shown["status"]["is_historical_sync"]), (&json!([]), &false.into()));
    assert!(shown["failed_at"].is_string() && shown["succeeded_at"].is_string(), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resync_makes_rows_anew() {
    let world = World::new();
    let connection = create(&world, "t", json!({})).await;
    assert_eq!(world.deliver(&connection.endpoint, SECRET, r#"{"n": 1}"#).await, 200);
    world.sync(&connection.id).await;
    let file = rusqlite::Connection::open(world.folder.path().join("warehouse/shop.db")).unwrap();
    for (method, path, body) in [
        ("POST", format!("{}/resync", connection.path), json!({"scope": {"shop": ["t"]}})),
        ("POST", format!("{}/resync", connection.path), Value::Null),
        ("PATCH", connection.path.clone(), json!({"is_historical_sync": true})),
    ] {
        file.execute("UPDATE t SET n = 2", []).unwrap();
        let before = world.get(&connection.path).await.body["data"]["succeeded_at"].clone();
        let answer = world.ask(method, &path, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        while world.get(&connection.path).await.body["data"]["succeeded_at"] == before
            || world.syncer.is_syncing(&connection.id)
        {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        assert_eq!(world.column("t", "n"), [Value::from(1)]);
    }
}

/// A connection to which nothing was ever sent is synced without a table, and costs no load.
#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_get_no_table() {
    let world = World::new();
    let connection = create(&world, "silent", json!({})).await;
    world.syncer.sync_due().await;
    let shown = world.get(&connection.path).await.body["data"].clone();
    assert!(shown["succeeded_at"].is_string(), "{shown}");
    assert!(!world.folder.path().join("warehouse/shop.db").exists());
    assert_eq!(
        world.syncer.synced_at(&connection.id).unwrap(),
        world.metadata.synced_at().unwrap().get(&connection.id).copied()
    );
}
