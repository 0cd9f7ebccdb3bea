//! `POST /v1/connections/{id}/endpoint/rotate`.

use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::not_entered;
use crate::api::Api;
use crate::api::answer::{Answer, Outcome, Refusal};
use crate::api::call::Call;

const HOUR: i64 = 3_600_000_000;

/// How many hours the endpoint of before works, if nobody says, and at most: a year.
const GRACE_HOURS: i64 = 24;
const GRACE_HOURS_MAX: i64 = 8784;

impl Api {
    pub(in crate::api) async fn rotate_endpoint(self: Arc<Self>, call: Call) -> Outcome {
        self.blocking(move |api| api.rotate(&call)).await?
    }

    fn rotate(&self, call: &Call) -> Outcome {
        let grace = grace_hours(&call.body)?;
        let id = self.changeable(call)?.id;
        let now = self.collector.clock.unix_micros();
        let change = self.change_of(&call.principal.actor, "connection.rotate_endpoint", &id, &["config.endpoint"]);
        let changed = self.collector.connections.change(&self.metadata, &change, |stored| {
            let before = std::mem::replace(&mut stored.endpoint, Uuid::new_v4());
            stored.past_endpoint = (grace > 0).then_some((before, now + grace * HOUR));
            Ok::<_, Refusal>(())
        });
        let stored = changed.map_err(|error| not_entered(&id, error))??;
        let shown = self.shown(stored)?;
        let until = match grace {
            0 => "the one of before no longer works".to_owned(),
            hours => format!("the one of before works for {hours} hours more"),
        };
        Ok(Answer::data(self.view(&shown)?).with_message(format!("Endpoint has been replaced; {until}")))
    }
}

fn grace_hours(body: &Map<String, Value>) -> Result<i64, Refusal> {
    if let Some(other) = body.keys().find(|name| *name != "grace_hours") {
        return Err(Refusal::invalid(format!("{}: unknown field; allowed is grace_hours", other.escape_debug())));
    }
    match body.get("grace_hours") {
        None | Some(Value::Null) => Ok(GRACE_HOURS),
        Some(hours) => hours.as_i64().filter(|hours| (0..=GRACE_HOURS_MAX).contains(hours)).ok_or_else(|| {
            Refusal::invalid(format!("grace_hours: expected a whole number of hours, 0 to {GRACE_HOURS_MAX}"))
        }),
    }
}
