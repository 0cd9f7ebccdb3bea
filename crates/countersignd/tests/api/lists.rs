//! Lists of connections, and those of the file beside the others.

use serde_json::{Value, json};

use crate::support::SECRET;
use crate::world::{Answer, World, request};

const ENDPOINT: &str = "00000000-0000-4000-8000-00000000000";

/// An entry of the file.
fn entry(number: u32) -> Value {
    let mut entry = request(&format!("of_file_{number}"), json!({}));
    entry["id"] = format!("of_file_{number}").into();
    entry["endpoint"] = format!("{ENDPOINT}{number}").into();
    entry
}

fn ids(answer: &Answer) -> Vec<String> {
    let items = answer.body["data"]["items"].as_array().unwrap();
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_each_connection_once() {
    let world = World::with_file(Some(&json!([entry(1), entry(2), entry(3)])));
    let mut expected = vec!["of_file_1".to_owned(), "of_file_2".to_owned(), "of_file_3".to_owned()];
    for number in 0..5 {
        expected.push(world.create(&format!("t{number}"), json!({})).await.id);
    }
    assert_eq!(ids(&world.get("/v1/connections").await), expected);
    for limit in [1, 2, 3, 4, 7, 8, 9] {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        for _ in 0..20 {
            let page = world.get(&format!("/v1/connections?limit={limit}{cursor}")).await;
            found.extend(ids(&page));
            match page.body["data"]["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(found, expected, "{limit}");
    }
    // What is deleted meanwhile is gone, and nothing else is.
    let first = world.get("/v1/connections?limit=4").await;
    assert_eq!(world.ask("DELETE", &format!("/v1/connections/{}", expected[3]), &Value::Null).await.status, 200);
    let cursor = first.body["data"]["next_cursor"].as_str().unwrap();
    assert_eq!(ids(&world.get(&format!("/v1/connections?cursor={cursor}")).await), expected[4..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_of_a_group_or_a_schema() {
    let world = World::new();
    let orders = world.create("orders", json!({})).await;
    let mut other = request("orders", json!({}));
    other["config"]["schema"] = "Other".into();
    let other = world.ask("POST", "/v1/connections", &other).await.created();
    for (query, expected) in [
        ("schema=shop", &[&orders.id][..]),
        ("schema=shop.orders", &[&orders.id]),
        ("schema=Other&group_id=default", &[&other.id]),
        ("schema=other", &[]),
        ("schema=shop.other", &[]),
        ("group_id=nobody", &[]),
        ("group_id=default", &[&orders.id, &other.id]),
    ] {
        let found = ids(&world.get(&format!("/v1/connections?{query}")).await);
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_of_the_file_are_shown_and_changed_there() {
    let world = World::with_file(Some(&json!([entry(1)])));
    let shown = world.get("/v1/connections/of_file_1").await.body["data"].clone();
    assert_eq!((&shown["schema"], &shown["config"]["auth_secret"]), (&"shop.of_file_1".into(), &"******".into()));
    assert_eq!(shown["config"]["endpoint"], format!("{ENDPOINT}1"));
    assert!(shown["connected_by"].as_str().unwrap().ends_with("connections.json"));
    for (method, path, body) in [
        ("PATCH", "/v1/connections/of_file_1", json!({"paused": true})),
        ("DELETE", "/v1/connections/of_file_1", Value::Null),
        ("POST", "/v1/connections/of_file_1/endpoint/rotate", Value::Null),
    ] {
        let message = world.ask(method, path, &body).await.refused(409, "Conflict");
        assert!(message.contains("connections.json") && message.contains("SIGHUP"), "{message}");
    }
    assert_eq!(world.deliver(&format!("{ENDPOINT}1"), SECRET, r#"{"n": 1}"#).await, 200);
    world.sync("of_file_1").await;
    assert_eq!(world.column("of_file_1", "n"), [Value::from(1)]);
    // Its table is taken, as those of the others are for the file.
    let message = world.ask("POST", "/v1/connections", &request("OF_FILE_1", json!({}))).await.refused(409, "Conflict");
    assert!(message.contains("of_file_1") && message.contains("of the file"), "{message}");
    let created = world.create("mine", json!({})).await;
    let file = world.collector.connections.file().unwrap().to_owned();
    let reload = |entry: Value| {
        std::fs::write(&file, json!([entry]).to_string()).unwrap();
        world.collector.connections.reload().map_err(|error| error.to_string())
    };
    for (field, value) in [("id", &created.id), ("endpoint", &created.endpoint)] {
        let mut entry = entry(2);
        entry[field] = value.as_str().into();
        let message = reload(entry).unwrap_err();
        assert!(message.contains(&format!("has this \"{field}\"")), "{message}");
    }
    let mut taken = entry(2);
    taken["config"]["table"] = "MINE".into();
    assert!(reload(taken).unwrap_err().contains(&created.id));
    assert_eq!(world.get("/v1/connections/of_file_1").await.status, 200);
    reload(entry(2)).unwrap();
    assert_eq!(world.get("/v1/connections/of_file_1").await.status, 404);
}
