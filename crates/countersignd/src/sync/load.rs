//! What one load reads from the archive: the events of a run of objects of one log.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use countersign_inbox::{LogId, Seq};
use countersign_tables::Event;
use uuid::Uuid;

use crate::archive::error::ArchiveError;
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

/// The events of a run of objects of one log: of each what tables take, and nothing else.
#[expect(missing_debug_implementations, reason = "it holds what senders have sent")]
pub struct Events {
    /// The log.
    pub log: LogId,
    /// The last seq that the run covers.
    pub last_seq: Seq,
    /// All bodies, one behind the other. Many that are allocated each for itself would cost more than it takes to read them.
    bodies: Vec<u8>,
    kept: Vec<Kept>,
    /// Values of Content-Type and Content-Encoding, each of which most events have in common.
    texts: Texts,
}

/// An event; its texts by their places.
struct Kept {
    seq: Seq,
    id: Uuid,
    received_at: i64,
    is_get: bool,
    content_type: Option<usize>,
    content_encoding: Option<usize>,
    body: Range<usize>,
}

impl Events {
    /// Reads those events of objects, of which there is at least one, that `wanted` wants.
    ///
    /// # Errors
    /// If the store fails, or an object is not there or damaged: then its events are not passed over.
    pub async fn read(
        stores: &Stores,
        log: LogId,
        objects: &[Object],
        wanted: impl Fn(&Uuid, i64) -> bool + Clone + Send + 'static,
    ) -> Result<Self, ArchiveError> {
        let bytes: u64 = objects.iter().map(|object| object.bytes).sum();
        let mut events = Self {
            log,
            last_seq: 0,
            bodies: Vec::with_capacity(usize::try_from(bytes).unwrap_or(0)),
            kept: Vec::new(),
            texts: Texts::default(),
        };
        for object in objects {
            let found = get(stores, object).await?;
            let (object, wanted) = (object.clone(), wanted.clone());
            let read = background::run(move || events.read_object(&found, &object, wanted).map(|()| events));
            events = read.await.map_err(|_| ArchiveError::Ending)??;
        }
        Ok(events)
    }

    fn read_object(
        &mut self,
        found: &[u8],
        object: &Object,
        wanted: impl Fn(&Uuid, i64) -> bool,
    ) -> Result<(), ArchiveError> {
        read_blocks(found, object, |lines| {
            for event in ArchivedEvent::read_block(lines) {
                let event = event?;
                if wanted(&event.id, event.received_at) {
                    self.push(&event);
                }
            }
            Ok(())
        })?;
        self.last_seq = object.bounds.last_seq;
        Ok(())
    }

    fn push(&mut self, event: &ArchivedEvent<'_>) {
        let begin = self.bodies.len();
        self.bodies.extend_from_slice(event.content());
        self.kept.push(Kept {
            seq: event.seq,
            id: if crate::planted_bug!(ComputesIdsAgain) { Uuid::now_v7() } else { event.id },
            received_at: event.received_at,
            is_get: event.is_get(),
            content_type: event.header("content-type").map(|text| self.texts.place(text)),
            content_encoding: event.header("content-encoding").map(|text| self.texts.place(text)),
            body: begin..self.bodies.len(),
        });
    }

    /// The events, as tables take them.
    #[must_use]
    pub fn events(&self) -> Vec<Event<'_>> {
        let text = |place: Option<usize>| place.map(|place| &*self.texts.all[place]);
        let event = |kept: &Kept| Event {
            seq: kept.seq,
            id: *kept.id.as_bytes(),
            received_at: kept.received_at,
            content_type: text(kept.content_type),
            content_encoding: text(kept.content_encoding),
            is_query: kept.is_get,
            body: &self.bodies[kept.body.clone()],
        };
        self.kept.iter().map(event).collect()
    }
}

/// Texts, each of which is there once.
#[derive(Default)]
struct Texts {
    all: Vec<String>,
    places: HashMap<String, usize>,
    last: usize,
}

impl Texts {
    fn place(&mut self, text: &str) -> usize {
        if self.all.get(self.last).is_none_or(|last| last != text) {
            self.last = self.places.get(text).copied().unwrap_or_else(|| {
                self.all.push(text.to_owned());
                self.places.insert(text.to_owned(), self.all.len() - 1);
                self.all.len() - 1
            });
        }
        self.last
    }
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
