//! Nothing that was acknowledged is lost between inbox and archive, whatever ends the process and whatever the store says.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod buckets;
mod customers;
mod inboxes;
mod put_events;
mod quiet;
mod store;
mod world;

use world::World;

const STEPS: u32 = 150;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |number| number.parse().unwrap())
}

async fn history(mut world: World) -> ([u64; 4], u64) {
    for step in 0..STEPS {
        world.step().await;
        if step % 25 == 0 {
            world.check();
        }
    }
    world.end().await;
    (world.drawn(), world.trace())
}

/// Runs a history; how often each fault was drawn, and in short what the stores were asked.
fn run(seed: u64, is_in_bucket: bool) -> ([u64; 4], u64) {
    let world = World::new(seed, is_in_bucket);
    let inboxes = world.inboxes();
    quiet::run(history(world), |is_idle| inboxes.step(is_idle))
}

/// What somebody else has written is neither taken for ours nor overwritten. The events stay in the inbox.
#[tokio::test]
async fn a_foreign_object_stops_its_log() {
    let mut world = World::new(1, false);
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

/// Runs the histories that are asked for: `COUNTERSIGN_SEEDS` says how many, `COUNTERSIGN_FIRST_SEED` with which the first one begins.
fn run_all(is_in_bucket: bool, test: &str) {
    let (first, count) = (number("COUNTERSIGN_FIRST_SEED", 0), number("COUNTERSIGN_SEEDS", 20));
    let mut drawn = [0; 4];
    for seed in first..first + count {
        let (of_history, _) = std::panic::catch_unwind(|| run(seed, is_in_bucket)).unwrap_or_else(|_| {
            panic!("again: COUNTERSIGN_FIRST_SEED={seed} COUNTERSIGN_SEEDS=1 cargo test -p countersignd --test archiving {test}")
        });
        drawn.iter_mut().zip(of_history).for_each(|(sum, count)| *sum += count);
    }
    println!("{count} histories; faults of stores: {drawn:?}");
    assert!(count < 20 || drawn.iter().all(|count| *count > 10), "a fault was hardly drawn: {drawn:?}");
}

#[test]
fn nothing_is_lost_on_the_way_to_the_archive() {
    run_all(false, "nothing_is_lost_on_the_way_to_the_archive");
}

#[test]
fn nothing_is_lost_on_the_way_from_an_inbox_in_a_bucket() {
    run_all(true, "nothing_is_lost_on_the_way_from_an_inbox_in_a_bucket");
}

/// What was found can be looked at again.
#[test]
fn a_seed_decides_a_history_in_a_bucket() {
    for seed in 0..3 {
        assert_eq!(run(seed, true), run(seed, true), "{seed}");
    }
}

#[cfg(countersign_planted_bugs)]
#[test]
fn every_planted_bug_is_found() {
    use countersign_inbox::planted as inbox;
    use countersignd::planted as service;

    const SEEDS: u64 = 400;
    let find = |name: String, is_in_bucket: bool| {
        let found = quiet::find(0..SEEDS, |seed| run(seed, is_in_bucket));
        let place = if is_in_bucket { "in a bucket" } else { "on a disk" };
        eprintln!("{name}, inbox {place}: {found:?}");
        found.is_some()
    };
    std::panic::set_hook(Box::new(|_| {}));
    for is_in_bucket in [false, true] {
        assert_eq!(quiet::find(0..20, |seed| run(seed, is_in_bucket)), None);
    }
    let mut missed = Vec::new();
    for bug in service::PlantedBug::OF_ARCHIVE {
        service::plant(Some(bug));
        // Where processes of two owners archive the same events, they decide anew rightly.
        let places = if bug == service::PlantedBug::DecidesAnew { &[false][..] } else { &[false, true] };
        for &is_in_bucket in places {
            let name = format!("{bug:?}");
            if !find(name.clone(), is_in_bucket) {
                missed.push(name);
            }
        }
    }
    service::plant(None);
    for bug in inbox::PlantedBug::OF_BUCKET {
        inbox::plant(Some(bug));
        let name = format!("{bug:?}");
        if !find(name.clone(), true) {
            missed.push(name);
        }
    }
    inbox::plant(None);
    assert!(missed.is_empty(), "not found: {missed:?}");
}
