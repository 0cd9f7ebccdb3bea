//! Events on their way to a bucket of the service, through a proxy that does what networks and services do: one connection is archived in the own
//! store, another one in the bucket of a customer. Of each service and each kind of inbox.
//!
//! `COUNTERSIGND_DOWN_SECONDS` says how long the service is down once (default 3), `COUNTERSIGND_SEED` with which seed the faults are drawn
//! (default 1; it is printed): it decides what happens to which request, but not in which order a real program makes them.

use std::thread;
use std::time::{Duration, Instant};

use crate::load::{Load, sync_of};
use crate::proxy::FAULTS;
use crate::rounds;
use crate::services::{Inbox, Service};
use crate::support::debts::Manner;
use crate::support::program::{Running, output, program};
use crate::support::{Connection, connections};

/// How long the service is down.
fn down() -> Duration {
    Duration::from_secs(std::env::var("COUNTERSIGND_DOWN_SECONDS").map_or(3, |seconds| seconds.parse().unwrap()))
}

/// The service is down. Whoever can go on without it does so, and everybody goes on afterwards without a restart.
fn go_down(service: &Service, inbox: Inbox, load: &Load, running: &Running) {
    service.proxy.set_down(true);
    let is_up_at = Instant::now() + down();
    if inbox == Inbox::Folder {
        // That nothing is refused is seen by the senders.
        load.wait_for_more(20);
        assert!(sync_of(&load.data(), "hmac"), "the own store is not concerned: {}", running.log());
        load.wait_for_more(20);
    }
    thread::sleep(is_up_at.saturating_duration_since(Instant::now()));
    service.proxy.set_down(false);
    load.wait_for_more(20);
}

/// Kills the program again and again, under faults, and, if nothing but buckets is needed, loses the machine at the end.
fn survives(service: &Service, inbox: Inbox, theirs: &'static str) {
    let [hmac, ..] = connections();
    let endpoint = "00000000-0000-4000-8000-000000000007";
    let theirs = Connection { id: theirs, endpoint, config: format!("{}, {}", hmac.config, service.config) };
    let manner = Manner { may_be_refused: inbox == Inbox::Bucket, pause: Duration::from_millis(50) };
    let load = Load::of(&[hmac, theirs], manner);
    let places = service.places(inbox);
    let mut check = program();
    check.arg("check").arg("--connections").arg(load.folder.path().join("connections.json"));
    check.args(["--public-url", "https://hooks.example.com"]).args(&places.arguments);
    check.envs(places.environment.iter().map(|(name, value)| (name, value)));
    let (found, stdout, stderr) = output(check);
    let is_said = inbox == Inbox::Folder || stdout.contains("inbox: ") && stdout.contains("store: ");
    assert!(found.status.success() && is_said, "{stdout}{stderr}");
    load.back_up(&places);
    println!("seed {}: {inbox:?}, {}", service.proxy.seed(), service.name);
    service.proxy.set_faulty(true);
    let mut round = 0;
    // Until each fault has happened, which takes twelve puts at most: an inbox in a folder asks the service for little.
    while round < rounds() || (round < 5 * rounds() && service.proxy.happened().contains(&0)) {
        load.round(&places, 20, |running| {
            // Of every other round something stays in an inbox that outlives the machine.
            if inbox == Inbox::Folder || round % 2 == 0 {
                load.sync();
                load.sync();
            }
            if round == 1 {
                go_down(service, inbox, &load, running);
            }
        });
        round += 1;
    }
    if inbox == Inbox::Bucket {
        load.lose_the_machine();
    }
    load.check(&places);
    let happened = service.proxy.happened();
    println!("{round} rounds, {FAULTS:?}: {happened:?}");
    assert!(!happened.contains(&0), "a fault did not happen: {happened:?}");
}

#[cfg(feature = "gcs")]
#[test]
fn google_cloud_storage_with_an_inbox_in_a_folder() {
    survives(&Service::gcs(), Inbox::Folder, "gcs_folder");
}

#[cfg(feature = "gcs")]
#[test]
fn google_cloud_storage_with_an_inbox_in_a_bucket() {
    survives(&Service::gcs(), Inbox::Bucket, "gcs_bucket");
}

#[cfg(feature = "s3")]
#[test]
#[ignore = "scripts/test-buckets starts the emulator"]
fn moto_with_an_inbox_in_a_folder() {
    survives(&Service::moto("moto_folder"), Inbox::Folder, "moto_folder");
}

#[cfg(feature = "s3")]
#[test]
#[ignore = "scripts/test-buckets starts the emulator"]
fn moto_with_an_inbox_in_a_bucket() {
    survives(&Service::moto("moto_bucket"), Inbox::Bucket, "moto_bucket");
}

#[cfg(feature = "s3")]
#[test]
#[ignore = "scripts/test-buckets starts the emulator"]
fn seaweedfs_with_an_inbox_in_a_folder() {
    survives(&Service::seaweedfs("seaweedfs_folder"), Inbox::Folder, "seaweedfs_folder");
}

#[cfg(feature = "s3")]
#[test]
#[ignore = "scripts/test-buckets starts the emulator"]
fn seaweedfs_with_an_inbox_in_a_bucket() {
    survives(&Service::seaweedfs("seaweedfs_bucket"), Inbox::Bucket, "seaweedfs_bucket");
}

#[cfg(feature = "azure")]
#[test]
#[ignore = "scripts/test-buckets starts the emulator"]
fn azurite_with_an_inbox_in_a_folder() {
    survives(&Service::azurite("azurite_folder"), Inbox::Folder, "azurite_folder");
}

#[cfg(feature = "azure")]
#[test]
#[ignore = "scripts/test-buckets starts the emulator"]
fn azurite_with_an_inbox_in_a_bucket() {
    survives(&Service::azurite("azurite_bucket"), Inbox::Bucket, "azurite_bucket");
}
