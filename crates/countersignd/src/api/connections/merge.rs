//! How the body of a PATCH changes what is stored.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::request::{OF_ONE_REQUEST, refuse_masks};
use crate::api::answer::Refusal;

/// The fields of `config` that each value of `bucket_service` uses.
const BUCKETS: [(&str, &[&str]); 4] =
    [("Fivetran", &[]), ("S3", &["s3_bucket", "s3_role_arn"]), ("AZURE", &["blob_sas_url"]), ("GCS", &["gcs_bucket"])];

/// The fields of `config` in whose place `scheme` stands.
const BY_SCHEME: [&str; 6] =
    ["auth_method", "auth_header_key", "algorithm", "signature_encoding", "accept", "algorithm_header_key"];

/// Objects whose fields are changed one by one.
const OBJECTS: [&str; 3] = ["config", "connect_card_config", "destination_configuration"];

/// Changes a request body, which has its secrets, as a PATCH says: what is null is taken out, what is not named stays.
///
/// # Errors
/// If it changes what cannot change.
pub(super) fn merge(
    request: &mut Map<String, Value>,
    mut patch: Map<String, Value>,
    endpoint: Uuid,
) -> Result<(), Refusal> {
    for name in ["group_id", "service"] {
        refuse_change(name, patch.get(name), request.get(name))?;
    }
    let stored = request.get("config").and_then(Value::as_object).cloned().unwrap_or_default();
    refuse_masks(&mut patch, &stored)?;
    if let Some(Value::Object(config)) = patch.get_mut("config") {
        for name in ["schema", "table"] {
            refuse_change(&format!("config.{name}"), config.get(name), stored.get(name))?;
        }
        refuse_change("config.endpoint", config.remove("endpoint").as_ref(), Some(&endpoint.to_string().into()))?;
    }
    if let Some(Value::Object(config)) = request.get_mut("config") {
        drop_what_is_replaced(config, patch.get("config"));
    }
    for (name, value) in patch {
        if OF_ONE_REQUEST.contains(&name.as_str()) {
            continue;
        }
        match (value, request.get_mut(&name)) {
            (Value::Null, _) if name == "config" => {}
            (Value::Null, _) => drop(request.remove(&name)),
            (Value::Object(fields), Some(Value::Object(before))) if OBJECTS.contains(&name.as_str()) => {
                for (field, value) in fields {
                    if value.is_null() {
                        before.remove(&field);
                    } else {
                        before.insert(field, value);
                    }
                }
            }
            (value, _) => drop(request.insert(name, value)),
        }
    }
    Ok(())
}

/// Takes out what the changed fields of `config` make void.
fn drop_what_is_replaced(config: &mut Map<String, Value>, patch: Option<&Value>) {
    let service = patch.and_then(|patch| patch.get("bucket_service"));
    if let Some(service) = service.filter(|service| Some(*service) != config.get("bucket_service")) {
        let of_others = BUCKETS.iter().filter(|(name, _)| *name != service).flat_map(|(_, fields)| *fields);
        for field in of_others {
            config.remove(*field);
        }
    }
    if patch.and_then(|patch| patch.get("scheme")).is_some_and(|scheme| !scheme.is_null()) {
        for field in BY_SCHEME {
            config.remove(field);
        }
    }
}

fn refuse_change(name: &str, patch: Option<&Value>, stored: Option<&Value>) -> Result<(), Refusal> {
    if patch.is_none_or(|value| Some(value) == stored) {
        return Ok(());
    }
    Err(Refusal::invalid(format!(
        "{name}: it cannot change after creation; leave it out, or create another connection"
    )))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(stored: Value, patch: Value) -> Result<Value, String> {
        let (Value::Object(mut stored), Value::Object(patch)) = (stored, patch) else { panic!("no objects") };
        merge(&mut stored, patch, Uuid::nil()).map(|()| Value::Object(stored)).map_err(|refusal| refusal.message)
    }

    #[test]
    fn what_is_named_changes_and_the_rest_stays() {
        let stored = json!({"group_id": "g", "paused": false, "sync_frequency": 5, "connect_card_config": {"redirect_uri": "u"},
            "config": {"schema": "s", "table": "t", "auth_secret": "old", "dedupe": "off"}});
        let patch = json!({"paused": true, "sync_frequency": null, "run_setup_tests": false, "group_id": "g",
            "connect_card_config": {"hide_setup_guide": true},
            "config": {"schema": "s", "auth_secret": "******", "dedupe": null, "rate_limit": 9, "endpoint": Uuid::nil()}});
        let expected = json!({"group_id": "g", "paused": true, "connect_card_config": {"redirect_uri": "u", "hide_setup_guide": true},
            "config": {"schema": "s", "table": "t", "auth_secret": "old", "rate_limit": 9}});
        assert_eq!(merged(stored, patch), Ok(expected));
    }

    #[test]
    fn another_bucket_takes_the_fields_of_the_first_out() {
        let stored = json!({"config": {"bucket_service": "S3", "s3_bucket": "b", "s3_role_arn": "r"}});
        let patch = json!({"config": {"bucket_service": "GCS", "gcs_bucket": "g"}});
        assert_eq!(merged(stored.clone(), patch.clone()), Ok(patch));
        let same = json!({"config": {"bucket_service": "S3", "s3_bucket": "c"}});
        let expected = json!({"config": {"bucket_service": "S3", "s3_bucket": "c", "s3_role_arn": "r"}});
        assert_eq!(merged(stored, same), Ok(expected));
    }

    #[test]
    fn what_cannot_change_is_named() {
        let stored = json!({"group_id": "g", "service": "webhooks", "config": {"schema": "s", "table": "t"}});
        for (patch, name) in [
            (json!({"group_id": "h"}), "group_id"),
            (json!({"service": "s3"}), "service"),
            (json!({"config": {"schema": "S"}}), "config.schema"),
            (json!({"config": {"table": null}}), "config.table"),
            (json!({"config": {"endpoint": "other"}}), "config.endpoint"),
            (json!({"config": {"auth_secret": "******"}}), "config.auth_secret"),
        ] {
            let message = merged(stored.clone(), patch).unwrap_err();
            assert!(message.starts_with(&format!("{name}: ")), "{message}");
        }
    }
}
