//! Events that were said to be lost and can be read again: a disk that refuses a read may do it the next time.
//!
//! | where such an event is | what is done |
//! |---|---|
//! | behind what is archived of its log | nothing: the archiver comes to it |
//! | in an object of the archive | nothing |
//! | in none, since it was passed over | it is appended to the inbox again under its `_id`, and goes the way of all events |
//!
//! Then the loss is withdrawn, in the registry and in the inbox, and is no alarm any more. If the process ends in between, this is done
//! again; two events with one `_id` are one in the table.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use countersign_inbox::{LogId, Recovered, Seq, StoredEvent};
use tokio::task::spawn_blocking;
use tracing::{info, warn};

use crate::archive::bounds::BOUNDS;
use crate::archive::error::ArchiveError;
use crate::archive::line::ArchivedEvent;
use crate::background;
use crate::error_chain::chain;
use crate::sync::Syncer;
use crate::sync::load::read_text;

/// How often it is looked whether something can be read again.
const EVERY: Duration = Duration::from_secs(10);

impl Syncer {
    /// Looks whether something can be read again, for ever.
    pub(crate) async fn watch_recovered(self: Arc<Self>) {
        loop {
            if let Err(error) = self.take_recovered().await {
                warn!("what can be read again waits: {}", chain(&error));
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Takes what can be read again, and withdraws the losses.
    ///
    /// # Errors
    /// The first one. What it concerns is tried again the next time.
    pub async fn take_recovered(&self) -> Result<(), ArchiveError> {
        let mut last: Option<Arc<Recovered>> = None;
        let mut outcome = Ok(());
        loop {
            let inbox = Arc::clone(&self.collector.inbox);
            let next = background::run(move || inbox.recovered(last.as_deref())).await;
            let Some(recovered) = next.map_err(|_| ArchiveError::Ending)? else { return outcome };
            let recovered = Arc::new(recovered);
            outcome = outcome.and(self.take(&recovered).await);
            last = Some(recovered);
        }
    }

    async fn take(&self, recovered: &Arc<Recovered>) -> Result<(), ArchiveError> {
        let log = recovered.log;
        let mut parts: BTreeMap<&str, BTreeMap<Seq, &StoredEvent>> = BTreeMap::new();
        for stored in &recovered.events {
            // Bounds that could not be read were decided anew.
            if stored.event().connection != BOUNDS {
                parts.entry(stored.event().connection).or_default().insert(stored.seq, stored);
            }
        }
        for connection in parts.keys() {
            // What was passed over may be in an object that is being made.
            let through = self.metadata.archived_through(connection, log)?;
            if self.metadata.has_losses_behind(connection, log, through)? {
                return Ok(());
            }
        }
        let mut appended = 0;
        for (connection, events) in &parts {
            let through = self.metadata.archived_through(connection, log)?;
            let is_passed = |seq: &Seq| *seq <= through || recovered.is_set_aside;
            let passed: BTreeSet<Seq> = events.keys().copied().filter(is_passed).collect();
            for seq in self.missing(connection, log, passed).await? {
                appended += u64::from(self.append_again(events[&seq]).await?);
            }
        }
        for (connection, events) in &parts {
            if let (true, Some((first, _)), Some((last, _))) =
                (recovered.is_whole, events.first_key_value(), events.last_key_value())
            {
                self.metadata.withdraw_losses(connection, log, &(*first..=*last))?;
            }
            for seq in events.keys() {
                self.metadata.withdraw_loss(connection, log, *seq)?;
            }
        }
        let (inbox, of_inbox) = (Arc::clone(&self.collector.inbox), Arc::clone(recovered));
        let withdrawn = spawn_blocking(move || inbox.withdraw(&of_inbox)).await.map_err(|_| ArchiveError::Ending)?;
        let file = &recovered.file;
        match withdrawn {
            Ok(true) => {
                let seqs = recovered.events.iter().map(|stored| (log, stored.seq));
                let mut state = self.state();
                seqs.for_each(|event| _ = state.appended_again.remove(&event));
                let events = recovered.events.len();
                info!(file, %log, events, appended, "events that could not be read can be read again, and are not lost");
            }
            // Another one was told meanwhile.
            Ok(false) => {}
            Err(error) => warn!(file, "that events of it are not lost cannot be noted, and is tried again: {error}"),
        }
        Ok(())
    }

    /// Which of these events are in no object of the archive, of those through which it is archived.
    async fn missing(
        &self,
        connection: &str,
        log: LogId,
        mut seqs: BTreeSet<Seq>,
    ) -> Result<BTreeSet<Seq>, ArchiveError> {
        let Some(first) = seqs.first() else { return Ok(seqs) };
        for object in self.metadata.objects(connection, log, first - 1)? {
            if seqs.range(object.bounds.first_seq..=object.bounds.last_seq).next().is_some() {
                let lines = read_text(self.stores(), &object).await?;
                for event in ArchivedEvent::read_block(&lines) {
                    seqs.remove(&event.map_err(ArchiveError::Event)?.seq);
                }
            }
        }
        Ok(seqs)
    }

    /// Appends an event that was passed over, as it was received. Returns whether that was not done before.
    async fn append_again(&self, stored: &StoredEvent) -> Result<bool, ArchiveError> {
        let place = (stored.log, stored.seq);
        if self.state().appended_again.contains(&place) {
            return Ok(false);
        }
        let appended = self.collector.inbox.append(&stored.event());
        appended.await.map_err(ArchiveError::Append)?;
        self.state().appended_again.insert(place);
        Ok(true)
    }
}
