//! What one load reads from the archive: the events of a run of objects of one log.

use std::time::Duration;

use bytes::Bytes;
use countersign_inbox::Seq;
use countersign_tables::Event;
use uuid::Uuid;

use crate::archive::error::ArchiveError;
use crate::archive::events::{ObjectEvents, PutEvents};
use crate::archive::line::ArchivedEvent;
use crate::archive::object;
use crate::archive::put::OBJECT_BYTES_MAX;
use crate::archive::registry::Object;
use crate::archive::store::StoreError;
use crate::archive::stores::Stores;
use crate::background;

/// How many bytes of lines one load reads, unless one object alone has more, or others share it. Many events are written faster than few:
/// they are sorted by their keys first.
pub const LOAD_BYTES: u64 = 128 << 20;

/// How long a store may take for an object.
const STORE_TIMEOUT: Duration = Duration::from_secs(60);

/// The number of the first objects that one load of so many bytes of lines takes: one at least.
#[must_use]
pub fn first_load(objects: &[Object], bytes_max: u64) -> usize {
    let mut bytes = 0;
    let fitting = objects.iter().take_while(|object| {
        bytes += object.bytes;
        bytes <= bytes_max
    });
    fitting.count().max(1).min(objects.len())
}

/// The events of a run of objects of one log.
#[derive(Debug)]
pub struct Events {
    /// The last seq that the run covers.
    pub last_seq: Seq,
    objects: Vec<ObjectEvents>,
}

impl Events {
    /// Reads those events of objects, of which there is at least one, that `wanted` wants. What is in `put` is taken from there.
    ///
    /// # Errors
    /// If the store fails, or an object is not there or damaged: then its events are not passed over.
    pub async fn read(
        stores: &Stores,
        objects: &[Object],
        put: &mut PutEvents,
        wanted: impl Fn(&Uuid, i64) -> bool + Clone + Send + 'static,
    ) -> Result<Self, ArchiveError> {
        let mut all = Self { last_seq: 0, objects: Vec::with_capacity(objects.len()) };
        for object in objects {
            let events = match put.take(object) {
                Some(mut events) => {
                    events.retain(wanted.clone());
                    events
                }
                None => read_events(stores, object, wanted.clone()).await?,
            };
            all.objects.push(events);
            all.last_seq = object.bounds.last_seq;
        }
        Ok(all)
    }

    /// The events, as tables take them.
    #[must_use]
    pub fn events(&self) -> Vec<Event<'_>> {
        let mut events = Vec::with_capacity(self.objects.iter().map(|object| object.iter().len()).sum());
        self.objects.iter().for_each(|object| events.extend(object.iter()));
        events
    }
}

/// Reads those events of an object that `wanted` wants.
async fn read_events(
    stores: &Stores,
    object: &Object,
    wanted: impl Fn(&Uuid, i64) -> bool + Send + 'static,
) -> Result<ObjectEvents, ArchiveError> {
    let (found, object) = (get(stores, object).await?, object.clone());
    let read = background::run(move || {
        let mut events = ObjectEvents::default();
        read_blocks(&found, &object, |lines| {
            for event in ArchivedEvent::read_block(lines) {
                let event = event?;
                if wanted(&event.id, event.received_at) {
                    events.push(&event.event());
                }
            }
            Ok(())
        })?;
        Ok(events)
    });
    read.await.map_err(|_| ArchiveError::Ending)?
}

/// What a store answers, if it does in time.
async fn within<T>(
    timeout: Duration,
    key: &str,
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, ArchiveError> {
    match tokio::time::timeout(timeout, answer).await {
        Ok(answer) => answer.map_err(ArchiveError::Store),
        Err(_) => Err(ArchiveError::StoreTimeout(key.to_owned())),
    }
}

/// An object of the archive, as it is stored.
///
/// # Errors
/// If the store fails or does not answer, or it is not there.
pub async fn get(stores: &Stores, object: &Object) -> Result<Bytes, ArchiveError> {
    let key = object.bounds.key();
    let store = stores.named(&object.bounds.connection, &object.store).await.map_err(ArchiveError::Store)?;
    let found = within(STORE_TIMEOUT, &key, store.get(&key)).await?;
    found.ok_or(ArchiveError::Missing(key))
}

/// Reads the lines of an object block by block. It blocks.
///
/// # Errors
/// If it is damaged: `lines` has seen something else than was archived, then. Else the first error of `lines`.
pub fn read_blocks(
    found: &[u8],
    object: &Object,
    mut lines: impl FnMut(&[u8]) -> Result<(), String>,
) -> Result<(), ArchiveError> {
    let mut outcome = Ok(());
    let digest = object::read_lines(found, OBJECT_BYTES_MAX, |block| {
        if outcome.is_ok() {
            outcome = lines(block);
        }
    });
    if digest.ok() != Some(object.digest) {
        return Err(ArchiveError::Damaged(object.bounds.key()));
    }
    outcome.map_err(ArchiveError::Event)
}

/// The lines of an object.
///
/// # Errors
/// If the store fails, or it is not there or damaged.
pub async fn read_text(stores: &Stores, object: &Object) -> Result<Vec<u8>, ArchiveError> {
    let (found, object) = (get(stores, object).await?, object.clone());
    let read = background::run(move || {
        let mut text = Vec::new();
        read_blocks(&found, &object, |lines| {
            text.extend_from_slice(lines);
            Ok(())
        })?;
        Ok(text)
    });
    read.await.map_err(|_| ArchiveError::Ending)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_store_that_does_not_answer_is_not_waited_for() {
        let late = within::<()>(Duration::from_millis(1), "a/b", std::future::pending()).await;
        assert!(matches!(late, Err(ArchiveError::StoreTimeout(key)) if key == "a/b"));
        let answered = within(Duration::from_secs(20), "a/b", std::future::ready(Ok(1))).await;
        assert!(matches!(answered, Ok(1)));
    }
}
