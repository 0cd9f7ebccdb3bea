//! Whose key is used. There are no users here: clients ask for them to see whether a key works.

use serde_json::{Value, json};

use super::answer::{Answer, Outcome};
use super::call::Call;

pub(super) fn account_info(call: &Call) -> Answer {
    Answer::data(json!({
        "account_id": "countersignd",
        "account_name": "countersignd",
        "user_id": call.principal.actor.to_string(),
        "system_key_id": Value::Null,
    }))
}

pub(super) fn list_users(call: &Call) -> Outcome {
    call.query.limit()?;
    // There is no second page.
    let is_first = call.query.cursor()? == super::query::Cursor::default();
    let user = json!({
        "id": call.principal.actor.to_string(),
        "active": true,
        "role": if call.principal.may_manage() { "Account Administrator" } else { "Account Reviewer" },
    });
    Ok(Answer::data(json!({"items": if is_first { vec![user] } else { Vec::new() }})))
}
