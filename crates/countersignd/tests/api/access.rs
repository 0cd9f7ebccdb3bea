//! Who may do what.

use countersignd::audit::Actor;
use countersignd::keys::{NewKey, Scope};
use serde_json::{Value, json};

use crate::world::{World, request};

fn key(world: &World, scope: Scope, group: Option<&str>) -> String {
    let new = NewKey { scope, group: group.map(str::to_owned), expires_at: None };
    let issued = world.keys.create(new, &Actor::Owner, 0).unwrap();
    format!("{}:{}", issued.key, *issued.secret)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_sees_its_group_and_does_what_its_scope_says() {
    let world = World::new();
    let [manage, read, other] = [
        key(&world, Scope::Manage, Some("default")),
        key(&world, Scope::Read, None),
        key(&world, Scope::Manage, Some("other")),
    ];
    let body = request("t", json!({}));
    let refused = world.ask_as("nobody:x", "GET", "/v1/connections", &Value::Null).await;
    refused.refused(401, "Unauthorized");
    assert!(refused.headers["www-authenticate"].to_str().unwrap().starts_with("Basic realm="));
    world.ask_as(&read, "POST", "/v1/connections", &body).await.refused(403, "Forbidden");
    let message = world.ask_as(&other, "POST", "/v1/connections", &body).await.refused(400, "InvalidInput");
    assert!(message.contains("group_id"), "{message}");
    let created = world.ask_as(&manage, "POST", "/v1/connections", &body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.body["data"]["connected_by"], manage.split(':').next().unwrap());
    let path = created.created().path;

    assert_eq!(world.ask_as(&read, "GET", &path, &Value::Null).await.status, 200);
    for (method, path) in [
        ("GET", path.clone()),
        ("PATCH", path.clone()),
        ("DELETE", path.clone()),
        ("POST", format!("{path}/sync")),
        ("POST", format!("{path}/endpoint/rotate")),
    ] {
        let body = if method == "PATCH" { json!({"paused": true}) } else { Value::Null };
        world.ask_as(&other, method, &path, &body).await.refused(404, "NotFound_Connection");
        if method != "GET" {
            world.ask_as(&read, method, &path, &body).await.refused(403, "Forbidden");
        }
    }
    let items = async |key: &str, path: &str| {
        world.ask_as(key, "GET", path, &Value::Null).await.body["data"]["items"].as_array().unwrap().len()
    };
    for (key, expected) in [(&manage, 1), (&read, 1), (&other, 0)] {
        assert_eq!(items(key, "/v1/connections").await, expected);
        assert_eq!(items(key, "/v1/connections?group_id=default").await, expected);
        assert_eq!(items(key, "/v1/groups").await, expected);
    }
    for path in ["/v1/groups/default", "/v1/groups/default/service-account"] {
        world.ask_as(&other, "GET", path, &Value::Null).await.refused(404, "NotFound_Group");
    }
    assert_eq!(world.ask_as(&manage, "DELETE", &path, &Value::Null).await.status, 200);
    let audit = world.metadata.audited(None, None, 1).unwrap();
    assert_eq!(
        (audit[0].action.as_str(), audit[0].actor.as_str()),
        ("connection.delete", manage.split(':').next().unwrap())
    );
}
