//! Nothing that was acknowledged is lost between inbox and archive, whatever ends the process and whatever the store says.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod buckets;
mod customers;
mod store;
mod world;

use world::World;

const STEPS: u32 = 150;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |number| number.parse().unwrap())
}

async fn history(seed: u64) -> [u64; 4] {
    let mut world = World::new(seed);
    for step in 0..STEPS {
        world.step().await;
        if step % 25 == 0 {
            world.check();
        }
    }
    world.end().await;
    world.drawn()
}

fn run(seed: u64) -> [u64; 4] {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(history(seed))
}

/// What somebody else has written is neither taken for ours nor overwritten. The events stay in the inbox.
#[tokio::test]
async fn a_foreign_object_stops_its_log() {
    let mut world = World::new(1);
    world.receive_for("one").await;
    let key = world.next_key("one");
    world.store.plant(&key, countersignd::archive::object::compress(b"not ours\n").unwrap().into());
    for _ in 0..2 {
        let error = world.close("one").await.unwrap_err().to_string();
        assert!(error.contains(&key) && error.contains("other events"), "{error}");
    }
    // Others are not concerned, and nothing is lost.
    world.receive_for("two").await;
    world.close("two").await.unwrap();
    world.store.remove_planted(&key);
    world.check();
    // The next process archives it.
    world.crash();
    world.end().await;
}

/// `COUNTERSIGN_SEEDS` says how many histories, `COUNTERSIGN_FIRST_SEED` with which the first one begins.
#[test]
fn nothing_is_lost_on_the_way_to_the_archive() {
    let first = number("COUNTERSIGN_FIRST_SEED", 0);
    let mut drawn = [0; 4];
    for seed in first..first + number("COUNTERSIGN_SEEDS", 20) {
        let of_history = std::panic::catch_unwind(|| run(seed)).unwrap_or_else(|_| panic!("seed {seed}"));
        drawn.iter_mut().zip(of_history).for_each(|(sum, count)| *sum += count);
    }
    assert!(drawn.iter().all(|count| *count > 10), "a fault was hardly drawn: {drawn:?}");
}

#[cfg(countersign_planted_bugs)]
#[test]
fn every_planted_bug_is_found() {
    use countersignd::planted::{PlantedBug, plant};

    std::panic::set_hook(Box::new(|_| {}));
    for bug in PlantedBug::OF_ARCHIVE {
        plant(Some(bug));
        let found = (0..400).find(|seed| std::panic::catch_unwind(|| run(*seed)).is_err());
        eprintln!("{bug:?}: found by seed {found:?}");
        assert!(found.is_some(), "{bug:?} is not found");
    }
    plant(None);
}
