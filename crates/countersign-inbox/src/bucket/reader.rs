//! Reads the events of one connection in one log of a bucket, in the order of their seqs.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::Arc;

use super::Bucket;
use super::core::Core;
use super::object::{self, Place, Stored};
use crate::error::ReadError;
use crate::event::{LogId, Seq, SeqRange};
use crate::reader::StoredEvent;

/// An iterator over events, made by [`BucketInbox::read`](super::BucketInbox::read). An object that is removed meanwhile, because its
/// events were released, is passed over. Behind an object that is damaged it goes on; after [`ReadError::Io`] it ends.
pub struct BucketReader<B: Bucket> {
    core: Arc<Core<B>>,
    connection: String,
    after: Seq,
    objects: VecDeque<(Place, SeqRange)>,
    current: Option<(Arc<[u8]>, LogId, std::vec::IntoIter<Stored>)>,
}

impl<B: Bucket> BucketReader<B> {
    pub(super) fn new(core: Arc<Core<B>>, log: LogId, connection: &str, after: Seq) -> Self {
        let objects = core.objects().of(log, connection, after).into();
        Self { core, connection: connection.to_owned(), after, objects, current: None }
    }

    /// The next event of the object that is being read.
    fn next_of_current(&mut self) -> Option<StoredEvent> {
        let (object, log, records) = self.current.as_mut()?;
        let of_connection = |stored: &Stored| {
            stored.seq > self.after
                && object::event(object, stored).is_some_and(|event| event.connection == self.connection)
        };
        let stored = records.find(of_connection)?;
        Some(StoredEvent { log: *log, seq: stored.seq, payload: object[stored.payload].to_vec() })
    }

    /// Gets the next object.
    fn open(&mut self, place: Place, seqs: SeqRange) -> Result<(), ReadError> {
        let object = match self.core.object(place) {
            Ok(Some(object)) => object,
            // It was released, or somebody has removed it.
            Ok(None) if !self.core.objects().contains(place) => return Ok(()),
            Ok(None) => {
                let source = io::Error::new(io::ErrorKind::NotFound, "the object is gone");
                return Err(ReadError::UnreadableFile { log: place.log, seqs, file: place.key(), source });
            }
            Err(source) => {
                self.objects.clear();
                return Err(ReadError::Io { file: place.key(), source });
            }
        };
        if let Some(content) = object::decode(place, &object) {
            self.current = Some((object, place.log, content.records.into_iter()));
            return Ok(());
        }
        let source = io::Error::new(io::ErrorKind::InvalidData, "the object is damaged");
        Err(ReadError::UnreadableFile { log: place.log, seqs, file: place.key(), source })
    }
}

impl<B: Bucket> Iterator for BucketReader<B> {
    type Item = Result<StoredEvent, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(event) = self.next_of_current() {
                return Some(Ok(event));
            }
            self.current = None;
            let (place, seqs) = self.objects.pop_front()?;
            if let Err(error) = self.open(place, seqs) {
                return Some(Err(error));
            }
        }
    }
}

impl<B: Bucket> fmt::Debug for BucketReader<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BucketReader")
            .field("connection", &self.connection)
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}
