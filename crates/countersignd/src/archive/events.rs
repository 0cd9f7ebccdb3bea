//! The events of objects in memory: of each what tables take, and nothing else.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use countersign_inbox::Seq;
use countersign_tables::Event;
use uuid::Uuid;

use crate::archive::blocks;
use crate::archive::registry::Object;

/// The events of one object.
#[derive(Default)]
pub struct ObjectEvents {
    /// All bodies, one behind the other. Each is in one block.
    blocks: Vec<Vec<u8>>,
    kept: Vec<Kept>,
    /// Values of Content-Type and Content-Encoding, each of which most events have in common.
    texts: Texts,
    /// How many bytes the blocks have.
    bytes: usize,
}

/// An event; its texts and its body by their places.
struct Kept {
    seq: Seq,
    id: Uuid,
    received_at: i64,
    is_get: bool,
    content_type: Option<usize>,
    content_encoding: Option<usize>,
    block: usize,
    body: Range<usize>,
}

impl ObjectEvents {
    /// Appends an event.
    pub fn push(&mut self, event: &Event<'_>) {
        let content = event.body;
        if self.blocks.last().is_none_or(|block| block.capacity() - block.len() < content.len()) {
            let block = blocks::take(content.len());
            self.bytes += block.capacity();
            self.blocks.push(block);
        }
        let block = self.blocks.len().saturating_sub(1);
        let Some(bodies) = self.blocks.last_mut() else { return };
        let begin = bodies.len();
        bodies.extend_from_slice(content);
        self.kept.push(Kept {
            seq: event.seq,
            id: if crate::planted_bug!(ComputesIdsAgain) { Uuid::now_v7() } else { Uuid::from_bytes(event.id) },
            received_at: event.received_at,
            is_get: event.is_query,
            content_type: event.content_type.map(|text| self.texts.place(text)),
            content_encoding: event.content_encoding.map(|text| self.texts.place(text)),
            block,
            body: begin..bodies.len(),
        });
    }

    /// About how many bytes of memory they take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes + self.kept.len() * size_of::<Kept>()
    }

    /// Drops those that `wanted` does not want, by `_id` and time of receipt.
    pub fn retain(&mut self, wanted: impl Fn(&Uuid, i64) -> bool) {
        self.kept.retain(|kept| wanted(&kept.id, kept.received_at));
    }

    /// The events, as tables take them.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Event<'_>> {
        let text = |place: Option<usize>| place.map(|place| &*self.texts.all[place]);
        self.kept.iter().map(move |kept| Event {
            seq: kept.seq,
            id: *kept.id.as_bytes(),
            received_at: kept.received_at,
            content_type: text(kept.content_type),
            content_encoding: text(kept.content_encoding),
            is_query: kept.is_get,
            body: &self.blocks[kept.block][kept.body.clone()],
        })
    }
}

impl Drop for ObjectEvents {
    fn drop(&mut self) {
        blocks::give(self.blocks.drain(..));
    }
}

impl fmt::Debug for ObjectEvents {
    /// Leaves out what senders have sent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectEvents").field("events", &self.kept.len()).finish_non_exhaustive()
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

/// The events of objects that were put just now, for whoever reads these objects next: what is in here need not be read from the store.
#[derive(Debug, Default)]
pub struct PutEvents {
    /// By the keys of the objects, with the digests of their lines.
    objects: HashMap<String, ([u8; 32], ObjectEvents)>,
    room: usize,
}

impl PutEvents {
    /// Takes events of at most so many bytes in all. The default takes none.
    #[must_use]
    pub fn with_room(bytes: usize) -> Self {
        Self { objects: HashMap::new(), room: bytes }
    }

    /// How many bytes of events it still takes.
    #[must_use]
    pub fn room(&self) -> usize {
        self.room
    }

    /// Adds the events of an object, if there is room for them.
    pub fn insert(&mut self, key: String, digest: [u8; 32], events: ObjectEvents) {
        if let Some(room) = self.room.checked_sub(events.bytes()) {
            self.room = room;
            self.objects.insert(key, (digest, events));
        }
    }

    /// Takes out the events of an object, if it has these lines.
    pub fn take(&mut self, object: &Object) -> Option<ObjectEvents> {
        let (digest, events) = self.objects.remove(&object.bounds.key())?;
        (digest == object.digest).then_some(events)
    }
}
