//! Goes on with the logs of other processes: when this one starts, with those of its owner, and with any when nothing was put into it for a
//! while.
//!
//! The owner of a log acknowledges an object only when all before it are there. So whoever goes on puts empty objects where one is missing,
//! and one behind the last: an owner that lives all the same meets one of them, stops, and acknowledges nothing behind it. What is read is
//! therefore complete up to its last seq, whatever the clock says. Empty objects stay for [`KEPT`].
//!
//! An owner whose log was closed by a process of another owner goes on in a further log. So a process that starts also puts, for each log of
//! its owner, which one follows ([`super::successor`]).

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::core::Core;
use super::current::FIRST_NUMBER;
use super::listing::{Listing, Log, list};
use super::object::{self, Facts, Place};
use super::objects::Object;
use super::parallel;
use super::put::{again, put};
use super::{Bucket, successor};
use crate::event::LogId;
use crate::planted_bug;
use crate::queue::lock;
use crate::recovery::Loss;

/// How long an empty object stays in the place of another. No put is that late.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Goes on with the logs of others: with those that have ended, and, if this process is starting, with those of its owner. `now` is in
/// microseconds since 1970.
pub(super) fn run<B: Bucket>(core: &Core<B>, now: i64, is_start: bool) -> io::Result<()> {
    let current = lock(&core.current).id;
    let age_of = |micros: i64| u128::try_from(now - micros).unwrap_or(0);
    let mut listing = list(core)?;
    loop {
        // One that another process goes on with must not take for ended who does.
        if is_superseded(core, current, &listing)? {
            core.supersede();
            return Ok(());
        }
        if !is_start || put_successors(core, current, &listing)? {
            break;
        }
        listing = list(core)?;
    }
    let left: Vec<LogId> = lock(&core.others).begun.iter().copied().take_while(|log| *log != current).collect();
    for (id, log) in &listing.logs {
        if *id == current {
            continue;
        }
        let age = age_of(log.newest);
        let places: BTreeSet<Place> = log.places.keys().copied().collect();
        let is_closed = log.is_closed_and_empty();
        if is_closed {
            lock(&core.others).empty.extend(&places);
        }
        let is_ended = age >= core.settings.take_over_after.as_micros();
        // Once this process has started, only one that has started later begins a log of its owner, or it did itself.
        let is_taken = is_closed
            || (is_start || is_ended) && {
                let is_of_owner = owner(core, *id, log)? == Some(core.settings.owner);
                if is_start { is_ended || is_of_owner } else { !is_of_owner || left.contains(id) }
            };
        if is_taken {
            take(core, *id, places)?;
            if age >= KEPT.as_micros() {
                remove_empty(core, *id);
            }
        }
    }
    for ((log, owner), put_at) in &listing.successors {
        if !listing.logs.contains_key(log) && age_of(*put_at) >= KEPT.as_micros() {
            // What fails is tried again.
            let _ = core.bucket.remove(&successor::key(*log, *owner));
        }
    }
    Ok(())
}

/// Whether a process that has started later goes on with the current log.
fn is_superseded<B: Bucket>(core: &Core<B>, current: LogId, listing: &Listing) -> io::Result<bool> {
    let owner = core.settings.owner;
    if !listing.successors.contains_key(&(current, owner)) {
        return Ok(false);
    }
    let found = again(core, || core.bucket.get(&successor::key(current, owner)))?;
    // It may say that a log follows that this process has begun in the meantime.
    let is_own = |found: &[u8]| lock(&core.others).begun.iter().any(|log| *successor::encode(*log) == *found);
    Ok(found.is_some_and(|found| !is_own(&found)))
}

/// Puts that the current log follows each one that may be of the same owner, unless it is known which one does. Returns false if something else
/// follows one of them that was not known: it was begun before that was put, and another listing shows it.
fn put_successors<B: Bucket>(core: &Core<B>, current: LogId, listing: &Listing) -> io::Result<bool> {
    let of_owner = core.settings.owner;
    let mut is_complete = true;
    for (id, log) in &listing.logs {
        if *id == current || listing.successors.contains_key(&(*id, of_owner)) {
            continue;
        }
        if owner(core, *id, log)?.is_none_or(|owner| owner == of_owner) && !planted_bug!(PutsNoSuccessor) {
            is_complete &= put(core, &successor::key(*id, of_owner), &successor::encode(current))?.is_none();
        }
    }
    Ok(is_complete)
}

/// The owner of a log, as its first object says that is not damaged, and has not closed it; none if no such object is left.
fn owner<B: Bucket>(core: &Core<B>, id: LogId, log: &Log) -> io::Result<Option<[u8; 16]>> {
    if let Some(owner) = lock(&core.others).owners.get(&id) {
        return Ok(Some(*owner));
    }
    for (place, _) in log.places.iter().filter(|(place, has_events)| place.number < FIRST_NUMBER || **has_events) {
        let Some(found) = again(core, || core.bucket.get(&place.key()))? else { continue };
        if let Some(content) = object::decode(*place, &found) {
            lock(&core.others).owners.insert(id, content.facts.owner);
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
    // The first object was there before all others.
    let mut durable = FIRST_NUMBER - 1;
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
