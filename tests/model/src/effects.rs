//! What becomes of a state when something happens.

use crate::action::Action;
use crate::guard::Guard;
use crate::protocol::Protocol;
use crate::state::{Delivery, Object, PROCESSES, Row, State, Step, Sync};

impl Protocol {
    /// What the next object of a log holds.
    fn object(state: &State, log: usize, last: u8) -> Object {
        let of = &state.logs[log];
        let seqs = (of.archived + 1, last);
        // What was released is not there any more.
        let first = seqs.0.max(of.released + 1);
        let records = of.records.get(usize::from(first) - 1..usize::from(last)).unwrap_or_default();
        Object { seqs, deliveries: records.to_vec() }
    }

    fn register(state: &mut State, log: usize, object: &Object) {
        let registry = &mut state.registry[log];
        if registry.iter().all(|other| other.seqs.0 != object.seqs.0) {
            registry.push(object.clone());
            registry.sort_unstable();
        }
    }

    fn power_cut(state: &mut State, process: usize, kept: u8, has_bounds: bool) {
        state.crashes_left -= 1;
        state.is_gone[process] = true;
        state.syncs[process] = Sync::Idle;
        let registered = state.registry[process].iter().map(|object| object.seqs.1).max().unwrap_or(0);
        let log = &mut state.logs[process];
        log.flushed += kept;
        for delivery in log.records.drain(usize::from(log.flushed)..) {
            // Whoever was not answered sends it again, to the other.
            if !state.is_acknowledged[usize::from(delivery)] {
                state.places[usize::from(delivery)] = None;
            }
        }
        log.bounds = log.bounds.filter(|(_, is_durable)| *is_durable || has_bounds).map(|(last, _)| (last, true));
        (log.archived, log.step) = (registered, Step::Open);
        Self::forget_bounds(state, process);
    }

    /// Bounds are done with, once what they begin with is archived.
    fn forget_bounds(state: &mut State, log: usize) {
        let log = &mut state.logs[log];
        if log.bounds.is_some_and(|(last, _)| last <= log.archived) {
            log.bounds = None;
        }
    }

    fn row(self, state: &State, delivery: Delivery) -> Row {
        // Without the guard, what has no id of a sender gets another one each time.
        let is_anew = !self.has(Guard::KeepTheId) && delivery == 2;
        let count = u8::try_from(state.rows_with(State::id(delivery)).count()).expect("few");
        let id = if is_anew { 10 + count + state.outcomes[2] } else { State::id(delivery) };
        Row { id, delivery }
    }

    fn insert(self, state: &mut State, delivery: Delivery) {
        let row = self.row(state, delivery);
        if state.rows_with(row.id).next().is_none() || !self.has(Guard::LookForTheId) {
            state.rows.push(row);
        }
    }

    fn commit(self, state: &mut State, process: usize) {
        let Sync::Load { log, expected, last, deliveries, is_half_done } = state.syncs[process].clone() else { return };
        let checkpoint = &mut state.checkpoints[usize::from(log)];
        if *checkpoint != expected && self.has(Guard::CompareAndSet) && !is_half_done {
            state.syncs[process] = Sync::Idle;
            return;
        }
        *checkpoint = last;
        if !self.has(Guard::CheckpointWithTheRows) && !is_half_done {
            state.syncs[process] = Sync::Load { log, expected, last, deliveries, is_half_done: true };
            return;
        }
        for delivery in deliveries {
            state.outcomes[usize::from(delivery)] += 1;
            self.insert(state, delivery);
        }
        state.syncs[process] = Sync::Idle;
    }

    fn replace(self, state: &mut State, process: usize) {
        let Sync::Resync { mut objects, is_half_done } = std::mem::take(&mut state.syncs[process]) else { return };
        let Some(object) = objects.first().cloned() else { return };
        // Another delivery with the same `_id` keeps its rows.
        let is_of_another =
            |delivery: Delivery| state.rows_with(State::id(delivery)).any(|row| row.delivery != delivery);
        let ours: Vec<_> = object.deliveries.into_iter().filter(|one| !is_of_another(*one)).collect();
        if !is_half_done {
            state.rows.retain(|row| !ours.iter().any(|one| State::id(*one) == row.id));
            if !self.has(Guard::ReplaceAtOnce) {
                state.syncs[process] = Sync::Resync { objects, is_half_done: true };
                return;
            }
        }
        for delivery in ours {
            self.insert(state, delivery);
        }
        objects.remove(0);
        if !objects.is_empty() {
            state.syncs[process] = Sync::Resync { objects, is_half_done: false };
        }
    }

    fn receive(self, state: &mut State, delivery: Delivery, process: usize) {
        let number = usize::from(delivery);
        // Without the guard, the second copy of an event is not stored where the first one was seen.
        let first = state.places[0].filter(|(log, _)| usize::from(*log) == process);
        if delivery == 1 && first.is_some() && !self.has(Guard::StoreRepetitions) {
            state.places[number] = first;
            state.is_acknowledged[number] = true;
            return;
        }
        let log = &mut state.logs[process];
        log.records.push(delivery);
        let seq = u8::try_from(log.records.len()).expect("few");
        state.places[number] = Some((u8::try_from(process).expect("two"), seq));
    }

    fn put(self, state: &mut State, log: usize, is_lost: bool) {
        let (last, _) = state.logs[log].bounds.expect("they were decided");
        let object = Self::object(state, log, last);
        let is_there = state.store[log].iter().any(|other| other.seqs == object.seqs);
        state.lost_replies_left -= u8::from(is_lost);
        if !is_there {
            state.store[log].push(object);
            state.store[log].sort_unstable();
        }
        state.logs[log].step = if is_there { self.exists() } else { Step::Stored };
        if is_lost {
            state.logs[log].step = Step::Unsure;
            // What cannot tell its own object from another's tries again, and then finds it.
            if !self.has(Guard::RecogniseOurOwn) {
                state.logs[log].step = Step::Open;
            }
        }
    }

    pub(crate) fn apply(self, state: &mut State, action: Action) {
        match action {
            Action::Receive(delivery, process) => self.receive(state, delivery, process),
            Action::Flush(process) => {
                let log = &mut state.logs[process];
                log.flushed = u8::try_from(log.records.len()).expect("few");
            }
            Action::Acknowledge(delivery) => state.is_acknowledged[usize::from(delivery)] = true,
            Action::Decide(log, last) => state.logs[log].bounds = Some((last, false)),
            Action::FlushBounds(log) => state.logs[log].bounds = state.logs[log].bounds.map(|(last, _)| (last, true)),
            Action::Put(log) => self.put(state, log, false),
            Action::PutAndLoseTheReply(log) => self.put(state, log, true),
            Action::RefuseThePut(log) => {
                state.lost_replies_left -= 1;
                state.logs[log].step = self.exists();
            }
            Action::Compare(log) => {
                let (last, _) = state.logs[log].bounds.expect("they were decided");
                let ours = Self::object(state, log, last);
                let found = state.store[log].iter().find(|other| other.seqs == ours.seqs);
                state.logs[log].step = match found {
                    Some(found) if *found == ours => Step::Stored,
                    Some(_) => Step::Stopped,
                    None => Step::Open,
                };
            }
            Action::Register(log) => {
                let (last, _) = state.logs[log].bounds.expect("they were decided");
                let object = Self::object(state, log, last);
                Self::register(state, log, &object);
                state.logs[log].step = Step::Registered;
            }
            Action::Release(log) => {
                let of = &mut state.logs[log];
                let (last, _) = of.bounds.expect("they were decided");
                of.released = of.released.max(last);
                if of.step == Step::Registered {
                    (of.archived, of.bounds, of.step) = (last, None, Step::Open);
                }
            }
            Action::EnterMissing(log) => {
                for object in state.store[log].clone() {
                    Self::register(state, log, &object);
                }
            }
            Action::ArchiveTwice(log, last) => {
                let first = state.registry[log].last().map_or(1, |object| object.seqs.1 + 1);
                let records = &state.logs[log].records[usize::from(first) - 1..usize::from(last)];
                let object = Object { seqs: (first, last), deliveries: records.to_vec() };
                if state.store[log].iter().all(|other| other.seqs != object.seqs) {
                    state.store[log].push(object.clone());
                    state.store[log].sort_unstable();
                }
                Self::register(state, log, &object);
            }
            Action::ReadLoad(process, log, count) => {
                let load: Vec<_> = Self::behind(state, log).into_iter().take(usize::from(count)).cloned().collect();
                state.syncs[process] = Sync::Load {
                    log: u8::try_from(log).expect("two"),
                    expected: state.checkpoints[log],
                    last: load.last().map_or(0, |object| object.seqs.1),
                    deliveries: load.into_iter().flat_map(|object| object.deliveries).collect(),
                    is_half_done: false,
                };
            }
            Action::Commit(process) => self.commit(state, process),
            Action::CommitAndLoseTheReply(process) => {
                state.lost_replies_left -= 1;
                let load = state.syncs[process].clone();
                self.commit(state, process);
                state.syncs[process] = load;
            }
            Action::BeginResync(process) => {
                state.resyncs_left -= 1;
                let mut objects = Vec::new();
                for log in 0..PROCESSES {
                    let is_there = |object: &&Object| state.store[log].contains(object);
                    objects.extend(state.registry[log].iter().filter(is_there).cloned());
                }
                state.syncs[process] = Sync::Resync { objects, is_half_done: false };
            }
            Action::Replace(process) => self.replace(state, process),
            Action::PowerCut(process, kept, has_bounds) => Self::power_cut(state, process, kept, has_bounds),
        }
    }

    /// What is done when the store says that there is an object under the key.
    fn exists(self) -> Step {
        if !self.has(Guard::CompareWhatExists) {
            Step::Stored
        } else if !self.has(Guard::RecogniseOurOwn) {
            Step::Stopped
        } else {
            Step::Unsure
        }
    }
}
