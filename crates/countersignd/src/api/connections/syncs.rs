//! `POST /v1/connections/{id}/sync`, `/force` and `/resync`: they begin soon, and `succeeded_at` or `failed_at` says when they have ended.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::change::only_receives;
use crate::api::Api;
use crate::api::answer::{Answer, Outcome, Refusal};
use crate::api::call::Call;
use crate::api::view::Shown;

impl Api {
    pub(in crate::api) async fn sync_connection(self: Arc<Self>, call: Call, is_forced: bool) -> Outcome {
        self.blocking(move |api| {
            let is_forced = force(&call.body)? || is_forced;
            let shown = api.seen(&call)?;
            if !is_forced && api.syncer.is_syncing(&shown.id) {
                return Ok(Answer::message(format!("Connection with id '{}' is being synced already", shown.id)));
            }
            if !api.syncer.ask(&shown.id) {
                return Err(only_receives());
            }
            Ok(Answer::message(format!("Sync has been successfully triggered for connection with id '{}'", shown.id)))
        })
        .await?
    }

    pub(in crate::api) async fn resync_connection(self: Arc<Self>, call: Call) -> Outcome {
        self.blocking(move |api| {
            let shown = api.seen(&call)?;
            check_scope(&call.body, &shown)?;
            if api.syncer.is_syncing(&shown.id) {
                return Err(Refusal::conflict(format!(
                    "Connection with id '{}' is being synced: wait until status.sync_state is another one",
                    shown.id
                )));
            }
            if !api.syncer.ask_resync(&shown.id) {
                return Err(only_receives());
            }
            Ok(Answer::message(format!(
                "Re-sync has been triggered successfully for connection with id '{}'",
                shown.id
            )))
        })
        .await?
    }
}

fn force(body: &Map<String, Value>) -> Result<bool, Refusal> {
    if let Some(other) = body.keys().find(|name| *name != "force") {
        return Err(Refusal::invalid(format!("{}: unknown field; allowed is force", other.escape_debug())));
    }
    match body.get("force") {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(force)) => Ok(*force),
        Some(_) => Err(Refusal::invalid("force: expected true or false")),
    }
}

/// A connection has one table, so a scope can name that one alone.
fn check_scope(body: &Map<String, Value>, shown: &Shown) -> Result<(), Refusal> {
    if let Some(other) = body.keys().find(|name| *name != "scope") {
        return Err(Refusal::invalid(format!("{}: unknown field; allowed is scope", other.escape_debug())));
    }
    let table = &shown.described.table;
    let wrong = || {
        Refusal::invalid(format!(
            "scope: expected {}, which is all that this connection has, or no scope",
            serde_json::json!({&*table.schema: [table.name]})
        ))
    };
    let scope = match body.get("scope") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Object(scope)) => scope,
        Some(_) => return Err(wrong()),
    };
    let is_whole = scope.len() == 1
        && scope.get(&table.schema).and_then(Value::as_array).is_some_and(|tables| tables[..] == [table.name.clone()]);
    if is_whole { Ok(()) } else { Err(wrong()) }
}
