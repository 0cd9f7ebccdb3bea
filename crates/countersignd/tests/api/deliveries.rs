//! From a connection that is created to the row of its first event.

use serde_json::{Value, json};

use crate::support::SECRET;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_delivered_to_a_created_connection_becomes_a_row() {
    let world = World::new();
    let connection = world.create("orders", json!({"id_from": "json:/id"})).await;
    assert_eq!(world.deliver(&connection.endpoint, SECRET, r#"{"id": "1", "total": 7}"#).await, 200);
    // Repeated, forged, and to nobody.
    assert_eq!(world.deliver(&connection.endpoint, SECRET, r#"{"id": "1", "total": 7}"#).await, 200);
    assert_eq!(world.deliver(&connection.endpoint, "another", r#"{"id": "2", "total": 8}"#).await, 401);
    assert_eq!(world.deliver("3f1f6f2e-7f0b-4c6e-9d3b-1c5a9e1f2a3b", SECRET, "{}").await, 404);
    world.sync(&connection.id).await;
    assert_eq!(world.column("orders", "total"), [Value::from(7)]);
    let shown = world.get(&connection.path).await.body["data"].clone();
    assert_eq!(shown["status"]["is_historical_sync"], false);
    assert!(shown["succeeded_at"].as_str().unwrap().ends_with('Z') && shown["failed_at"].is_null(), "{shown}");

    let deleted = world.ask("DELETE", &connection.path, &Value::Null).await;
    assert_eq!(deleted.status, 200);
    assert_eq!(
        world.get(&connection.path).await.refused(404, "NotFound_Connection"),
        format!("Cannot find connection with id '{}'", connection.id)
    );
    assert_eq!(world.deliver(&connection.endpoint, SECRET, r#"{"id": "3"}"#).await, 404);
    assert_eq!(world.column("orders", "total"), [Value::from(7)]);
}
