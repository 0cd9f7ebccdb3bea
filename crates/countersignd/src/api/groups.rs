//! The groups that the settings name, each of which is a destination.

use http::StatusCode;
use serde_json::{Value, json};

use super::Api;
use super::answer::{Answer, Outcome, Refusal};
use super::call::Call;
use super::query::Cursor;
use crate::archive::service_account::service_account;

impl Api {
    pub(super) fn list_groups(&self, call: &Call) -> Outcome {
        let (limit, cursor) = (call.query.limit()?, call.query.cursor()?);
        let groups: Vec<_> = self.groups_of(&call.principal).skip(cursor.skipped).collect();
        let mut page = json!({"items": groups.iter().take(limit).copied().map(group).collect::<Vec<_>>()});
        if groups.len() > limit {
            page["next_cursor"] = Cursor { skipped: cursor.skipped + limit, after: 0 }.encode().into();
        }
        Ok(Answer::data(page))
    }

    pub(super) fn group_details(&self, call: &Call) -> Outcome {
        let found = self.groups_of(&call.principal).find(|group| *group == call.name());
        found.map(|found| Answer::data(group(found))).ok_or_else(|| no_group(call.name()))
    }

    pub(super) async fn group_service_account(&self, call: &Call) -> Outcome {
        let found = self.groups.iter().find(|group| group.id == call.name() && call.principal.may_see(&group.id));
        let group = found.ok_or_else(|| no_group(call.name()))?;
        let account = service_account(group, &self.services).await;
        let account =
            account.map_err(|message| Refusal::new(StatusCode::NOT_FOUND, "NotFound_ServiceAccount", message))?;
        Ok(Answer::data(json!({"service_account": account})).with_message("Group service account has been found"))
    }
}

pub(super) fn no_group(id: &str) -> Refusal {
    let message = format!("Cannot find group with id '{}'", id.escape_debug());
    Refusal::new(StatusCode::NOT_FOUND, "NotFound_Group", message)
}

fn group(id: &str) -> Value {
    // The settings do not say when it was made: with the service.
    json!({"id": id, "name": id, "created_at": "1970-01-01T00:00:00.000000Z"})
}
