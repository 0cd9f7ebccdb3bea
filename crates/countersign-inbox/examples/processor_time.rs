//! Measures the processor time that an event costs, from its append to its release, on a disk: 256 senders that wait, and a reader that
//! follows and releases what it has read. It prints, and checks nothing. Linux only.
//!
//! ```text
//! cargo run --release -p countersign-inbox --example processor_time -- FOLDER [EVENTS]
//! ```

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use countersign_inbox::disk::OsDisk;
use countersign_inbox::{Event, Inbox, Settings};

const WAITING: usize = 256;
const BODY_BYTES: usize = 1024;
const HEAD_BYTES: usize = 250;

/// The processor time of this process so far, with that in the system's calls, in microseconds.
fn processor_time() -> Result<u64, Box<dyn std::error::Error>> {
    let mut nanoseconds = 0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
        nanoseconds += text.split_whitespace().next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(nanoseconds / 1000)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("which folder?")?;
    let events: u64 = arguments.next().map_or(Ok(500_000), |events| events.parse())?;
    let (inbox, _) = Inbox::open(OsDisk::open(folder)?, &Settings::default())?;
    let inbox = Arc::new(inbox);
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let (log, mut after) = (inbox.log(), 0);
            while !is_done.load(Ordering::Relaxed) {
                for stored in inbox.read(log, "orders", after) {
                    match stored {
                        Ok(stored) => after = stored.seq,
                        Err(error) => return eprintln!("{error}"),
                    }
                }
                inbox.release(log, "orders", after);
                thread::sleep(Duration::from_millis(100));
            }
        });
        let event = Event {
            connection: "orders",
            id: [7; 16],
            received_at: 1_764_374_400_000_000,
            verdict: &[7; 20],
            head: &[7; HEAD_BYTES],
            body: &[7; BODY_BYTES],
        };
        let run = |events| -> Result<(), Box<dyn std::error::Error>> {
            let mut waiting = VecDeque::with_capacity(WAITING);
            for _ in 0..events {
                if waiting.len() == WAITING
                    && let Some(first) = waiting.pop_front()
                {
                    countersign_inbox::Append::wait(first)?;
                }
                waiting.push_back(inbox.append(&event));
            }
            waiting.into_iter().try_for_each(|append| append.wait().map(|_| ()))?;
            Ok(())
        };
        // As long as the first segments are made, it is dearer.
        let measured = run(events / 4).and_then(|()| {
            let (before, began) = (processor_time()?, Instant::now());
            run(events)?;
            Ok((processor_time()? - before, began.elapsed()))
        });
        is_done.store(true, Ordering::Relaxed);
        let (used, elapsed) = measured?;
        #[expect(clippy::cast_precision_loss, reason = "a measure")]
        let each = used as f64 / events as f64;
        println!("{each:.2} µs of processor time for each of {events} events, in {elapsed:?}");
        Ok(())
    })
}
