//! Fields of a request: those that have an effect on deliveries and rows, and those that are kept and have none.

use serde_json::{Value, json};

use crate::support::SECRET;
use crate::world::{World, request, signed};

/// The seed's request with each of its fields.
fn whole() -> Value {
    json!({
        "group_id": "default", "service": "webhooks", "trust_certificates": true, "trust_fingerprints": true, "run_setup_tests": true,
        "paused": false, "pause_after_trial": true, "sync_frequency": 1440, "data_delay_sensitivity": "CUSTOM", "data_delay_threshold": 30,
        "daily_sync_time": "14:00", "schedule_type": "auto",
        "connect_card_config": {"redirect_uri": "https://example.com/done", "hide_setup_guide": true, "all_fields": true},
        "proxy_agent_id": "agent", "private_link_id": "link", "networking_method": "SshTunnel", "hybrid_deployment_agent_id": "hybrid",
        "destination_configuration": {"virtual_warehouse": "WAREHOUSE"}, "destination_schema_names": "SOURCE_NAMING",
        "schedule": {"schedule_type": "CRON", "cron": ["0 0 * * *"]}, "external_secrets_manager_id": "manager",
        "external_secrets_keys_config": {"auth_secret": "key"},
        "config": {"schema": "shop", "table": "orders", "auth_method": "HMAC", "auth_secret": SECRET, "auth_header_key": "X-Sign",
            "algorithm": "SHA_256", "signature_encoding": "HEXA_DECIMAL", "bucket_service": "Fivetran", "gcs_bucket": "gcs",
            "s3_bucket": "s3", "s3_role_arn": "arn:aws:iam::1:role/planted-role", "blob_sas_url": "https://a.example/c?sig=planted-sas",
            "sync_format": "Unpacked", "id_from": "json:/id"},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn each_field_of_the_seed_is_taken_returned_and_what_is_idle_is_warned_about() {
    let world = World::new();
    let answer = world.ask("POST", "/v1/connections", &whole()).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let shown = &answer.body["data"];
    for (name, value) in whole().as_object().unwrap() {
        match name.as_str() {
            "config" | "trust_certificates" | "trust_fingerprints" | "run_setup_tests" => {}
            _ => assert_eq!(shown[name], *value, "{name}"),
        }
    }
    for (name, value) in whole()["config"].as_object().unwrap() {
        let is_secret = ["auth_secret", "s3_role_arn", "blob_sas_url"].contains(&name.as_str());
        assert_eq!(shown["config"][name], if is_secret { "******".into() } else { value.clone() }, "{name}");
    }
    let warnings = shown["status"]["warnings"].as_array().unwrap();
    let warned: Vec<_> =
        warnings.iter().map(|warning| warning["message"].as_str().unwrap().split(':').next().unwrap()).collect();
    for name in [
        "pause_after_trial",
        "connect_card_config",
        "connect_card_config.all_fields",
        "proxy_agent_id",
        "private_link_id",
        "networking_method",
        "hybrid_deployment_agent_id",
        "destination_configuration",
        "schedule",
        "external_secrets_manager_id",
        "external_secrets_keys_config",
        "config.gcs_bucket",
        "config.s3_bucket",
        "config.s3_role_arn",
        "config.blob_sas_url",
    ] {
        assert!(warned.contains(&name), "{name}: {warned:?}");
    }
    assert_eq!(warned.len(), 15, "{warned:?}");
    assert_eq!(shown["setup_tests"].as_array().unwrap().len(), 7);
    // The header that it names, and names as the source has them.
    let connection = answer.created();
    let body = br#"{"id": "1", "camelCase": 7}"#;
    let (_, value) = signed(SECRET, body);
    assert_eq!(world.deliver_with(&connection.endpoint, &[("X-Sign", &value)], body).await, 200);
    world.sync(&connection.id).await;
    assert_eq!(world.column("orders", "camelCase"), [Value::from(7)]);
    // Nothing that is stored or shown has what is secret.
    let shown = world.get(&connection.path).await.body.to_string();
    let listed = world.get("/v1/connections").await.body.to_string();
    let stored = world.metadata.stored_connection(&connection.id).unwrap().unwrap();
    for secret in [SECRET, "planted-role", "planted-sas"] {
        assert!(![&shown, &listed, &stored.request].iter().any(|text| text.contains(secret)), "{secret}");
        assert!(memchr::memmem::find(&stored.sealed.clone().unwrap(), secret.as_bytes()).is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_says_the_usual_is_no_cause_for_a_warning() {
    let world = World::new();
    let mut request = request("t", json!({"id_from": "json:/id", "gcs_bucket": "", "s3_bucket": null}));
    let usual = json!({"pause_after_trial": false, "networking_method": "Directly", "data_delay_threshold": 0, "destination_configuration": {},
        "private_link_id": null, "connect_card_config": null, "daily_sync_time": null, "data_delay_sensitivity": "NORMAL"});
    request.as_object_mut().unwrap().extend(usual.as_object().unwrap().clone());
    let answer = world.ask("POST", "/v1/connections", &request).await;
    assert_eq!((answer.status, &answer.body["data"]["status"]["warnings"]), (201, &json!([])), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheme_takes_the_place_of_the_fields_for_hmac() {
    let world = World::new();
    let connection = world.create("t", json!({})).await;
    let patch = json!({"run_setup_tests": false, "config": {"scheme": "github"}});
    let answer = world.ask("PATCH", &connection.path, &patch).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["data"]["status"]["warnings"], json!([]));
    let body = br#"{"n": 1}"#;
    let (_, value) = signed(SECRET, body);
    assert_eq!(world.deliver_with(&connection.endpoint, &[("X-Fivetran-Hmac-Sign", &value)], body).await, 401);
    let signature = format!("sha256={value}");
    assert_eq!(world.deliver_with(&connection.endpoint, &[("X-Hub-Signature-256", &signature)], body).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn packed_rows_have_the_event_as_it_came() {
    let world = World::new();
    let connection = world.create("t", json!({"sync_format": "Packed", "dedupe": "body"})).await;
    assert_eq!(world.deliver(&connection.endpoint, SECRET, r#"{ "a" : 1 }"#).await, 200);
    world.sync(&connection.id).await;
    assert_eq!(world.column("t", "event"), [r#"{ "a" : 1 }"#]);
}
