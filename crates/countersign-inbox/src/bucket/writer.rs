//! The threads that put objects. Each takes what waits, gives it the next number and seqs of the log, and puts it, while others do the
//! same. Where an object is made, and where a put has come to something, are steps of their own: a simulation does them in its own order.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::core::Core;
use super::current::{AHEAD_MAX, AT_ONCE, CurrentLog, FIRST_NUMBER, Object, Turn};
use super::object::{self, Facts, Place};
use super::objects;
use super::put::{Attempt, attempt};
use super::{Bucket, next_log};
use crate::planted_bug;
use crate::queue::{Appended, Next, lock};

/// How long a failed put waits before the next attempt.
pub(super) const FIRST_WAIT: Duration = Duration::from_millis(50);
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// The longest that an object is held back so that puts are spread over time.
const SPREAD_MAX: Duration = Duration::from_millis(25);

/// Over how many parts of the time that a put takes they are spread: fewer than may be under way, so that one that takes long leaves room.
const SPREAD_PARTS: u32 = 6;

/// How long a put is taken to take before the first has ended.
const TYPICAL_PUT: Duration = Duration::from_millis(100);

/// Puts objects until the inbox is closed and nothing waits.
pub(super) fn upload<B: Bucket>(core: &Core<B>) {
    while let Some((log, object)) = next_object(core) {
        let bytes = object.bytes.len() as u64;
        put(core, &log, object);
        has_ended(core, bytes);
    }
}

/// Notes that the put of an object with so many bytes has ended.
pub(super) fn has_ended<B: Bucket>(core: &Core<B>, bytes: u64) {
    core.bytes_under_way.fetch_sub(bytes, Ordering::Relaxed);
    core.progress.notify_all();
}

/// Waits for events, and makes the next object of them; none at the end.
fn next_object<B: Bucket>(core: &Core<B>) -> Option<(Arc<CurrentLog>, Object)> {
    let mut turn = lock(&core.turn);
    if core.is_superseded() {
        turn.taken.clear();
    }
    // What is left of a full object is not held back.
    if turn.taken.is_empty() {
        match core.queue.wait() {
            Next::Write(events) => turn.taken = events,
            Next::Idle | Next::End => return None,
        }
        spread(core, &turn);
    }
    let Some((log, durable)) = wait_for_room(core, &mut turn) else {
        turn.taken.clear();
        return None;
    };
    let object = make(core, &mut turn, &log, durable);
    Some((log, object))
}

/// The next object of events that wait, without waiting for them or for room; none if there are none, or no room.
#[cfg(feature = "sim")]
pub(super) fn next_object_now<B: Bucket>(core: &Core<B>) -> Option<(Arc<CurrentLog>, Object)> {
    let mut turn = lock(&core.turn);
    if turn.taken.is_empty()
        && let Next::Write(events) = core.queue.take()
    {
        turn.taken = events;
    }
    if turn.taken.is_empty() {
        return None;
    }
    let mut current = Arc::clone(&lock(&core.current));
    if lock(&current.row).is_stopped() && next_log::begin(core, &mut turn) {
        current = Arc::clone(&lock(&core.current));
    }
    match room(core, &current, &turn) {
        Room::For(log, durable) => {
            let object = make(core, &mut turn, &log, durable);
            Some((log, object))
        }
        Room::NotYet | Room::InAnother => None,
        Room::Never => {
            turn.taken.clear();
            None
        }
    }
}

/// Makes an object of what was taken and of what waits, as far as there is room in it.
fn make<B: Bucket>(core: &Core<B>, turn: &mut Turn, log: &CurrentLog, durable: u64) -> Object {
    if let Next::Write(events) = core.queue.take() {
        turn.taken.extend(events);
    }
    let (_, number, first_seq) = turn.next.filter(|(of, ..)| *of == log.id).unwrap_or((log.id, FIRST_NUMBER, 1));
    let mut bytes = 0;
    let mut events = Vec::new();
    while let Some(event) = turn.taken.pop_front() {
        if bytes > 0 && bytes + event.payload.len() > core.settings.object_bytes {
            turn.taken.push_front(event);
            break;
        }
        bytes += event.payload.len();
        events.push(event);
    }
    let place = Place { log: log.id, number };
    let facts = Facts { owner: core.settings.owner, durable };
    let bytes: Arc<[u8]> = object::encode(place, facts, &events, first_seq).into();
    turn.next = Some((log.id, number + 1, first_seq + events.len() as u64));
    turn.last_began = Some(Instant::now());
    core.bytes_under_way.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    if planted_bug!(AcknowledgesBeforeThePut) {
        for (event, seq) in events.iter().zip(first_seq..) {
            event.tell(Ok(Appended { log: log.id, seq }));
        }
    }
    Object { place, bytes, events, first_seq }
}

/// Waits until the puts that are under way are spread over the time that one takes. Otherwise all begin at once, each with few events.
fn spread<B: Bucket>(core: &Core<B>, turn: &Turn) {
    let Some(last_began) = turn.last_began else { return };
    if core.bytes_under_way.load(Ordering::Relaxed) == 0 || lock(&core.closing_since).is_some() {
        return;
    }
    let put_time = core.put_time().unwrap_or(TYPICAL_PUT);
    thread::sleep((put_time / SPREAD_PARTS).min(SPREAD_MAX).saturating_sub(last_began.elapsed()));
}

/// Waits until another object may begin. Returns the log, which is another one if the last has stopped, and how far it is durable; none if
/// another process goes on with the inbox, or if it is closed and the store fails for too long.
fn wait_for_room<B: Bucket>(core: &Core<B>, turn: &mut Turn) -> Option<(Arc<CurrentLog>, u64)> {
    let mut current = lock(&core.current);
    loop {
        match room(core, &current, turn) {
            Room::For(log, durable) => return Some((log, durable)),
            Room::Never => return None,
            Room::NotYet => {}
            Room::InAnother => {
                // The store is not asked while others wait for this lock.
                drop(current);
                let is_known = next_log::begin(core, turn);
                if !is_known && is_late(core) {
                    core.queue.close_and_drop();
                    return None;
                }
                current = lock(&core.current);
                if is_known {
                    continue;
                }
            }
        }
        let waited = core.progress.wait_timeout(current, Duration::from_millis(100));
        current = waited.unwrap_or_else(PoisonError::into_inner).0;
    }
}

/// Whether another object may begin.
enum Room {
    /// In this log, of which so much is durable.
    For(Arc<CurrentLog>, u64),
    /// Others must become durable before.
    NotYet,
    /// The log has stopped: in another one, which is to be begun.
    InAnother,
    /// Another process goes on with the inbox.
    Never,
}

/// Whether another object may begin in the current log.
fn room<B: Bucket>(core: &Core<B>, current: &Arc<CurrentLog>, turn: &Turn) -> Room {
    if core.is_superseded() {
        return Room::Never;
    }
    if lock(&current.row).is_stopped() {
        return Room::InAnother;
    }
    let (durable, bytes_waiting) = {
        let row = lock(&current.row);
        (row.durable(), row.waiting().map(|object| object.bytes.len() as u64).sum::<u64>())
    };
    let number = turn.next.filter(|(of, ..)| *of == current.id).map_or(FIRST_NUMBER, |(_, number, _)| number);
    // Those that wait behind a slow put take no more memory than as many that are under way may take.
    let bytes = bytes_waiting + core.bytes_under_way.load(Ordering::Relaxed);
    let is_ahead = number > durable + AT_ONCE as u64;
    let has_room =
        !is_ahead || number <= durable + AHEAD_MAX as u64 && bytes < (core.settings.object_bytes * AT_ONCE) as u64;
    if has_room { Room::For(Arc::clone(current), durable) } else { Room::NotYet }
}

/// Whether an object was put by a process of the same owner.
fn is_of_owner<B: Bucket>(core: &Core<B>, place: Place, found: &[u8]) -> bool {
    object::decode(place, found).is_some_and(|content| content.facts.owner == core.settings.owner)
}

/// Puts an object, and tells the outcome to whoever waits for it, or for those behind it.
fn put<B: Bucket>(core: &Core<B>, log: &CurrentLog, object: Object) {
    let began = Instant::now();
    let mut wait = FIRST_WAIT;
    let mut object = object;
    loop {
        let attempt = attempt(&core.bucket, &object.place.key(), &object.bytes);
        match settle(core, log, object, attempt, began.elapsed()) {
            None => return,
            Some(again) => object = again,
        }
        core.surroundings.wait(wait);
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Draws the consequence of an attempt to put an object, whose first began so long ago. Returns the object if it is to be tried again.
pub(super) fn settle<B: Bucket>(
    core: &Core<B>,
    log: &CurrentLog,
    object: Object,
    attempt: Attempt,
    elapsed: Duration,
) -> Option<Object> {
    match attempt {
        Attempt::Durable => {
            core.measure(elapsed);
            acknowledge(core, log, object);
            return None;
        }
        Attempt::Foreign(found) => {
            let number = object.place.number;
            // What has closed a log that this process has left may be its own.
            let is_current = lock(&core.current).id == log.id;
            if is_current && is_of_owner(core, object.place, &found) {
                core.supersede();
            }
            // After that: whoever sees this failure sees why nothing more is taken.
            core.failures.fetch_add(1, Ordering::Release);
            // The store answers again, and the next object goes into another log. No put would say so: while the inbox cannot be
            // written, no event is taken.
            core.is_writable.store(!core.is_superseded(), Ordering::Relaxed);
            // What is dropped has failed.
            drop((lock(&log.row).stop(number), object));
            return None;
        }
        Attempt::Unknown => {
            core.failures.fetch_add(1, Ordering::Relaxed);
            core.is_writable.store(false, Ordering::Relaxed);
        }
    }
    if is_late(core) || core.is_superseded() {
        drop((lock(&log.row).stop(object.place.number), object));
        return None;
    }
    Some(object)
}

/// Whether the end of the process has waited for the store for as long as it may.
fn is_late<B: Bucket>(core: &Core<B>) -> bool {
    lock(&core.closing_since).is_some_and(|since| since.elapsed() >= core.settings.close_timeout)
}

/// Tells those who wait for an object that is there, or for those behind it, that their events are durable.
fn acknowledge<B: Bucket>(core: &Core<B>, log: &CurrentLog, object: Object) {
    core.is_writable.store(!core.is_superseded(), Ordering::Relaxed);
    let (number, mut row) = (object.place.number, lock(&log.row));
    let settled = match row.set_done(number, object) {
        Ok(durable) => durable,
        Err(object) => {
            drop((row, object));
            return;
        }
    };
    // Nobody is told before readers find it.
    for (_, object) in &settled {
        if let Some(content) = object::decode(object.place, &object.bytes) {
            core.objects().add(object.place, objects::Object::of(&object.bytes, &content));
            core.remember(object.place, Arc::clone(&object.bytes));
        }
    }
    drop(row);
    core.last_durable_at.store(core.surroundings.now().cast_unsigned(), Ordering::Relaxed);
    for (_, object) in settled {
        for (event, seq) in object.events.into_iter().zip(object.first_seq..) {
            event.settle(Ok(Appended { log: object.place.log, seq }));
        }
    }
}
