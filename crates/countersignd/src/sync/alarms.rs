//! What alarms are judged by that the metadata know: which connections have received nothing for long, and which have lost events.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tracing::warn;

use crate::alerts::silence::Silence;
use crate::error_chain::chain;
use crate::sync::Syncer;

/// For how long a loss is an alarm, in microseconds.
const LOSS_SHOWN: i64 = 86_400_000_000;

impl Syncer {
    /// The connections of which acknowledged events were found within the last day that cannot be read, and which.
    pub(crate) async fn lost(&self) -> Vec<(String, String)> {
        let (metadata, since) = (Arc::clone(&self.metadata), self.clock.unix_micros() - LOSS_SHOWN);
        let losses = match spawn_blocking(move || metadata.losses_since(since)).await {
            Ok(Ok(losses)) => losses,
            Ok(Err(error)) => {
                warn!("it is not known whether events were lost: {}", chain(&error));
                return Vec::new();
            }
            Err(_) => return Vec::new(),
        };
        let shown = losses.into_iter().map(|(connection, log, seqs)| {
            (connection, format!("{} to {} of log {log}, and others that the log names", seqs.start(), seqs.end()))
        });
        shown.collect()
    }

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
            let seen = received.iter().map(|(id, received_at)| (id.as_str(), *received_at));
            let now = collector.clock.unix_micros();
            // What came before the start is in the inbox or in the registry.
            let last = |id: &str| match collector.inbox.backlog_bytes(id) {
                0 => metadata.archived_at_of(id).ok().flatten(),
                _ => Some(now),
            };
            let silent = moved.look(seen, now, last);
            (moved, silent)
        });
        let Ok((moved, silent)) = looked.await else { return Vec::new() };
        *silence = moved;
        silent
    }
}
