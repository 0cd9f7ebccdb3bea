//! What may happen in a state.

use stateright::{Model, Property};

use crate::action::Action;
use crate::guard::Guard;
use crate::properties;
use crate::state::{DELIVERIES, Object, PROCESSES, State, Step, Sync};

/// The protocol, with all its guards or without one.
#[derive(Clone, Copy, Debug)]
pub struct Protocol {
    /// The guard that is left out.
    pub without: Option<Guard>,
    /// How many power cuts there may be: 0 or 1. There must be a process that is left.
    pub crashes: u8,
    /// How many replies of store and destination may be lost or wrong.
    pub lost_replies: u8,
    /// How many resyncs there may be.
    pub resyncs: u8,
}

impl Protocol {
    pub(crate) fn has(self, guard: Guard) -> bool {
        self.without != Some(guard)
    }

    /// What processes would still do by themselves.
    pub(crate) fn progress(self, state: &State) -> Vec<Action> {
        let mut actions = Vec::new();
        self.actions(state, &mut actions);
        actions.retain(|action| action.is_progress());
        actions
    }

    fn receiving(self, state: &State, actions: &mut Vec<Action>) {
        for delivery in 0..DELIVERIES {
            let number = u8::try_from(delivery).expect("few");
            match state.places[delivery] {
                None => {
                    let alive = (0..PROCESSES).filter(|process| !state.is_gone[*process]);
                    actions.extend(alive.map(|process| Action::Receive(number, process)));
                }
                // A process that is gone answers nobody.
                Some((log, seq)) if !state.is_acknowledged[delivery] && !state.is_gone[usize::from(log)] => {
                    let is_flushed = seq <= state.logs[usize::from(log)].flushed;
                    if is_flushed || !self.has(Guard::AcknowledgeAfterTheFlush) {
                        actions.push(Action::Acknowledge(number));
                    }
                }
                Some(_) => {}
            }
        }
        for process in 0..PROCESSES {
            let log = &state.logs[process];
            if !state.is_gone[process] && usize::from(log.flushed) < log.records.len() {
                actions.push(Action::Flush(process));
            }
        }
    }

    fn archiving(self, state: &State, number: usize, actions: &mut Vec<Action>) {
        let log = &state.logs[number];
        if state.is_gone[number] && !self.has(Guard::TakeOver) {
            return;
        }
        match (log.step, log.bounds) {
            (Step::Open, None) => {
                actions.extend((log.archived + 1..=log.flushed).map(|last| Action::Decide(number, last)));
            }
            (Step::Open, Some((_, is_durable))) => {
                if !is_durable {
                    actions.push(Action::FlushBounds(number));
                }
                if is_durable || !self.has(Guard::BoundsBeforeThePut) {
                    actions.push(Action::Put(number));
                    if state.lost_replies_left > 0 {
                        actions.push(Action::PutAndLoseTheReply(number));
                        actions.push(Action::RefuseThePut(number));
                    }
                    if !self.has(Guard::RegisterAfterThePut) {
                        actions.push(Action::Register(number));
                    }
                    if !self.has(Guard::ReleaseAfterTheRegistry) {
                        actions.push(Action::Release(number));
                    }
                }
            }
            (Step::Unsure, _) => actions.push(Action::Compare(number)),
            (Step::Stored, _) => actions.push(Action::Register(number)),
            (Step::Registered, _) => actions.push(Action::Release(number)),
            (Step::Stopped, _) => {}
        }
        if !self.has(Guard::OneArchiver) && !state.is_gone[0] && !state.is_gone[1] {
            let registered = state.registry[number].last().map_or(0, |object| object.seqs.1);
            actions.extend((registered + 1..=log.flushed).map(|last| Action::ArchiveTwice(number, last)));
        }
        if state.store[number].iter().any(|object| !state.registry[number].contains(object)) {
            actions.push(Action::EnterMissing(number));
        }
    }

    fn syncing(state: &State, process: usize, actions: &mut Vec<Action>) {
        match &state.syncs[process] {
            Sync::Idle => {
                for log in 0..PROCESSES {
                    let behind = Self::behind(state, log).len();
                    let behind = u8::try_from(behind).expect("few");
                    actions.extend((1..=behind).map(|count| Action::ReadLoad(process, log, count)));
                }
                if state.resyncs_left > 0 && state.registry.iter().any(|objects| !objects.is_empty()) {
                    actions.push(Action::BeginResync(process));
                }
            }
            Sync::Load { .. } => {
                actions.push(Action::Commit(process));
                if state.lost_replies_left > 0 {
                    actions.push(Action::CommitAndLoseTheReply(process));
                }
            }
            Sync::Resync { .. } => actions.push(Action::Replace(process)),
        }
    }

    /// The objects that are registered behind the checkpoint.
    pub(crate) fn behind(state: &State, log: usize) -> Vec<&Object> {
        let objects = state.registry[log].iter();
        // What is registered and not in the store cannot be read.
        let objects = objects.filter(|object| object.seqs.1 > state.checkpoints[log]);
        objects.take_while(|object| state.store[log].contains(object)).collect()
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            crashes_left: self.crashes,
            lost_replies_left: self.lost_replies,
            resyncs_left: self.resyncs,
            ..State::default()
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.receiving(state, actions);
        for log in 0..PROCESSES {
            self.archiving(state, log, actions);
        }
        for process in (0..PROCESSES).filter(|process| !state.is_gone[*process]) {
            Self::syncing(state, process, actions);
        }
        if state.crashes_left > 0 {
            for process in 0..PROCESSES {
                let log = &state.logs[process];
                let unflushed = u8::try_from(log.records.len()).expect("few") - log.flushed;
                let may_keep_bounds = log.bounds.is_some_and(|(_, is_durable)| !is_durable);
                for kept in 0..=unflushed {
                    actions.push(Action::PowerCut(process, kept, false));
                    if may_keep_bounds {
                        actions.push(Action::PowerCut(process, kept, true));
                    }
                }
            }
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        self.apply(&mut next, action);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}
