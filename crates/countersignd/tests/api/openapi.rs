//! The OpenAPI document: beside the names and types of the vendor's, and beside what is really answered.

use std::collections::BTreeSet;

use countersignd::api::openapi::document;
use serde_json::{Value, json};

use crate::world::{World, request};

fn vendor() -> Value {
    serde_json::from_str(include_str!("vendor.json")).unwrap()
}

fn schema<'a>(document: &'a Value, name: &str) -> &'a Value {
    let schema = &document["components"]["schemas"][name];
    assert!(schema.is_object(), "{name}");
    schema
}

/// Whether a schema allows a type.
fn allows(schema: &Value, kind: &str) -> bool {
    schema["type"] == kind || schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(|one| one == kind))
}

/// All fields that the vendor has are there, with its type or its values.
fn has_fields(schema: &Value, expected: &Value) {
    for (name, expected) in expected.as_object().unwrap() {
        let found = &schema["properties"][name];
        match expected {
            Value::Array(values) => {
                let found = found["enum"].as_array().unwrap_or_else(|| panic!("{name} has no values: {found}"));
                assert!(values.iter().all(|value| found.contains(value)), "{name}: {found:?}");
            }
            // What is never anything but null may be said to be null.
            kind => assert!(
                allows(found, kind.as_str().unwrap())
                    || *found == json!({"type": "null"})
                    || found.get("$ref").is_some(),
                "{name}: {found}"
            ),
        }
    }
}

#[test]
fn it_has_the_names_and_types_of_the_vendor() {
    let (document, vendor) = (document(), vendor());
    for (operation, status) in vendor["operations"].as_object().unwrap() {
        let (method, path) = operation.split_once(' ').unwrap();
        let plain = |path: &str| {
            path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect::<Vec<_>>().join("/")
        };
        let (_, found) = document["paths"].as_object().unwrap().iter().find(|(name, _)| plain(name) == path).unwrap();
        let responses = found[method.to_ascii_lowercase()]["responses"].as_object().unwrap();
        let success: Vec<_> = responses.keys().filter(|name| name.starts_with('2')).collect();
        assert_eq!(success, [&status.to_string()], "{operation}");
    }
    for (name, fields) in [
        ("NewConnection", "request"),
        ("ConnectionUpdate", "request"),
        ("NewConfig", "config"),
        ("ConfigUpdate", "config"),
        ("Connection", "connection"),
        ("Status", "status"),
    ] {
        has_fields(schema(&document, name), &vendor[fields]);
    }
    assert_eq!(schema(&document, "SetupTest")["properties"]["status"]["enum"], vendor["setup_test"]);
    assert_eq!(schema(&document, "NewConnection")["required"], json!(["group_id", "service", "config"]));
    assert_eq!(document["openapi"], "3.1.0");
}

/// Every field that the document lists for requests is read, and nothing else is.
#[tokio::test(flavor = "multi_thread")]
async fn what_it_lists_is_what_is_read() {
    let world = World::new();
    let document = document();
    for (schema_name, at) in [("NewConnection", ""), ("NewConfig", "config")] {
        for name in schema(&document, schema_name)["properties"].as_object().unwrap().keys() {
            let mut request = request("t", json!({}));
            let object = if at.is_empty() { &mut request } else { &mut request[at] };
            // Nothing is of this type; where it does not matter, the connection is made.
            object[name] = json!([[]]);
            let answer = world.ask("POST", "/v1/connections", &request).await;
            let message = answer.body["message"].as_str().unwrap();
            assert!(!message.contains("unknown field"), "{schema_name}.{name}: {message}");
            if answer.status == 201 {
                assert!(
                    ["schedule", "external_secrets_manager_id", "external_secrets_keys_config"]
                        .contains(&name.as_str()),
                    "{name}"
                );
                assert_eq!(world.ask("DELETE", &answer.created().path, &Value::Null).await.status, 200);
            }
        }
    }
}

/// Answers have the fields and types that the document promises, and no null where clients expect none.
#[tokio::test(flavor = "multi_thread")]
async fn answers_are_as_it_says() {
    let world = World::with_service_account("events@acme.iam.gserviceaccount.com");
    let vendor = vendor();
    let mut body = request("t", json!({}));
    body["run_setup_tests"] = true.into();
    let answers =
        [world.ask("POST", "/v1/connections", &body).await.body, world.get("/v1/connections?limit=1").await.body];
    let connections = [&answers[0]["data"], &answers[1]["data"]["items"][0]];
    let document = document();
    for connection in connections {
        fits(&document, schema(&document, "Connection"), connection, "");
        for (object, names) in [(connection, "never_null"), (&connection["config"], "config_never_null")] {
            for name in vendor[names].as_array().unwrap() {
                assert!(!object[name.as_str().unwrap()].is_null(), "{name}");
            }
        }
    }
    fits(&document, schema(&document, "ConnectionsAnswer"), &answers[1], "");
    fits(&document, schema(&document, "Refusal"), &world.get("/v1/connections/nobody").await.body, "");
    for (path, name) in [
        ("/v1/groups", "GroupsAnswer"),
        ("/v1/groups/default", "GroupAnswer"),
        ("/v1/users", "UsersAnswer"),
        ("/v1/account/info", "AccountAnswer"),
        ("/v1/groups/default/service-account", "ServiceAccountAnswer"),
    ] {
        fits(&document, schema(&document, name), &world.get(path).await.body, path);
    }
}

/// Whether a value fits a schema, of what this document uses of JSON Schema.
fn fits(document: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        return fits(document, self::schema(document, name), value, at);
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    assert!(allows(schema, kind), "{at}: {value} is {kind}, and allowed is {}", schema["type"]);
    if let Some(values) = schema["enum"].as_array() {
        assert!(values.contains(value), "{at}: {value}");
    }
    if let (Some(fields), Some(value)) = (schema["properties"].as_object(), value.as_object()) {
        let missing: BTreeSet<_> =
            schema["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap()).collect();
        for name in missing {
            assert!(value.contains_key(name), "{at}.{name} is missing");
        }
        for (name, schema) in fields {
            if let Some(value) = value.get(name) {
                fits(document, schema, value, &format!("{at}.{name}"));
            }
        }
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        for value in values {
            fits(document, items, value, &format!("{at}[]"));
        }
    }
}
