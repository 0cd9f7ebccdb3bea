//! What of a connection has no effect here, or another one than whoever wrote it may expect.

use serde_json::{Map, Value, json};

use crate::connections::described::Described;

/// Fields that are stored and returned, and do nothing: which value of each does nothing anywhere, and why the others do nothing here.
const IDLE: [(&str, Option<&str>, &str); 9] = [
    ("pause_after_trial", Some("false"), "there is no trial period, so nothing is ever paused after one"),
    ("connect_card_config", None, "there are no connect cards: nobody is sent to a page of Fivetran"),
    ("proxy_agent_id", None, "senders call this service directly, so no agent is in between"),
    ("private_link_id", None, "senders call this service directly; private links are made by your cloud provider"),
    ("networking_method", Some("\"Directly\""), "senders call this service directly, whatever this says"),
    ("hybrid_deployment_agent_id", None, "this service runs where you have started it, without an agent"),
    ("destination_configuration", Some("{}"), "virtual_warehouse is for Snowflake, which is no destination here"),
    ("data_delay_threshold", Some("0"), "it is used with data_delay_sensitivity CUSTOM alone"),
    ("daily_sync_time", None, "it is used with sync_frequency 1440 alone"),
];

/// The warnings of a connection, whose request body is without secrets.
pub(super) fn warnings(request: &Map<String, Value>, described: &Described) -> Vec<Value> {
    let warning = |code: &str, message: String| json!({"code": code, "message": message, "details": {}});
    let idle = IDLE.iter().filter(|(field, none, _)| {
        let value = request.get(*field).map(Value::to_string);
        value.is_some_and(|value| Some(value.as_str()) != *none) && !is_used(field, request)
    });
    let mut warnings: Vec<_> =
        idle.map(|(field, _, why)| warning("FieldWithoutEffect", format!("{field}: {why}"))).collect();
    let idle =
        described.idle.iter().map(|idle| warning("FieldWithoutEffect", format!("{}: {}", idle.field, idle.message)));
    warnings.extend(idle);
    let config = request.get("config");
    let service = config.and_then(|config| config.get("bucket_service")?.as_str());
    let not_built = match service {
        Some("S3") if !cfg!(feature = "s3") => Some(("S3", "s3")),
        Some("AZURE") if !cfg!(feature = "azure") => Some(("AZURE", "azure")),
        Some("GCS") if !cfg!(feature = "gcs") => Some(("GCS", "gcs")),
        _ => None,
    };
    if let Some((service, feature)) = not_built {
        let message = format!(
            "config.bucket_service: this countersignd was built without {service} (--features {feature}); deliveries are archived in the own store"
        );
        warnings.push(warning("FieldWithoutEffect", message));
    }
    let has_role = config.is_some_and(|config| config.get("s3_role_arn").is_some());
    if cfg!(feature = "s3") && service == Some("S3") && !has_role {
        let message = "config.s3_role_arn: there is none, so the bucket is opened with the credentials of this service; the setup tests \
                       say whose they are";
        warnings.push(warning("ServiceCredentials", message.to_owned()));
    }
    if described.is_complete && !described.recognises_repetitions {
        let message = "Each delivery is an event of its own, also if its sender repeats one: config.id_from, or config.dedupe \
                       \"body\", would tell";
        warnings.push(warning("RepetitionsNotRecognised", message.to_owned()));
    }
    warnings
}

/// Whether another field makes use of one.
fn is_used(field: &str, request: &Map<String, Value>) -> bool {
    match field {
        "data_delay_threshold" => request.get("data_delay_sensitivity").is_some_and(|value| value == "CUSTOM"),
        "daily_sync_time" => request.get("sync_frequency").is_some_and(|value| *value == 1440),
        _ => false,
    }
}
