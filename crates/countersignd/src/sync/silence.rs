//! Which connections have received nothing for long: what is known of them while the process runs, and what the registry knows.

use std::sync::Arc;
use std::time::Duration;

use countersign_inbox::disk::Disk;
use tokio::task::spawn_blocking;
use tracing::warn;

use crate::alerts::silence::{Seen, Silence};
use crate::error_chain::chain;
use crate::sync::Syncer;

impl<D: Disk> Syncer<D> {
    /// What watches for silence that is as long; none if the metadata cannot say since when connections are silent.
    pub(crate) async fn silence(&self, after: Duration) -> Option<Silence> {
        let metadata = Arc::clone(&self.metadata);
        let archived_at = spawn_blocking(move || metadata.archived_at()).await.ok()?;
        match archived_at {
            Ok(archived_at) => Some(Silence::new(after, archived_at)),
            Err(error) => {
                warn!("silence is not watched: {}", chain(&error));
                None
            }
        }
    }

    /// The connections that are silent now.
    pub(crate) async fn silent(&self, silence: &mut Silence) -> Vec<String> {
        let (collector, metadata) = (Arc::clone(&self.collector), Arc::clone(&self.metadata));
        let mut moved = std::mem::take(silence);
        let looked = spawn_blocking(move || {
            // Looking asks the metadata, which must hold nobody up who looks for a connection.
            let mut received = Vec::new();
            collector.connections.received(|id, at| received.push((id.to_owned(), at)));
            let seen = received.iter().map(|(id, received_at)| Seen {
                id,
                received_at: *received_at,
                has_backlog: collector.inbox.backlog_bytes(id) > 0,
            });
            let silent =
                moved.look(seen, collector.clock.unix_micros(), |id| metadata.archived_at_of(id).ok().flatten());
            (moved, silent)
        });
        let Ok((moved, silent)) = looked.await else { return Vec::new() };
        *silence = moved;
        silent
    }
}
