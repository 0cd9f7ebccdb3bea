//! What can be done with connections.

mod change;
mod create;
mod events;
mod list;
mod merge;
mod remove;
mod request;
mod rotate;
mod setup;
mod syncs;

use std::sync::Arc;

use super::Api;
use super::answer::{Answer, Outcome, Refusal};
use super::call::Call;
use super::view::Shown;
use crate::source::EnterError;

impl Api {
    pub(super) async fn connection_details(self: Arc<Self>, call: Call) -> Outcome {
        self.blocking(move |api| {
            let shown = api.seen(&call)?;
            api.view(&shown).map(Answer::data)
        })
        .await?
    }

    /// The connection that a request names, if whoever asks sees it. It blocks.
    fn seen(&self, call: &Call) -> Result<Shown, Refusal> {
        let shown = match self.shown_of_file(call.name())? {
            Some(shown) => Some(shown),
            None => self.metadata.stored_connection(call.name())?.map(|stored| self.shown(stored)).transpose()?,
        };
        shown.filter(|shown| call.principal.may_see(&shown.group)).ok_or_else(|| Refusal::no_connection(call.name()))
    }

    /// The same, if it can be changed here. It blocks.
    fn changeable(&self, call: &Call) -> Result<Shown, Refusal> {
        let shown = self.seen(call)?;
        match self.collector.connections.file() {
            Some(file) if self.collector.connections.current().with_id(&shown.id).is_some() => {
                Err(Refusal::conflict(format!(
                    "Connection '{}' stands in the file {}: change it there, and send SIGHUP to the process",
                    shown.id,
                    file.display()
                )))
            }
            _ => Ok(shown),
        }
    }
}

/// The answer to a connection that could not be entered.
fn not_entered(id: &str, error: EnterError) -> Refusal {
    match error {
        EnterError::Table(other, is_of_file) => {
            let place = if is_of_file { ", of the file of connections," } else { "" };
            Refusal::conflict(format!(
                "Fields 'config.schema' and 'config.table': connection '{other}'{place} has this table already"
            ))
        }
        EnterError::Gone => Refusal::no_connection(id),
        EnterError::Stored(error) => error.into(),
    }
}
