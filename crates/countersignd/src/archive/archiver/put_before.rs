//! Recognises an object that an earlier try has put, whose entry in the registry has failed, and which has other lines than the events have
//! that can be read now.
//!
//! An event that the disk cannot read is passed over after a while, and is noted as lost. The disk may read it at one of two tries and not at the
//! other: then one of them has a line that the other has not. Such an object is ours, and what it holds is entered. An event that it does not
//! hold stays noted as lost, and comes back as such events do ([`crate::sync::recovered`]).

use std::collections::BTreeMap;
use std::io;

use bytes::Bytes;
use countersign_inbox::{LogId, Seq};

use super::Archiver;
use crate::archive::check::look;
use crate::archive::error::ArchiveError;
use crate::archive::line::ArchivedEvent;
use crate::archive::object::{self, Bounds};
use crate::archive::put::OBJECT_BYTES_MAX;
use crate::archive::registry::Object;
use crate::archive::stores::Place;
use crate::background;

impl Archiver {
    /// The object that is under the key of these bounds in place of `ours`, if an earlier try has put it.
    ///
    /// # Errors
    /// If store or registry fail.
    pub(super) async fn put_before(
        &self,
        place: &Place,
        bounds: &Bounds,
        ours: Bytes,
    ) -> Result<Option<Object>, ArchiveError> {
        let key = bounds.key();
        let Some(found) = place.store.get(&key).await.map_err(ArchiveError::Store)? else { return Ok(None) };
        let compared = background::run({
            let (name, bounds) = (place.name.clone(), bounds.clone());
            move || {
                let others = others(&found, &ours)?;
                Some((look(name, bounds, &found)?, others))
            }
        });
        let Some((object, others)) = compared.await.map_err(|_| ArchiveError::Ending)? else { return Ok(None) };
        let log = bounds.log_id().unwrap_or(LogId([0; 16]));
        for seq in others {
            if !self.metadata.is_lost(&bounds.connection, log, seq)? {
                return Ok(None);
            }
        }
        // Whoever has put it may have been stopped before it was durable.
        place.store.flush(&key).await.map_err(ArchiveError::Store)?;
        Ok(Some(object))
    }
}

/// The seqs of the events that only one of two objects holds; none if they have different lines of one event, or are not readable.
fn others(found: &[u8], ours: &[u8]) -> Option<Vec<Seq>> {
    let (mut found, ours) = (lines(found).ok()?, lines(ours).ok()?);
    let mut others = Vec::new();
    for (seq, line) in ours {
        match found.remove(&seq) {
            Some(same) if same == line => {}
            Some(_) => return None,
            None => others.push(seq),
        }
    }
    others.extend(found.into_keys());
    Some(others)
}

/// The digests of the lines of an object, by their seqs.
fn lines(object: &[u8]) -> io::Result<BTreeMap<Seq, [u8; 32]>> {
    let (mut digests, mut is_whole) = (BTreeMap::new(), true);
    object::read_lines(object, OBJECT_BYTES_MAX, |lines| {
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            let event = line.strip_suffix(b"\n").and_then(|line| ArchivedEvent::read(line).ok());
            // In their order, and each once.
            let follows =
                |event: &ArchivedEvent<'_>| digests.last_key_value().is_none_or(|(last, _)| *last < event.seq);
            match event.filter(follows) {
                Some(event) => _ = digests.insert(event.seq, object::digest(line)),
                None => is_whole = false,
            }
        }
    })?;
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, "a line is none of ours");
    if is_whole { Ok(digests) } else { Err(damaged()) }
}
