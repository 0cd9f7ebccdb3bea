//! The management API: connections, groups, and who asks, at `/v1` of the listener for operators and of the socket in the data folder.
//!
//! Names, shapes, codes and statuses are those of Fivetran's REST API, so that its clients can be used
//! (<https://fivetran.com/docs/rest-api>). `routes` has the table of routes, of which the OpenAPI document is made too.

mod account;
pub mod answer;
mod call;
mod connections;
mod groups;
mod json;
pub mod openapi;
mod query;
mod router;
mod routes;
mod view;
mod warnings;

use std::sync::Arc;

use tokio::task::spawn_blocking;

use crate::audit::{Actor, Change};
use crate::collect::Collector;
use crate::keys::Principal;
use crate::metadata::Metadata;
use crate::settings::{Group, Services};
use crate::sync::Syncer;
use answer::Refusal;
pub use router::{Access, routes};

/// What the API needs.
#[expect(missing_debug_implementations, reason = "it holds the connections")]
pub struct Api {
    collector: Arc<Collector>,
    syncer: Arc<Syncer>,
    metadata: Arc<Metadata>,
    /// The groups that there are.
    groups: Vec<Group>,
    /// Where the services of buckets are.
    services: Services,
}

impl Api {
    /// An API of these parts, for connections of these groups.
    pub fn new(
        collector: Arc<Collector>,
        syncer: Arc<Syncer>,
        metadata: Arc<Metadata>,
        groups: Vec<Group>,
        services: Services,
    ) -> Arc<Self> {
        Arc::new(Self { collector, syncer, metadata, groups, services })
    }

    /// The groups that somebody sees.
    fn groups_of<'a>(&'a self, principal: &'a Principal) -> impl Iterator<Item = &'a str> {
        self.groups.iter().map(|group| group.id.as_str()).filter(|group| principal.may_see(group))
    }

    /// A change of a connection, for the audit.
    fn change_of<'a>(&self, actor: &'a Actor, action: &'a str, id: &'a str, fields: &'a [&'a str]) -> Change<'a> {
        Change { at: self.collector.clock.unix_micros(), actor, action, subject: Some(id), fields }
    }

    /// Does what blocks where it may.
    async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let this = Arc::clone(self);
        spawn_blocking(move || work(&this)).await.map_err(|_| Refusal::ending())
    }
}
