//! How a connection is shown.

use countersign::connection::{DataDelaySensitivity, Request};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Api;
use super::answer::Refusal;
use super::warnings::warnings;
use crate::connections::described::Described;
use crate::metadata::{StoredConnection, SyncOutcome};
use crate::source::stored::StoredError;

/// Which request and answer this is; there is one.
const SERVICE_VERSION: u32 = 1;

const MINUTE: i64 = 60_000_000;

/// A connection that is to be shown.
pub(super) struct Shown {
    pub(super) id: String,
    pub(super) group: String,
    pub(super) endpoint: Uuid,
    pub(super) past_endpoint: Option<(Uuid, i64)>,
    /// The request body without secrets.
    pub(super) request: Map<String, Value>,
    pub(super) created_at: i64,
    pub(super) created_by: String,
    /// What the last setup tests have found; an empty list without.
    pub(super) setup_tests: Value,
    /// What that says.
    pub(super) described: Described,
}

impl Shown {
    fn text(&self, name: &str) -> Value {
        self.request.get(name).cloned().unwrap_or(Value::Null)
    }

    fn or(&self, name: &str, default: impl Into<Value>) -> Value {
        self.request.get(name).cloned().unwrap_or_else(|| default.into())
    }

    /// What the trust policy of the role must ask for, if its bucket is opened with a role.
    fn external_id(&self) -> Option<&str> {
        let config = self.request.get("config")?;
        let has_role = config.get("bucket_service")? == "S3" && config.get("s3_role_arn").is_some();
        has_role.then_some(&*self.group)
    }

    /// All fields of the request's `config`, those of the seed also if they were not stated.
    fn config(&self) -> Value {
        let stated = self.request.get("config").and_then(Value::as_object).cloned().unwrap_or_default();
        // Clients rely on these never being null.
        let defaults = [
            ("algorithm", "SHA_256"),
            ("signature_encoding", "BASE64"),
            ("bucket_service", "Fivetran"),
            ("sync_format", "Unpacked"),
            ("gcs_bucket", ""),
        ];
        let mut config: Map<_, _> = defaults.map(|(name, value)| (name.to_owned(), value.into())).into_iter().collect();
        for name in ["auth_method", "auth_secret", "auth_header_key", "s3_bucket", "s3_role_arn", "blob_sas_url"] {
            config.insert(name.to_owned(), Value::Null);
        }
        config.extend(stated);
        config.insert("endpoint".to_owned(), self.endpoint.to_string().into());
        Value::Object(config)
    }
}

impl Api {
    /// A stored connection.
    pub(super) fn shown(&self, stored: StoredConnection) -> Result<Shown, Refusal> {
        let StoredConnection { id, group, endpoint, past_endpoint, created_at, created_by, request, .. } = stored;
        let setup_tests = stored.setup_tests.and_then(|tests| serde_json::from_str(&tests).ok());
        let described = Described::read_stored(&request).map_err(StoredError::Unusable)?;
        let now = self.collector.clock.unix_micros();
        let past_endpoint = past_endpoint.filter(|(_, end)| *end > now);
        let request = serde_json::from_str(&request).unwrap_or_default();
        let setup_tests = setup_tests.unwrap_or_else(|| json!([]));
        Ok(Shown { id, group, endpoint, past_endpoint, request, created_at, created_by, setup_tests, described })
    }

    /// A connection of the file, if there is one with this id.
    pub(super) fn shown_of_file(&self, id: &str) -> Result<Option<Shown>, Refusal> {
        let source = &self.collector.connections;
        let current = source.current();
        let Some((connection, endpoint, text)) = current.with_id(id) else { return Ok(None) };
        let mut request: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
        request.retain(|name, _| name != "id" && name != "endpoint");
        let described = Described::read(&Value::Object(request.clone()).to_string()).map_err(StoredError::Unusable)?;
        let group = described.request.group_id.clone();
        let created_at = i64::try_from(connection.configuration).unwrap_or(0);
        let created_by = source.file().map(|file| file.display().to_string()).unwrap_or_default();
        let id = id.to_owned();
        let (past_endpoint, setup_tests) = (None, json!([]));
        Ok(Some(Shown { id, group, endpoint, past_endpoint, request, created_at, created_by, setup_tests, described }))
    }

    /// A connection as the API shows it. It blocks.
    pub(super) fn view(&self, shown: &Shown) -> Result<Value, Refusal> {
        let request = &shown.described.request;
        let table = &shown.described.table;
        let outcome = self.metadata.sync_outcome(&shown.id)?;
        let past = shown.past_endpoint.map(|(endpoint, end)| json!({"endpoint": endpoint, "works_until": time(end)}));
        Ok(json!({
            "id": shown.id,
            "group_id": shown.group,
            "service": "webhooks",
            "service_version": SERVICE_VERSION,
            "schema": format!("{}.{}", table.schema, table.name),
            "connected_by": shown.created_by,
            "created_at": time(shown.created_at),
            "succeeded_at": outcome.succeeded_at.map(time),
            "failed_at": outcome.failed_at.map(time),
            "paused": request.paused.unwrap_or(false),
            "pause_after_trial": request.pause_after_trial.unwrap_or(false),
            "sync_frequency": request.sync_frequency.unwrap_or(360),
            "daily_sync_time": shown.text("daily_sync_time"),
            "schedule_type": shown.or("schedule_type", "auto"),
            "schedule": shown.text("schedule"),
            "data_delay_sensitivity": shown.or("data_delay_sensitivity", "NORMAL"),
            "data_delay_threshold": request.data_delay_threshold.unwrap_or(0),
            "networking_method": shown.or("networking_method", "Directly"),
            "private_link_id": shown.text("private_link_id"),
            "proxy_agent_id": shown.text("proxy_agent_id"),
            "hybrid_deployment_agent_id": shown.text("hybrid_deployment_agent_id"),
            "destination_configuration": shown.text("destination_configuration"),
            "destination_schema_names": shown.or("destination_schema_names", "FIVETRAN_NAMING"),
            "external_secrets_manager_id": shown.text("external_secrets_manager_id"),
            "external_secrets_keys_config": shown.text("external_secrets_keys_config"),
            "connect_card": null,
            "connect_card_config": shown.text("connect_card_config"),
            "source_sync_details": {"past_endpoint": past, "s3_external_id": shown.external_id()},
            "setup_tests": shown.setup_tests,
            "status": self.status(shown, &outcome)?,
            "config": shown.config(),
        }))
    }

    fn status(&self, shown: &Shown, outcome: &SyncOutcome) -> Result<Value, Refusal> {
        let request = &shown.described.request;
        let is_complete = shown.described.is_complete;
        let is_paused = request.paused == Some(true);
        let sync_state = match (self.syncer.is_syncing(&shown.id), is_paused) {
            (true, _) => "syncing",
            (false, true) => "paused",
            (false, false) => "scheduled",
        };
        let last = self.syncer.synced_at(&shown.id)?.unwrap_or(shown.created_at);
        let allowed = shown.described.schedule.period().map(|period| period + delay_allowed(request, period));
        let now = self.collector.clock.unix_micros();
        let is_delayed = allowed.is_some_and(|allowed| now - last > allowed);
        let mut tasks = Vec::new();
        if !is_complete {
            let message =
                "config.auth_method is missing: until HMAC, TOKEN_BASED or NONE is stated, everything is refused";
            tasks.push(json!({"code": "AuthMethodMissing", "message": message, "details": {}}));
        }
        let failed = shown.setup_tests.as_array().into_iter().flatten().filter(|test| test["status"] == "FAILED");
        let failed: Vec<_> = failed.collect();
        tasks.extend(failed.iter().map(|test| {
            let message = format!("{}: {}", text_of(&test["title"]), text_of(&test["message"]));
            json!({"code": "SetupTestFailed", "message": message, "details": {}})
        }));
        if let Some(fault) = &shown.described.fault {
            let message = format!("This version cannot use what is stored, so nothing is received: {fault}");
            tasks.push(json!({"code": "Unusable", "message": message, "details": {}}));
        }
        let setup_state = match (is_complete, failed.is_empty() && shown.described.fault.is_none()) {
            (false, _) => "incomplete",
            (true, true) => "connected",
            (true, false) => "broken",
        };
        if let Some(failure) = &outcome.failure {
            tasks.push(
                json!({"code": "SyncFailed", "message": format!("The last sync has failed: {failure}"), "details": {}}),
            );
        }
        Ok(json!({
            "setup_state": setup_state,
            "schema_status": "ready",
            "sync_state": sync_state,
            "update_state": if is_delayed { "delayed" } else { "on_schedule" },
            "is_historical_sync": outcome.succeeded_at.is_none(),
            "tasks": tasks,
            "warnings": warnings(&shown.request, &shown.described),
        }))
    }
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// How long after its time a sync may be until that is a delay, in microseconds.
fn delay_allowed(request: &Request, period: i64) -> i64 {
    match request.data_delay_sensitivity {
        Some(DataDelaySensitivity::High) => 15 * MINUTE,
        Some(DataDelaySensitivity::Low) => 360 * MINUTE,
        Some(DataDelaySensitivity::Custom) => i64::from(request.data_delay_threshold.unwrap_or(0)) * MINUTE,
        Some(DataDelaySensitivity::SyncFrequency) => period,
        _ => 60 * MINUTE,
    }
}

/// Microseconds since 1970, as the API writes times.
pub(super) fn time(micros: i64) -> String {
    Timestamp::from_microsecond(micros).map_or_else(|_| micros.to_string(), |time| format!("{time:.6}"))
}
