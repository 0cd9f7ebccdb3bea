//! How far the tables are behind what was received.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::spawn_blocking;
use tracing::warn;

use crate::archive::bounds::BOUNDS;
use crate::connections::schedule::Schedule;
use crate::error_chain::chain;
use crate::metrics::lag::Lag;
use crate::sync::Syncer;

const HOUR: i64 = 3_600_000_000;

/// For how long an event may be in no table, in microseconds: two periods of its connection, and an hour for the sync itself. A connection
/// that is synced when somebody asks has no bound.
#[must_use]
pub fn longest_wait(schedule: Schedule) -> Option<i64> {
    match schedule {
        Schedule::Manual => None,
        Schedule::Every { period } => Some(2 * period + HOUR),
        Schedule::Daily { .. } => Some(49 * HOUR),
    }
}

impl Syncer {
    /// How far the tables of all connections are behind. Those that were deleted have none.
    pub async fn lag(&self) -> Lag {
        let inbox = &self.collector.inbox;
        let mut lag = Lag::default();
        let in_inbox = inbox.connections().into_values().flat_map(BTreeMap::into_keys);
        let in_inbox: std::collections::BTreeSet<Arc<str>> = in_inbox.filter(|id| &**id != BOUNDS).collect();
        lag.unarchived_bytes = in_inbox.iter().map(|id| inbox.backlog_bytes(id)).sum();
        let metadata = Arc::clone(&self.metadata);
        let archived = match spawn_blocking(move || metadata.uncommitted()).await {
            Ok(Ok(archived)) => archived,
            Ok(Err(error)) => {
                warn!("it is not known what is in no table: {}", chain(&error));
                BTreeMap::new()
            }
            Err(_) => BTreeMap::new(),
        };
        let (now, waiting) = (self.clock.unix_micros(), self.archiver.waiting());
        lag.uncommitted_bytes = lag.unarchived_bytes;
        let mut oldest = now;
        for (id, schedule) in self.collector.connections.schedules() {
            let archived = archived.get(&*id);
            lag.uncommitted_bytes += archived.map_or(0, |archived| archived.bytes);
            let since = [archived.map(|archived| archived.since), waiting.get(&*id).copied()];
            let Some(since) = since.into_iter().flatten().min() else { continue };
            oldest = oldest.min(since);
            if longest_wait(schedule).is_some_and(|longest| now - since > longest) {
                lag.late.push((*id).to_owned());
            }
        }
        lag.oldest_uncommitted_seconds = u64::try_from((now - oldest) / 1_000_000).unwrap_or(0);
        lag.late.sort_unstable();
        lag
    }

    /// The bytes of all objects of the store; none if it does not say.
    pub async fn store_bytes(&self) -> Option<u64> {
        self.store.bytes().await.unwrap_or_else(|error| {
            warn!("it is not known how full the store is: {}", chain(&error));
            None
        })
    }
}
