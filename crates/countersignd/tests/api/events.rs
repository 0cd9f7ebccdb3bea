//! What a connection has received, page by page.

use serde_json::{Value, json};

use crate::support::SECRET;
use crate::world::{HOUR, World};

#[tokio::test(flavor = "multi_thread")]
async fn each_event_is_listed_with_what_became_of_it() {
    let world = World::new();
    let connection = world.create("t", json!({"id_from": "json:/id"})).await;
    let list = async |query: &str| {
        let answer = world.get(&format!("{}/events{query}", connection.path)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["data"].clone()
    };
    let deliver = async |body: &str| assert_eq!(world.deliver(&connection.endpoint, SECRET, body).await, 200);
    assert_eq!(list("").await, json!({"items": []}));
    // In two objects: rows, a dead letter, several rows; and in the inbox.
    deliver(r#"{"id": "1"}"#).await;
    deliver("not json").await;
    world.sync(&connection.id).await;
    world.advance(HOUR);
    deliver(r#"[{"id": "2"}, {"id": "3"}]"#).await;
    deliver(r#"{"id": "1"}"#).await;
    world.sync(&connection.id).await;
    world.advance(HOUR);
    deliver(r#"{"id": "4"}"#).await;
    let all = list("").await;
    let shown = |data: &Value, field: &str| {
        data["items"].as_array().unwrap().iter().map(|item| item[field].clone()).collect::<Vec<_>>()
    };
    assert_eq!(shown(&all, "outcome"), ["row", "dead_letter", "row", "row", "waiting"]);
    assert_eq!(shown(&all, "rows"), [1, 0, 2, 1, 0]);
    assert_eq!(shown(&all, "is_archived"), [true, true, true, true, false]);
    assert_eq!(shown(&all, "sender_id"), [json!("1"), Value::Null, Value::Null, json!("1"), json!("4")]);
    assert_eq!((&all["items"][1]["dead_letters"], &all["items"][1]["body_bytes"]), (&json!(["not_json"]), &8.into()));
    assert!(all.get("next_cursor").is_none());
    let ids = shown(&all, "id");
    for limit in 1..=5 {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        for _ in 0..20 {
            let page = list(&format!("?limit={limit}{cursor}")).await;
            found.extend(shown(&page, "id"));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(found, ids, "{limit}");
    }
    for (query, expected) in [
        ("?outcome=row", &[0, 2, 3][..]),
        ("?outcome=dead_letter", &[1]),
        ("?outcome=waiting", &[4]),
        (&format!("?since={}", all["items"][2]["received_at"].as_str().unwrap()), &[2, 3, 4]),
        ("?since=2026-01-01&outcome=waiting", &[4]),
        ("?since=9000-01-01", &[]),
    ] {
        let expected: Vec<_> = expected.iter().map(|place| ids[*place].clone()).collect();
        assert_eq!(shown(&list(query).await, "id"), expected, "{query}");
    }
    for (query, part) in [
        ("?outcome=lost", "row, dead_letter, waiting"),
        ("?since=soon", "such as 2026-11-29"),
        ("?cursor=x", "next_cursor"),
        ("?cursor=00-1", "next_cursor"),
    ] {
        let answer = world.get(&format!("{}/events{query}", connection.path)).await;
        assert!(answer.refused(400, "InvalidInput").contains(part), "{query}");
    }
    world.get("/v1/connections/nobody/events").await.refused(404, "NotFound_Connection");
}
