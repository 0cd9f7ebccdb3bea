//! The protocol keeps its promises in every state that can be reached, and breaks one without any of its guards.

use std::time::Instant;

use countersign_model::{Guard, Protocol, State};
use stateright::{Checker as _, Model as _};

/// With less that can go wrong there are few states.
#[test]
fn every_state_without_faults_keeps_the_promises() {
    let checker = Protocol { lost_replies: 0, resyncs: 0, crashes: 0, ..ALL }.checker().spawn_dfs().join();
    for name in ["P1", "P2", "P3", "P4", "P8", "an event"] {
        assert!(checker.discoveries().keys().all(|found| !found.starts_with(name)), "{name}");
    }
    assert!(checker.unique_state_count() > 10_000, "{}", checker.unique_state_count());
}

const ALL: Protocol = Protocol { without: None, crashes: 1, lost_replies: 1, resyncs: 1 };

/// Two processes, three deliveries of two events, as many objects as they are cut into, one power cut, one lost reply, one resync.
#[test]
#[ignore = "three million states: scripts/test-model"]
fn every_state_keeps_the_promises() {
    let began = Instant::now();
    let checker = ALL.checker().symmetry_fn(State::representative).threads(2).spawn_dfs().join();
    checker.assert_properties();
    println!(
        "all guards: {} states, {} transitions, at most {} steps, {:.1} s, no counterexample",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        began.elapsed().as_secs_f64()
    );
}

/// The promise that each guard is for, of which the shortest counterexample is shown.
fn broken(guard: Guard) -> &'static str {
    match guard {
        Guard::AcknowledgeAfterTheFlush | Guard::StoreRepetitions => "P1 what is acknowledged is durable",
        Guard::CompareWhatExists | Guard::ReleaseAfterTheRegistry => "P2 what is acknowledged is somewhere",
        Guard::BoundsBeforeThePut | Guard::OneArchiver => "an event stands in one object",
        Guard::RecogniseOurOwn | Guard::RegisterAfterThePut | Guard::TakeOver => {
            "P8 whichever process is left brings all into the table"
        }
        Guard::CompareAndSet => "P3 a delivery has at most one outcome",
        Guard::CheckpointWithTheRows | Guard::ReplaceAtOnce => "P3 what the checkpoint covers is in the table",
        Guard::LookForTheId => "P4 deliveries with one id are one row",
        Guard::KeepTheId => "P4 a row has the id that was answered",
    }
}

#[test]
fn without_a_guard_there_is_a_counterexample() {
    for guard in Guard::ALL {
        let promise = broken(guard);
        let protocol = Protocol { without: Some(guard), ..ALL };
        let finish = stateright::HasDiscoveries::AnyOf([promise].into());
        let checker = protocol.checker().threads(2).finish_when(finish).spawn_bfs().join();
        let path = checker.discovery(promise).unwrap_or_else(|| panic!("without {guard:?}, {promise:?} holds"));
        let steps: Vec<_> = path.into_actions().into_iter().map(|action| format!("{action:?}")).collect();
        println!(
            "without {guard:?}, not: {promise}, after {} states\n    {}",
            checker.unique_state_count(),
            steps.join(", ")
        );
    }
}
