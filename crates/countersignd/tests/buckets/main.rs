//! The program with its inbox and its own store in buckets, or in folders in the same form: what was acknowledged outlives the machine.
//!
//! `COUNTERSIGND_ROUNDS` says how many rounds of kill -9 there are (default 4). `scripts/test-buckets` runs the tests of each service.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[cfg(feature = "buckets")]
mod customers;
#[cfg(feature = "buckets")]
mod faults;
#[cfg(feature = "gcs")]
mod inbox_down;
mod load;
mod places;
#[cfg(feature = "buckets")]
mod proxy;
#[cfg(feature = "buckets")]
mod services;
#[path = "../support/mod.rs"]
mod support;
#[cfg(feature = "gcs")]
mod unreadable;

use load::{Load, Places, sync};

fn rounds() -> usize {
    std::env::var("COUNTERSIGND_ROUNDS").map_or(4, |rounds| rounds.parse().unwrap())
}

/// The hardest case: all that is left of a machine is its buckets, and the metadata and master key as they were before the load.
#[test]
fn a_machine_is_lost_after_the_load() {
    let load = Load::new();
    let kept = load.folder.path().join("kept");
    let [inbox, store] = ["inbox", "store"].map(|name| format!("file://{}", kept.join(name).display()));
    let places = Places::new(&inbox, &store, &[]);
    load.back_up(&places);
    for round in 0..rounds() {
        load.round(&places, 100, |_| {
            // Of one half something is archived and in the table, and is gone from the inbox.
            if round % 2 == 0 {
                sync(&load.data());
            }
        });
    }
    load.lose_the_machine();
    load.check(&places);
    // And once more, with nothing left in the inbox but what was not removed.
    load.lose_the_machine();
    load.check(&places);
}
