//! Histories of an inbox on a simulated disk, each decided by a seed, and what must hold in all of them (`world`).
//!
//! `COUNTERSIGN_SEEDS` says how many seeds are tried (default 2,000) from `COUNTERSIGN_FIRST_SEED`, `COUNTERSIGN_SEED` tries one. With `--cfg countersign_planted_bugs`
//! bugs are planted, and each must be found.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod world;

use countersign_inbox::disk::sim::Counts;
use world::{Violation, World};

/// The operations of a history.
const OPERATIONS: u32 = 200;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

/// What happened in a history: faults of the disk, events that were acknowledged, files that were used again.
fn simulate(seed: u64) -> Result<(Counts, u64, u64), Violation> {
    let mut world = World::new(seed);
    let counts = world.run(OPERATIONS)?;
    Ok((counts, world.acknowledged, world.reused))
}

#[test]
fn nothing_that_was_acknowledged_is_lost() {
    let seeds = if let Some(seed) = number("COUNTERSIGN_SEED") {
        seed..seed + 1
    } else {
        let first = number("COUNTERSIGN_FIRST_SEED").unwrap_or(0);
        first..first + number("COUNTERSIGN_SEEDS").unwrap_or(2000)
    };
    let seed_count = seeds.end - seeds.start;
    let mut sum = Counts::default();
    let (mut acknowledged, mut reused) = (0, 0);
    for seed in seeds {
        match simulate(seed) {
            Ok((counts, acknowledged_more, reused_more)) => {
                sum += counts;
                acknowledged += acknowledged_more;
                reused += reused_more;
            }
            Err(violation) => panic!("COUNTERSIGN_SEED={seed}: {violation}"),
        }
    }
    println!("{acknowledged} events were acknowledged, {reused} files used again; {sum:#?}");
    if seed_count >= 1000 {
        let rare = sum.rarer_than(seed_count / 20);
        assert!(rare.is_empty(), "hardly ever drawn: {rare:?}");
        assert!(reused >= seed_count / 2, "hardly ever was a file used again: {reused}");
    }
}

#[cfg(countersign_planted_bugs)]
#[test]
fn every_planted_bug_is_found() {
    use countersign_inbox::planted::{PlantedBug, plant};

    const SEEDS: u64 = 2000;
    let mut missed = Vec::new();
    for bug in PlantedBug::OF_DISK {
        plant(Some(bug));
        let found = (0..SEEDS).find_map(|seed| {
            let history = std::panic::catch_unwind(|| simulate(seed));
            match history {
                Ok(Ok(_)) => None,
                Ok(Err(violation)) => Some((seed, violation)),
                Err(_) => Some((seed, "a panic".to_owned())),
            }
        });
        plant(None);
        match found {
            Some((seed, violation)) => println!("{bug:?}: seed {seed}: {violation}"),
            None => missed.push(bug),
        }
    }
    assert!(missed.is_empty(), "not found within {SEEDS} seeds: {missed:?}");
}
