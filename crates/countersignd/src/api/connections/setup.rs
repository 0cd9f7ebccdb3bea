//! `POST /v1/connections/{id}/test`, and the same tests after a connection was made or changed.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::request::OF_ONE_REQUEST;
use crate::api::Api;
use crate::api::answer::{Answer, Outcome, Refusal};
use crate::api::call::Call;
use crate::api::view::Shown;

impl Api {
    pub(in crate::api) async fn test_connection(self: Arc<Self>, call: Call) -> Outcome {
        check(&call.body)?;
        let shown = self.blocking(move |api| api.seen(&call)).await??;
        let view = self.view_after_tests(shown, true).await?;
        Ok(Answer::data(view).with_message("Setup tests have been completed"))
    }

    /// The view of a connection, after setup tests if they are wanted. That some fail is part of the view.
    pub(super) async fn view_after_tests(
        self: &Arc<Self>,
        mut shown: Shown,
        are_wanted: bool,
    ) -> Result<Value, Refusal> {
        let tests =
            if are_wanted { Some(self.syncer.setup_tests(&shown.id, &shown.described.table).await) } else { None };
        self.blocking(move |api| {
            if let Some(tests) = tests {
                shown.setup_tests = serde_json::to_value(tests).unwrap_or_default();
                // One of the file has no place for them.
                api.metadata.set_setup_tests(&shown.id, &shown.setup_tests.to_string())?;
            }
            api.view(&shown)
        })
        .await?
    }
}

/// Whether a request wants setup tests.
pub(super) fn are_wanted(request: &Map<String, Value>, if_nothing_is_said: bool) -> bool {
    request.get("run_setup_tests").and_then(Value::as_bool).unwrap_or(if_nothing_is_said)
}

fn check(body: &Map<String, Value>) -> Result<(), Refusal> {
    let known = &OF_ONE_REQUEST[..2];
    for (name, value) in body {
        if !known.contains(&name.as_str()) {
            let name = name.escape_debug();
            return Err(Refusal::invalid(format!("{name}: unknown field; allowed are {}", known.join(", "))));
        }
        if !(value.is_boolean() || value.is_null()) {
            return Err(Refusal::invalid(format!("{name}: expected true or false")));
        }
    }
    Ok(())
}
