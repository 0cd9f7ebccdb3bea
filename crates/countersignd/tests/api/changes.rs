//! Changes of a connection: what they do to its senders, and what is shown of it.

use countersignd::sync::reverify::Reverify;
use serde_json::{Value, json};

use crate::support::SECRET;
use crate::world::{HOUR, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_change_counts_for_the_next_request() {
    let world = World::new();
    let connection = world.create("t", json!({"dedupe": "body"})).await;
    assert_eq!(world.deliver(&connection.endpoint, SECRET, "{}").await, 200);
    let patch = async |patch: Value| {
        let answer = world.ask("PATCH", &connection.path, &patch).await;
        assert_eq!(
            (answer.status, &answer.body["message"]),
            (200, &"Connection has been updated".into()),
            "{}",
            answer.body
        );
        answer.body["data"].clone()
    };
    let shown = patch(json!({"config": {"auth_secret": "another secret"}})).await;
    assert_eq!(shown["config"]["auth_secret"], "******");
    assert_eq!(world.deliver(&connection.endpoint, SECRET, "{}").await, 401);
    assert_eq!(world.deliver(&connection.endpoint, "another secret", "{}").await, 200);
    // What is shown can be sent back as it is.
    let shown = patch(json!({"config": shown["config"], "paused": true})).await;
    assert_eq!(world.deliver(&connection.endpoint, "another secret", "{}").await, 200);
    assert_eq!((&shown["paused"], &shown["status"]["sync_state"]), (&true.into(), &"paused".into()));
    // A secret is put beside the other, and both count.
    patch(json!({"config": {"secrets": [SECRET]}})).await;
    for secret in [SECRET, "another secret"] {
        assert_eq!(world.deliver(&connection.endpoint, secret, "{}").await, 200, "{secret}");
    }
    let shown =
        patch(json!({"config": {"secrets": ["******"], "auth_secret": "third"}, "sync_frequency": 15, "paused": null}))
            .await;
    assert_eq!((&shown["config"]["secrets"], &shown["sync_frequency"]), (&json!(["******"]), &15.into()));
    assert_eq!(shown["paused"], false);
    for (secret, status) in [(SECRET, 200), ("another secret", 401), ("third", 200)] {
        assert_eq!(world.deliver(&connection.endpoint, secret, "{}").await, status, "{secret}");
    }
    let shown = patch(json!({"config": {"secrets": null, "rate_limit": 1}})).await;
    assert!(shown["config"].get("secrets").is_none());
    assert_eq!(world.deliver(&connection.endpoint, SECRET, "{}").await, 401);
    assert_eq!(world.deliver(&connection.endpoint, "third", "{}").await, 200);
    assert_eq!(world.deliver(&connection.endpoint, "third", "{}").await, 429);
    // The number of the configuration grows with each, whatever the clock says, and the audit has a row of each.
    let stored = world.metadata.stored_connection(&connection.id).unwrap().unwrap();
    assert!(stored.configuration >= stored.created_at + 5);
    let audit = world.metadata.audited(Some(&connection.id), None, 100).unwrap();
    assert_eq!(audit.len(), 6);
    assert_eq!((audit[5].action.as_str(), audit[4].action.as_str()), ("connection.create", "connection.update"));
    assert_eq!(audit[4].fields, ["config.auth_secret"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_change_is_named_and_nothing_changes() {
    let world = World::new();
    let connection = world.create("t", json!({})).await;
    let before = world.get(&connection.path).await.body;
    for (patch, parts) in [
        (json!({}), ["Nothing would change", "run_setup_tests"]),
        (json!({"run_setup_tests": true, "trust_certificates": true}), ["Nothing would change", "trust_certificates"]),
        (json!({"config": {"schema": "other"}}), ["config.schema", "cannot change"]),
        (json!({"config": {"table": "other"}}), ["config.table", "cannot change"]),
        (json!({"group_id": "other"}), ["group_id", "cannot change"]),
        (json!({"service": "other"}), ["service", "cannot change"]),
        (json!({"config": {"endpoint": "other"}}), ["config.endpoint", "cannot change"]),
        (json!({"config": {"secrets": ["******"]}}), ["config.secrets[0]", "none is"]),
        (json!({"config": {"auth_secret": null}}), ["config.auth_secret", "needs a secret"]),
        (json!({"config": {"colour": "red"}}), ["config.colour", "unknown field"]),
        (json!({"paused": "yes", "run_setup_tests": false}), ["paused", "true or false"]),
        (json!({"paused": true, "run_setup_tests": "no"}), ["run_setup_tests", "true or false"]),
        (json!({"is_historical_sync": 1}), ["is_historical_sync", "true or false"]),
        (json!({"config": 7}), ["config", "an object"]),
    ] {
        let message = world.ask("PATCH", &connection.path, &patch).await.refused(400, "InvalidInput");
        assert!(parts.iter().all(|part| message.contains(part)), "{patch}: {message}");
    }
    assert_eq!(world.get(&connection.path).await.body, before);
    assert_eq!(world.deliver(&connection.endpoint, SECRET, "{}").await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_bucket_takes_out_the_fields_of_the_first() {
    let world = World::new();
    let s3 = json!({"bucket_service": "S3", "s3_bucket": "b", "s3_role_arn": "arn:aws:iam::1:role/secret-role"});
    let connection = world.create("t", s3).await;
    let patch = json!({"run_setup_tests": false, "config": {"bucket_service": "GCS", "gcs_bucket": "g"}});
    let answer = world.ask("PATCH", &connection.path, &patch).await;
    let config = &answer.body["data"]["config"];
    assert_eq!(
        (&config["s3_bucket"], &config["s3_role_arn"], &config["gcs_bucket"]),
        (&Value::Null, &Value::Null, &"g".into())
    );
    let stored = world.metadata.stored_connection(&connection.id).unwrap().unwrap();
    assert!(!stored.request.contains("s3_") && !stored.request.contains("secret-role"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_endpoint_of_before_works_for_a_while() {
    let world = World::new();
    let connection = world.create("t", json!({"dedupe": "off"})).await;
    let rotate = async |body: &Value| {
        let answer = world.ask("POST", &format!("{}/endpoint/rotate", connection.path), body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        (answer.created().endpoint, answer.body["data"]["source_sync_details"]["past_endpoint"].clone())
    };
    let (second, past) = rotate(&Value::Null).await;
    assert_eq!(past["endpoint"], connection.endpoint.as_str());
    for endpoint in [&connection.endpoint, &second] {
        assert_eq!(world.deliver(endpoint, SECRET, "{}").await, 200);
    }
    world.advance(24 * HOUR);
    assert_eq!(world.deliver(&connection.endpoint, SECRET, "{}").await, 404);
    assert_eq!(world.deliver(&second, SECRET, "{}").await, 200);
    assert_eq!(world.get(&connection.path).await.body["data"]["source_sync_details"]["past_endpoint"], Value::Null);
    // At once, and for a time that somebody says.
    let (third, past) = rotate(&json!({"grace_hours": 0})).await;
    assert_eq!((world.deliver(&second, SECRET, "{}").await, past), (404, Value::Null));
    let (fourth, _) = rotate(&json!({"grace_hours": 2})).await;
    world.advance(HOUR);
    assert_eq!(world.deliver(&third, SECRET, "{}").await, 200);
    world.advance(HOUR);
    assert_eq!(world.deliver(&third, SECRET, "{}").await, 404);
    assert_eq!(world.deliver(&fourth, SECRET, "{}").await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn until_its_authentication_is_stated_everything_is_refused() {
    let world = World::new();
    let incomplete = json!({"group_id": "default", "service": "webhooks", "config": {"schema": "shop", "table": "t", "auth_secret": SECRET}});
    let answer = world.ask("POST", "/v1/connections", &incomplete).await;
    assert_eq!(
        (answer.status, &answer.body["data"]["status"]["setup_state"]),
        (201, &"incomplete".into()),
        "{}",
        answer.body
    );
    let task = &answer.body["data"]["status"]["tasks"][0];
    assert!(task["message"].as_str().unwrap().contains("config.auth_method is missing"), "{task}");
    let connection = answer.created();
    assert_eq!(world.deliver(&connection.endpoint, SECRET, "{}").await, 401);
    assert_eq!(world.deliver_with(&connection.endpoint, &[], b"{}").await, 401);
    let answer = world.ask("PATCH", &connection.path, &json!({"config": {"auth_method": "TOKEN_BASED"}})).await;
    assert_eq!(answer.body["data"]["status"]["setup_state"], "connected", "{}", answer.body);
    assert_eq!(world.deliver_with(&connection.endpoint, &[("Authorization", SECRET)], b"{}").await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn setup_tests_are_run_and_a_table_of_somebody_else_is_found() {
    let world = World::new();
    let mut request = crate::world::request("theirs", json!({}));
    request.as_object_mut().unwrap().remove("run_setup_tests");
    let file = rusqlite::Connection::open(world.folder.path().join("warehouse/shop.db")).unwrap();
    file.execute_batch("CREATE TABLE theirs (x)").unwrap();
    let answer = world.ask("POST", "/v1/connections", &request).await;
    assert_eq!(
        (answer.status, &answer.body["data"]["status"]["setup_state"]),
        (201, &"broken".into()),
        "{}",
        answer.body
    );
    let failed: Vec<_> = answer.body["data"]["setup_tests"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|test| test["status"] == "FAILED")
        .collect();
    assert_eq!(failed.len(), 1);
    let connection = answer.created();
    // That is an alarm, also after a restart.
    let title = "Destination: the table is not there, or is one of countersignd".to_owned();
    let broken = [(connection.id.clone(), title)];
    assert_eq!(world.syncer.broken(), broken);
    assert_eq!(world.metadata.broken_setups().unwrap().into_iter().collect::<Vec<_>>(), broken);
    // It stays so until the tests pass.
    assert_eq!(world.get(&connection.path).await.body["data"]["status"]["setup_state"], "broken");
    file.execute_batch("DROP TABLE theirs").unwrap();
    let answer = world.ask("POST", &format!("{}/test", connection.path), &json!({"trust_certificates": true})).await;
    assert_eq!(
        (&answer.body["message"], &answer.body["data"]["status"]["setup_state"]),
        (&"Setup tests have been completed".into(), &"connected".into())
    );
    assert_eq!(world.get(&connection.path).await.body["data"]["setup_tests"].as_array().unwrap().len(), 7);
    assert!(world.syncer.broken().is_empty() && world.metadata.broken_setups().unwrap().is_empty());
    // Of one that is deleted there is no alarm.
    file.execute_batch("CREATE TABLE theirs (x)").unwrap();
    world.ask("POST", &format!("{}/test", connection.path), &Value::Null).await;
    assert_eq!(world.syncer.broken()[0].0, connection.id);
    // A schedule is changed without tests, and `config` with them, unless it is said.
    file.execute_batch("DROP TABLE theirs").unwrap();
    for (patch, is_broken) in [
        (json!({"paused": true}), true),
        (json!({"run_setup_tests": false, "config": {"rate_limit": 9}}), true),
        (json!({"config": {"rate_limit": 8}}), false),
    ] {
        assert_eq!(world.ask("PATCH", &connection.path, &patch).await.status, 200);
        assert_eq!(world.syncer.broken().is_empty(), !is_broken, "{patch}");
    }
    file.execute_batch("CREATE TABLE theirs (x)").unwrap();
    assert_eq!(
        world.ask("PATCH", &connection.path, &json!({"run_setup_tests": true, "paused": false})).await.status,
        200
    );
    assert_eq!(world.syncer.broken().len(), 1);
    assert_eq!(world.ask("DELETE", &connection.path, &Value::Null).await.status, 200);
    assert!(world.syncer.broken().is_empty());
}

/// What another version has stored and this one refuses is shown with what is wrong, and can be mended or deleted.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_is_shown_and_can_be_mended() {
    let world = World::new();
    let connections = [world.create("one", json!({})).await, world.create("two", json!({})).await];
    let metadata = rusqlite::Connection::open(world.folder.path().join("metadata.db")).unwrap();
    let tampered = "UPDATE connections SET request = replace(request, '\"schema\"', '\"colour\":\"red\",\"schema\"')";
    assert_eq!(metadata.execute(tampered, []).unwrap(), 2);
    let [one, two] = connections;
    assert_eq!(world.deliver(&one.endpoint, SECRET, "{}").await, 503);
    let shown = world.get("/v1/connections").await.body["data"]["items"][0].clone();
    assert_eq!((&shown["schema"], &shown["status"]["setup_state"]), (&"shop.one".into(), &"broken".into()), "{shown}");
    let task = shown["status"]["tasks"][0]["message"].as_str().unwrap();
    assert!(task.contains("config.colour: unknown field"), "{task}");
    let message = world.ask("PATCH", &one.path, &json!({"paused": true})).await.refused(400, "InvalidInput");
    assert!(message.contains("config.colour"), "{message}");
    let answer = world.ask("PATCH", &one.path, &json!({"config": {"colour": null}})).await;
    assert_eq!(answer.body["data"]["status"]["setup_state"], "connected", "{}", answer.body);
    assert_eq!(world.deliver(&one.endpoint, SECRET, "{}").await, 200);
    assert_eq!(world.ask("DELETE", &two.path, &Value::Null).await.status, 200);
    assert_eq!(world.get("/v1/connections").await.body["data"]["items"].as_array().unwrap().len(), 1);
}

/// A secret of before lets nobody in, and what it has signed can be verified again if it is kept.
#[tokio::test(flavor = "multi_thread")]
async fn secrets_of_before_are_kept_if_the_connection_says_so() {
    let world = World::new();
    for (table, config, authentic, gone) in
        [("kept", json!({"keep_past_secrets": true}), 2, 0), ("gone", json!({}), 1, 1)]
    {
        let connection = world.create(table, config).await;
        assert_eq!(world.deliver(&connection.endpoint, SECRET, r#"{"n": 1}"#).await, 200);
        let patch = json!({"run_setup_tests": false, "config": {"auth_secret": "the next one"}});
        assert_eq!(world.ask("PATCH", &connection.path, &patch).await.status, 200);
        assert_eq!(world.deliver(&connection.endpoint, SECRET, r#"{"n": 2}"#).await, 401);
        assert_eq!(world.deliver(&connection.endpoint, "the next one", r#"{"n": 2}"#).await, 200);
        // Another change does not forget it.
        assert_eq!(world.ask("PATCH", &connection.path, &json!({"paused": true})).await.status, 200);
        world.sync(&connection.id).await;
        let reverify = async || {
            let of = world.collector.connections.with_id(&connection.id).await.unwrap().unwrap();
            world.syncer.reverify(&of, Reverify::default(), |_| {}).await.unwrap()
        };
        let found = reverify().await;
        assert_eq!(
            (found.events, found.authentic, found.secret_gone, found.not_authentic),
            (2, authentic, gone, 0),
            "{table}"
        );
        let patch = json!({"config": {"keep_past_secrets": null}, "paused": false});
        let answer = world.ask("PATCH", &connection.path, &patch).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(reverify().await.secret_gone, 1);
    }
}
