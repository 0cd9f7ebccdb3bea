//! Measures an inbox in a bucket whose puts take as long as those of an object store: log-normal, median 100 ms, 99th percentile 195 ms.
//!
//! ```text
//! cargo run --release -p countersign-inbox --features sim --example bucket_latency -- [EVENTS_PER_SECOND [SECONDS]]
//! ```
//!
//! Offers events of 1 KiB at a steady rate, and prints how many became durable, after how long, and with how many puts at once. It fails if
//! one is not read again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign_inbox::Event;
use countersign_inbox::bucket::sim::MemoryBucket;
use countersign_inbox::bucket::{BucketInbox, BucketSettings};

const MEDIAN_MS: f64 = 100.0;
const P99_MS: f64 = 195.0;
/// The 99th percentile of the standard normal distribution.
const Z99: f64 = 2.326_347_874;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>().expect("a number"));
    let (rate, seconds) = (arguments.next().unwrap_or(20_000), arguments.next().unwrap_or(10));
    let sigma = (P99_MS / MEDIAN_MS).ln() / Z99;
    let bucket = MemoryBucket::default().with_rule(Arc::new(move |number| {
        (Duration::from_secs_f64(MEDIAN_MS / 1000.0 * (sigma * normal(number)).exp()), None)
    }));
    let (inbox, _) = BucketInbox::open(bucket.clone(), BucketSettings::default()).expect("a bucket in memory");
    let body = vec![b'x'; 1024];
    let began = Instant::now();
    let mut waiting = VecDeque::new();
    let mut latencies = Vec::new();
    let mut offered = 0;
    let settle = |waiting: &mut VecDeque<(Duration, countersign_inbox::Append)>, latencies: &mut Vec<Duration>| {
        while let Some((at, outcome)) = waiting.front().and_then(|(at, append)| Some((*at, append.outcome()?))) {
            outcome.expect("the bucket does not fail");
            latencies.push(began.elapsed().saturating_sub(at));
            waiting.pop_front();
        }
    };
    while offered < rate * seconds {
        let due = (began.elapsed().as_micros() * u128::from(rate) / 1_000_000).min(u128::from(rate * seconds));
        while u128::from(offered) < due {
            let event =
                Event { connection: "c", id: [1; 16], received_at: 0, verdict: b"", head: b"POST /", body: &body };
            waiting.push_back((began.elapsed(), inbox.append(&event)));
            offered += 1;
        }
        settle(&mut waiting, &mut latencies);
        std::thread::sleep(Duration::from_millis(1));
    }
    while !waiting.is_empty() {
        settle(&mut waiting, &mut latencies);
        std::thread::sleep(Duration::from_millis(1));
    }
    latencies.sort_unstable();
    let percentile = |part: usize| latencies[(latencies.len() * part / 1000).min(latencies.len() - 1)].as_millis();
    let (puts, most) = bucket.puts();
    println!(
        "{offered} events at {rate} a second: p50 {} ms, p99 {} ms, p99.9 {} ms",
        percentile(500),
        percentile(990),
        percentile(999)
    );
    println!("{puts} puts, at most {most} at once");
    let log = inbox.log();
    let read = inbox.read(log, "c", 0).flatten().count() as u64;
    assert_eq!(read, offered, "an event that was acknowledged is not read");
}

/// A number of the standard normal distribution for each `number` (Box and Muller).
#[expect(clippy::cast_precision_loss, reason = "53 bits are enough")]
fn normal(number: u64) -> f64 {
    let uniform = |seed: u64| {
        // SplitMix64.
        let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    };
    let (a, b) = (uniform(2 * number + 1).max(f64::MIN_POSITIVE), uniform(2 * number + 2));
    (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
}
