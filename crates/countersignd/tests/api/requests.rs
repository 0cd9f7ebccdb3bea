//! What a request may look like, and what is wrong with others.

use serde_json::{Value, json};

use crate::support::SECRET;
use crate::world::{World, request};

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A request body with another value at a path such as `config.table`; none takes it out.
fn with(path: &str, value: Option<Value>) -> Value {
    let mut request = request("t", json!({}));
    let (object, field) = match path.split_once('.') {
        Some((object, field)) => (&mut request[object], field),
        None => (&mut request, path),
    };
    match value {
        Some(value) => object[field] = value,
        None => drop(object.as_object_mut().unwrap().remove(field)),
    }
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_names_the_field_and_what_is_allowed() {
    let world = World::new();
    for (path, value, parts) in [
        ("group_id", None, &["group_id", "missing"][..]),
        ("group_id", Some(json!("nobody")), &["group_id", "'nobody'", "default"]),
        ("service", None, &["service", "missing"]),
        ("service", Some(json!("s3")), &["service", "webhooks"]),
        ("config", None, &["config", "missing"]),
        ("config.schema", None, &["schema", "missing"]),
        ("config.table", None, &["table", "missing"]),
        ("config.table", Some(json!("sqlite_x")), &["sqlite_"]),
        ("config.table", Some(json!(7)), &["config.table", "a text"]),
        ("config.auth_method", Some(json!("hmac")), &["config.auth_method", "HMAC, TOKEN_BASED, NONE"]),
        ("config.algorithm", Some(json!("SHA256")), &["config.algorithm", "SHA_512", "did you mean \"SHA_256\"?"]),
        ("config.auth_secret", None, &["config.auth_secret", "needs a secret"]),
        ("config.auth_secret", Some(json!("******")), &["config.auth_secret", "none is"]),
        ("config.auth_secert", Some(json!("x")), &["config.auth_secert", "did you mean \"auth_secret\"?"]),
        ("config.sync_format", Some(json!("packed")), &["config.sync_format", "Unpacked, Packed"]),
        ("config.bucket_service", Some(json!("S3")), &["s3_bucket", "S3 requires it"]),
        ("config.dedupe", Some(json!("never")), &["\"dedupe\"", "`auto`, `id`, `body`, `off`"]),
        ("config.rate_limit", Some(json!(0)), &["rate_limit", "at least 1"]),
        ("config.endpoint", Some(json!("x")), &["config.endpoint", "unknown field"]),
        ("sync_frequency", Some(json!(7)), &["sync_frequency", "1, 5, 15, 30, 60"]),
        ("daily_sync_time", Some(json!("24:00")), &["daily_sync_time", "\"14:00\""]),
        ("run_setup_tests", Some(json!("no")), &["run_setup_tests", "true or false"]),
        ("schedule_type", Some(json!("AUTO")), &["schedule_type", "auto, manual"]),
        ("paused_", Some(json!(true)), &["paused_", "did you mean \"paused\"?"]),
    ] {
        let answer = world.ask("POST", "/v1/connections", &with(path, value)).await;
        let message = answer.refused(400, "InvalidInput");
        assert!(parts.iter().all(|part| message.contains(part)), "{path}: {message}");
        assert!(!message.contains(SECRET) && !message.contains("line "), "{message}");
    }
    // None of them was made.
    assert_eq!(world.get("/v1/connections").await.body["data"]["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_and_media_types() {
    let world = World::new();
    let body = request("t", json!({})).to_string();
    let create = async |headers: &[(&str, &str)], body: &str| {
        world.ask_with("POST", "/v1/connections", headers, body.as_bytes()).await
    };
    for (headers, body, status, part) in [
        (&[][..], &*body, 415, "Content-Type"),
        (&[("Content-Type", "text/plain")], &body, 415, "application/json"),
        (&[JSON, ("Accept", "text/html")], &body, 406, "Accept"),
        (&[JSON], "", 400, "empty"),
        (&[JSON], "{", 400, "no valid JSON"),
        (&[JSON], "[]", 400, "a JSON object"),
        (&[JSON], r#"{"service": "webhooks", "service": "webhooks"}"#, 400, "\"service\" stands twice"),
        (&[JSON], &" ".repeat(2 << 20), 413, "1048576"),
    ] {
        let answer = create(headers, body).await;
        let message = answer.body["message"].as_str().unwrap();
        assert!(answer.status == status && message.contains(part), "{status} {}: {message}", answer.status);
    }
    for accept in ["application/json;version=2", "*/*", "text/html, application/*;q=0.5", ""] {
        assert_eq!(world.ask_with("GET", "/v1/connections/", &[("Accept", accept)], b"").await.status, 200, "{accept}");
    }
    let created = create(&[("Content-Type", "Application/JSON; charset=utf-8")], &body).await;
    assert_eq!(created.status, 201);
    // An empty body with a media type, as the vendor's client sends it.
    let path = created.created().path;
    assert_eq!(world.ask_with("POST", &format!("{path}/sync"), &[JSON], b"").await.status, 200);
    assert_eq!(world.ask_with("POST", &format!("{path}/force/"), &[], b" ").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_methods_and_queries() {
    let world = World::new();
    assert!(world.get("/v1/nothing").await.refused(404, "NotFound").contains("HTTP 404 Not Found"));
    assert_eq!(world.get("/v2").await.refused(404, "NotFound"), world.get("/v1/a/b/c").await.refused(404, "NotFound"));
    let wrong = world.ask("PUT", "/v1/connections", &Value::Null).await;
    assert!(wrong.refused(405, "MethodNotAllowed").contains("POST, GET"));
    assert_eq!(wrong.headers["allow"], "POST, GET");
    for (path, parts) in [
        ("/v1/connections?limit=0", ["limit", "1 to 1000"]),
        ("/v1/connections?limit=1001", ["limit", "1 to 1000"]),
        ("/v1/connections?cursor=x", ["cursor", "next_cursor"]),
        ("/v1/connections?group=default", ["'group'", "group_id, schema, cursor, limit"]),
        ("/v1/groups?limit=a", ["limit", "1 to 1000"]),
    ] {
        let message = world.get(path).await.refused(400, "InvalidInput");
        assert!(parts.iter().all(|part| message.contains(part)), "{path}: {message}");
    }
    for (method, path) in [
        ("GET", "/v1/connections/nobody"),
        ("PATCH", "/v1/connections/nobody"),
        ("DELETE", "/v1/connectors/nobody"),
        ("POST", "/v1/connections/nobody/sync"),
        ("POST", "/v1/connections/nobody/resync"),
        ("POST", "/v1/connections/nobody/test"),
        ("POST", "/v1/connections/nobody/endpoint/rotate"),
    ] {
        let body = if method == "PATCH" { json!({"paused": true}) } else { Value::Null };
        let message = world.ask(method, path, &body).await.refused(404, "NotFound_Connection");
        assert_eq!(message, "Cannot find connection with id 'nobody'");
    }
    let create = world.create("t", json!({})).await;
    for (path, body, parts) in [
        ("sync", json!({"forced": true}), ["forced", "force"]),
        ("sync", json!({"force": "yes"}), ["force", "true or false"]),
        ("resync", json!({"scope": {}}), ["scope", r#"{"shop":["t"]}"#]),
        ("resync", json!({"scope": {"shop": ["u"]}}), ["scope", r#"{"shop":["t"]}"#]),
        ("endpoint/rotate", json!({"grace_hours": -1}), ["grace_hours", "0 to 8784"]),
        ("endpoint/rotate", json!({"grace": 1}), ["grace", "grace_hours"]),
        ("test", json!({"trust_certificates": 1}), ["trust_certificates", "true or false"]),
    ] {
        let answer = world.ask("POST", &format!("{}/{path}", create.path), &body).await;
        let message = answer.refused(400, "InvalidInput");
        assert!(parts.iter().all(|part| message.contains(part)), "{path}: {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_has_one_connection() {
    let world = World::new();
    let first = world.create("orders", json!({})).await;
    let other = with("config.table", Some(json!("ORDERS")));
    let message = world.ask("POST", "/v1/connections", &other).await.refused(409, "Conflict");
    assert!(message.contains("config.table") && message.contains(&first.id), "{message}");
    // It is free once that one is deleted.
    assert_eq!(world.ask("DELETE", &first.path, &Value::Null).await.status, 200);
    assert_eq!(world.ask("POST", "/v1/connections", &other).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_and_whoever_asks() {
    let world = World::new();
    let groups = world.get("/v1/groups").await.body;
    assert_eq!(groups["data"]["items"][0]["id"], "default");
    assert_eq!(world.get("/v1/groups/default").await.body["data"]["name"], "default");
    world.get("/v1/groups/other").await.refused(404, "NotFound_Group");
    world.get("/v1/groups/other/connections").await.refused(404, "NotFound_Group");
    world.get("/v1/groups/other/service-account").await.refused(404, "NotFound_Group");
    world.create("t", json!({})).await;
    let of_group = world.get("/v1/groups/default/connectors/").await.body;
    assert_eq!(of_group["data"]["items"].as_array().unwrap().len(), 1);
    assert_eq!(world.get("/v1/users").await.body["data"]["items"][0]["id"], "control socket");
    assert_eq!(world.get("/v1/account/info").await.body["code"], "Success");
}
