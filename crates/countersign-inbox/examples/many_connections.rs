//! Measures what 100,000 connections cost: how long an append waits while readers, lists and housekeeping go on. It prints, and checks
//! nothing. The disk is a simulated one, in memory, so that what is measured is the inbox.
//!
//! ```text
//! cargo run --release -p countersign-inbox --features sim --example many_connections
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use countersign_inbox::disk::sim::{Faults, SimDisk};
use countersign_inbox::{Event, Inbox, Settings};

const CONNECTIONS: usize = 100_000;
const ROUNDS: usize = 4;

fn event(connection: &str) -> Event<'_> {
    Event { connection, id: [1; 16], received_at: 7, verdict: b"", head: b"", body: &[7; 200] }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut settings = Settings::default();
    settings.segment_bytes = 32 << 20;
    let (inbox, _) = Inbox::open(SimDisk::new(1, Faults::default()), &settings)?;
    let inbox = Arc::new(inbox);
    let names: Vec<String> = (0..CONNECTIONS).map(|number| format!("connection_{number:06}")).collect();
    let began = Instant::now();
    for _ in 0..ROUNDS {
        for names in names.chunks(10_000) {
            let appends: Vec<_> = names.iter().map(|name| inbox.append(&event(name))).collect();
            appends.into_iter().try_for_each(|append| append.wait().map(|_| ()))?;
        }
    }
    println!("{} events of {CONNECTIONS} connections appended in {:?}", ROUNDS * CONNECTIONS, began.elapsed());
    thread::sleep(Duration::from_secs(2));
    let log = inbox.log();
    let measured = |what: &str, act: &(dyn Fn(usize) + Sync)| {
        let is_done = AtomicBool::new(false);
        let (waits, actions) = thread::scope(|scope| {
            let appender = scope.spawn(|| {
                let mut waits = Vec::new();
                while !is_done.load(Ordering::Relaxed) {
                    let began = Instant::now();
                    // Not every connection: what is released below is to go.
                    let _ = inbox.append(&event("lone_sender")).wait();
                    waits.push(began.elapsed());
                    thread::sleep(Duration::from_micros(200));
                }
                waits
            });
            let began = Instant::now();
            let mut actions = 0;
            while actions < 3 || began.elapsed() < Duration::from_secs(2) {
                act(actions);
                actions += 1;
            }
            is_done.store(true, Ordering::Relaxed);
            (appender.join().unwrap_or_default(), (actions, began.elapsed()))
        });
        let mut waits = waits;
        waits.sort_unstable();
        let at = |share: usize| waits.get(waits.len() * share / 1000).or(waits.last()).copied().unwrap_or_default();
        let each = actions.1 / u32::try_from(actions.0).unwrap_or(u32::MAX);
        println!("{what}: {each:?} each; appends wait {:?} (p50), {:?} (p99), {:?} (max)", at(500), at(990), at(1000));
    };
    measured("nothing", &|_| thread::sleep(Duration::from_millis(10)));
    measured("reads of one connection", &|number| {
        let events = inbox.read(log, &names[number * 7919 % CONNECTIONS], 0).count();
        assert_eq!(events, ROUNDS);
    });
    measured("lists of all connections", &|_| _ = inbox.connections());
    measured("releases, each with housekeeping", &|number| {
        inbox.release(log, &names[number % CONNECTIONS], 1);
        thread::sleep(Duration::from_millis(1));
    });
    Ok(())
}
