//! `DELETE /v1/connections/{id}`.

use std::sync::Arc;

use tracing::warn;

use crate::api::Api;
use crate::api::answer::{Answer, Outcome, Refusal};
use crate::api::call::Call;
use crate::error_chain::chain;

/// What else is counted among what was not synced.
const REPETITIONS: &str = " (repetitions of events that are in its table are counted too)";

impl Api {
    /// The endpoint is closed first. What was received before is archived, and not synced.
    pub(in crate::api) async fn delete_connection(self: Arc<Self>, call: Call) -> Outcome {
        // What is in the inbox is archived where the connection says it now.
        let id = call.name().to_owned();
        if let Err(error) = self.syncer.stores().current(&id).await {
            warn!(connection = id, "the store of a connection that is deleted cannot be opened: {}", chain(&error));
        }
        let closed = self.blocking(move |api| {
            let shown = api.changeable(&call)?;
            let change = api.change_of(&call.principal.actor, "connection.delete", &shown.id, &[]);
            if api.collector.connections.delete(&api.metadata, &change)? {
                Ok(shown)
            } else {
                Err(Refusal::no_connection(&shown.id))
            }
        });
        let shown = closed.await??;
        let done = format!("Connection with id '{}' has been deleted", shown.id);
        let archived = self.syncer.archive(&shown.id).await;
        if let Err(error) = archived {
            warn!(connection = shown.id, "what a deleted connection has received is archived later: {}", chain(&error));
            return Ok(Answer::message(format!(
                "{done}; what it has received is archived as soon as that is possible"
            )));
        }
        match self.syncer.uncommitted(&shown.id, &shown.described.table).await {
            Ok(0) => Ok(Answer::message(format!("{done}; all its deliveries were synced"))),
            // Whether one is a repetition of what has a row only a sync tells, which reads both.
            Ok(1) => Ok(Answer::message(format!("{done}; 1 delivery is archived and was not synced{REPETITIONS}"))),
            Ok(count) => {
                Ok(Answer::message(format!("{done}; {count} deliveries are archived and were not synced{REPETITIONS}")))
            }
            Err(error) => {
                warn!(connection = shown.id, "it is not known how many deliveries were not synced: {}", chain(&error));
                Ok(Answer::message(format!("{done}; its events are archived")))
            }
        }
    }
}
