//! Goes on with the logs of other processes: when this one starts, with those of its owner, and with any when nothing was put into it for a
//! while.
//!
//! The owner of a log acknowledges an object only when all before it are there. So whoever goes on puts empty objects where one is missing,
//! and one behind the last: an owner that lives all the same meets one of them, stops, and acknowledges nothing behind it. What is read is
//! therefore complete up to its last seq, whatever the clock says. Empty objects stay for [`KEPT`].

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::core::Core;
use super::object::{self, Facts, OBJECT_HEADER_BYTES, Place};
use super::objects::Object;
use super::parallel;
use super::put::{again, put};
use super::{Bucket, Listed};
use crate::event::LogId;
use crate::planted_bug;
use crate::queue::lock;
use crate::recovery::Loss;

/// How long an empty object stays in the place of another. No put is that late.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Goes on with the logs of others: with those that have ended, and, if this process is starting, with those of its owner. `now` is in
/// microseconds since 1970.
pub(super) fn run<B: Bucket>(core: &Core<B>, now: i64, is_start: bool) -> io::Result<()> {
    let mut logs: BTreeMap<LogId, Vec<(Place, i64)>> = BTreeMap::new();
    let mut with_events = BTreeSet::new();
    let current = Arc::clone(&lock(&core.current));
    let mut closing = Vec::new();
    for Listed { key, bytes, modified } in again(core, || core.bucket.list())? {
        if let Some(place) = Place::of_key(&key) {
            logs.entry(place.log).or_default().push((place, modified));
            if bytes > OBJECT_HEADER_BYTES as u64 {
                with_events.insert(place.log);
            } else if place.log == current.id && place.number >= current.first_number {
                closing.push(place);
            }
        }
    }
    // One that another process goes on with must not take for ended who does.
    if !closing.is_empty() && owner(core, current.id, &closing.into_iter().collect())? == Some(core.settings.owner) {
        core.supersede();
        return Ok(());
    }
    logs.remove(&current.id);
    for (log, objects) in logs {
        let newest = objects.iter().map(|(_, modified)| *modified).max().unwrap_or(0);
        let age = u128::try_from(now - newest).unwrap_or(0);
        let places: BTreeSet<Place> = objects.iter().map(|(place, _)| *place).collect();
        let is_ended = age >= core.settings.take_over_after.as_micros();
        let is_closed = !with_events.contains(&log) && places.iter().any(|place| place.number > 1);
        if is_closed {
            // Nothing is in it but what has closed it.
            lock(&core.others).empty.extend(&places);
        }
        if is_closed || is_ended || (is_start && owner(core, log, &places)? == Some(core.settings.owner)) {
            take(core, log, places)?;
            if age >= KEPT.as_micros() {
                remove_empty(core, log);
            }
        }
    }
    Ok(())
}

/// The owner of a log, as its first object says that is not damaged.
fn owner<B: Bucket>(core: &Core<B>, log: LogId, places: &BTreeSet<Place>) -> io::Result<Option<[u8; 16]>> {
    if let Some(owner) = lock(&core.others).owners.get(&log) {
        return Ok(Some(*owner));
    }
    for place in places {
        let Some(found) = again(core, || core.bucket.get(&place.key()))? else { continue };
        if let Some(content) = object::decode(*place, &found) {
            lock(&core.others).owners.insert(log, content.facts.owner);
            return Ok(Some(content.facts.owner));
        }
    }
    Ok(None)
}

/// What was found in a log that is not closed yet.
#[derive(Default)]
struct Found {
    with_events: BTreeMap<Place, Object>,
    empty: BTreeSet<Place>,
    damaged: BTreeSet<Place>,
}

/// Reads the objects of a log that are not known, and closes its row. Nobody sees its events before it is closed: one that has a lower seq could
/// still come, and be acknowledged.
fn take<B: Bucket>(core: &Core<B>, log: LogId, mut places: BTreeSet<Place>) -> io::Result<()> {
    let at_once = core.surroundings.requests_at_once();
    let is_unknown = |place: &&Place| !core.objects().contains(**place) && !lock(&core.others).empty.contains(*place);
    let mut unknown: Vec<Place> = places.iter().filter(is_unknown).copied().collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let mut durable = 0;
    let mut found = Found::default();
    loop {
        for (place, read) in unknown.iter().zip(parallel::each(at_once, &unknown, |place| read(core, *place))?) {
            match read {
                Read::Events(known, object) => {
                    durable = durable.max(known);
                    found.with_events.insert(*place, object);
                }
                Read::Empty(known) => {
                    durable = durable.max(known);
                    found.empty.insert(*place);
                }
                Read::Damaged => _ = found.damaged.insert(*place),
                // It was released by its owner.
                Read::Gone => {}
            }
        }
        if planted_bug!(ClosesNoLog) {
            show(core, found);
            return Ok(());
        }
        let Some(last) = places.last().copied() else { return Ok(()) };
        // What closes a log is put in the order of the numbers: if the last object does, nothing is missing.
        let is_empty = |place: &Place| found.empty.contains(place) || lock(&core.others).empty.contains(place);
        let is_closed = last.number > 1 && is_empty(&last);
        let end = if is_closed { durable } else { last.number + 1 };
        let durable = if planted_bug!(LeavesGapsOpen) { durable.max(last.number) } else { durable };
        let missing = (durable + 1..=end).map(|number| Place { log, number }).filter(|place| !places.contains(place));
        let mut others = Vec::new();
        for place in missing {
            let facts = Facts { owner: core.settings.owner, durable };
            let empty: Arc<[u8]> = object::encode(place, facts, &[], 0).into();
            match put(core, &place.key(), &empty)? {
                None => _ = found.empty.insert(place),
                // Its owner has put it meanwhile, or somebody else has closed the row.
                Some(_) => others.push(place),
            }
        }
        if others.is_empty() {
            show(core, found);
            return Ok(());
        }
        places.extend(&others);
        unknown = others;
    }
}

/// What an object is.
enum Read {
    /// One with events, and up to where its log was durable when it was made.
    Events(u64, Object),
    /// Likewise, without events.
    Empty(u64),
    Damaged,
    Gone,
}

/// Reads an object.
fn read<B: Bucket>(core: &Core<B>, place: Place) -> io::Result<Read> {
    let Some(found) = again(core, || core.bucket.get(&place.key()))? else { return Ok(Read::Gone) };
    let Some(content) = object::decode(place, &found) else { return Ok(Read::Damaged) };
    let durable = content.facts.durable;
    let is_empty = content.records.is_empty();
    Ok(if is_empty { Read::Empty(durable) } else { Read::Events(durable, Object::of(&found, &content)) })
}

/// Lets readers find what was found in a log, and notes what is lost with damaged objects, of which it is not known how many events they had.
fn show<B: Bucket>(core: &Core<B>, found: Found) {
    for (place, object) in found.with_events {
        core.objects().add(place, object);
    }
    let mut others = lock(&core.others);
    others.empty.extend(found.empty);
    for place in found.damaged {
        others.empty.insert(place);
        others.losses.push(Loss { log: place.log, seqs: Vec::new(), file: place.key() });
    }
}

fn remove_empty<B: Bucket>(core: &Core<B>, log: LogId) {
    if planted_bug!(KeepsWhatWasReleased) {
        return;
    }
    if core.objects().connections().contains_key(&log) {
        return;
    }
    let of_log = |place: &&Place| place.log == log;
    let empty: Vec<Place> = lock(&core.others).empty.iter().filter(of_log).copied().collect();
    for place in empty {
        if core.bucket.remove(&place.key()).is_ok() {
            lock(&core.others).empty.remove(&place);
        }
    }
}
