//! `PATCH /v1/connections/{id}`.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::merge::merge;
use super::not_entered;
use super::request::{OF_ONE_REQUEST, take_empty_out};
use super::setup::are_wanted;
use crate::api::Api;
use crate::api::answer::{Answer, Outcome, Refusal};
use crate::api::call::Call;
use crate::api::view::Shown;
use crate::connections::described::Described;
use crate::connections::{Connection, secrets};
use crate::metadata::StoredConnection;

impl Api {
    pub(in crate::api) async fn modify_connection(self: Arc<Self>, call: Call) -> Outcome {
        // A schedule has nothing to do with store and table.
        let changes_config = call.body.get("config").is_some_and(|config| !config.is_null());
        let are_wanted = are_wanted(&call.body, changes_config);
        let changed = self.blocking(move |api| api.modify(call)).await??;
        let view = self.view_after_tests(changed, are_wanted).await?;
        Ok(Answer::data(view).with_message("Connection has been updated"))
    }

    fn modify(&self, mut call: Call) -> Result<Shown, Refusal> {
        let id = self.changeable(&call)?.id;
        let mut patch = std::mem::take(&mut call.body);
        let wants_all_anew = match patch.remove("is_historical_sync") {
            None | Some(Value::Null | Value::Bool(false)) => false,
            Some(Value::Bool(true)) => true,
            Some(_) => return Err(Refusal::invalid("is_historical_sync: expected true or false")),
        };
        match patch.remove("schema_status") {
            None | Some(Value::Null) => {}
            Some(status) if status == "ready" || status == "blocked_on_capture" => {}
            Some(_) => return Err(Refusal::invalid("schema_status: allowed are ready, blocked_on_capture")),
        }
        let has_lasting = patch.keys().any(|name| !OF_ONE_REQUEST.contains(&name.as_str()));
        if !has_lasting && !wants_all_anew {
            return Err(Refusal::invalid(
                "Nothing would change: name at least one field beside trust_certificates, trust_fingerprints and run_setup_tests",
            ));
        }
        let named = names(&patch);
        let fields: Vec<&str> = named.iter().map(String::as_str).collect();
        let change = self.change_of(&call.principal.actor, "connection.update", &id, &fields);
        let changed = self.collector.connections.change(&self.metadata, &change, |stored| self.change(stored, patch));
        let stored = changed.map_err(|error| not_entered(&id, error))??;
        if wants_all_anew && !self.syncer.ask_resync(&id) {
            return Err(only_receives());
        }
        self.shown(stored)
    }

    /// Makes of what is stored what a PATCH says.
    fn change(&self, stored: &mut StoredConnection, patch: Map<String, Value>) -> Result<(), Refusal> {
        let source = &self.collector.connections;
        let store = source.stored().ok_or_else(Refusal::ending)?;
        // What concerns this request alone is checked with the rest, and then left out.
        let of_one: Map<_, _> = patch
            .iter()
            .filter(|(name, _)| OF_ONE_REQUEST.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let mut whole = store.whole(stored)?;
        let secrets_before = secrets::texts(&whole.request);
        merge(&mut whole.request, patch, stored.endpoint)?;
        take_empty_out(&mut whole.request);
        whole.keep_past(secrets_before);
        let mut checked = whole.request.clone();
        checked.extend(of_one);
        let text = Value::Object(checked).to_string();
        let described = Described::read(&text).map_err(Refusal::invalid)?;
        let configuration = u64::try_from(stored.configuration).unwrap_or(0);
        Connection::of_request(&stored.id, stored.endpoint, &text, &[], source.common(), configuration, None)
            .map_err(Refusal::invalid)?;
        (stored.request, stored.sealed) = store.parts(&stored.id, whole);
        (stored.period, stored.daily_at) = described.schedule.columns();
        Ok(())
    }
}

/// The names of the fields of a PATCH, those of objects with the name of the object before; each without what cannot stand in a line.
fn names(patch: &Map<String, Value>) -> Vec<String> {
    let mut names = Vec::new();
    for (name, value) in patch {
        match value {
            Value::Object(fields) => names.extend(fields.keys().map(|field| format!("{name}.{field}"))),
            _ => names.push(name.clone()),
        }
    }
    names.iter().map(|name| name.escape_debug().to_string()).collect()
}

pub(super) fn only_receives() -> Refusal {
    Refusal::conflict("The service was started with --receive-only: nothing is synced until it is started without")
}
