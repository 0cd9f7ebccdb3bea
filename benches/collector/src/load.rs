//! The load: good deliveries as fast as they are answered or at a rate, beside forged ones, hang-ups and trickling bodies.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::io::AsyncWriteExt as _;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use uuid::Uuid;

use crate::ledger::{Ledger, body};
use crate::sender::Target;

/// What is sent.
#[derive(Clone)]
pub(crate) struct Load {
    pub(crate) target: Target,
    pub(crate) connections: u32,
    pub(crate) body_bytes: usize,
    pub(crate) duration: Duration,
    /// Good deliveries a second; none for as many as are answered.
    pub(crate) rate: Option<f64>,
    /// Of each hundred good deliveries, how many are sent again at once.
    pub(crate) repeated_percent: u64,
    /// Whether the deliveries that are otherwise good are forged too.
    pub(crate) is_forged: bool,
    pub(crate) forged_rate: f64,
    pub(crate) hangup_rate: f64,
    pub(crate) trickling: u64,
}

/// What came of it.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) accepted: AtomicU64,
    pub(crate) refused: AtomicU64,
    /// Answers that never came: the event may be stored or not.
    pub(crate) unknown: AtomicU64,
    pub(crate) forged_refused: AtomicU64,
    pub(crate) forged_accepted: AtomicU64,
    pub(crate) hangups: AtomicU64,
}

/// The time of each good delivery, from when it was due to its answer, in microseconds.
pub(crate) type Times = Histogram<u64>;

fn times() -> Times {
    Histogram::new_with_bounds(1, 120_000_000, 3).expect("bounds")
}

impl Load {
    /// Sends until the time is over.
    pub(crate) async fn run(&self, ledger: &Arc<Ledger>) -> (Arc<Counts>, Times) {
        let counts = Arc::new(Counts::default());
        let numbers = Arc::new(AtomicU64::new(1));
        let start = Instant::now() + Duration::from_millis(100);
        let end = start + self.duration;
        let mut good = JoinSet::new();
        for sender in 0..self.connections {
            let (load, counts, ledger) = (self.clone(), Arc::clone(&counts), Arc::clone(ledger));
            let numbers = Arc::clone(&numbers);
            good.spawn(async move { load.send_good(sender, start, end, &numbers, &counts, &ledger).await });
        }
        let mut others = JoinSet::new();
        for (rate, is_hangup) in [(self.forged_rate, false), (self.hangup_rate, true)] {
            // Eight senders share a rate.
            for sender in 0..if rate > 0.0 { 8 } else { 0 } {
                let (load, counts) = (self.clone(), Arc::clone(&counts));
                let (start, every) =
                    (start + Duration::from_secs_f64(f64::from(sender) / rate), Duration::from_secs_f64(8.0 / rate));
                others.spawn(async move { load.send_bad(is_hangup, start, end, every, &counts).await });
            }
        }
        for _ in 0..self.trickling {
            let load = self.clone();
            others.spawn(async move { load.trickle(end).await });
        }
        let mut all = times();
        while let Some(done) = good.join_next().await {
            all.add(done.expect("a sender does not panic")).expect("the same bounds");
        }
        others.shutdown().await;
        (counts, all)
    }

    /// Sends good deliveries over one TCP connection, one after the other. With a rate, the time of a delivery counts from when it was
    /// due, also if the one before was answered late.
    async fn send_good(
        &self,
        sender: u32,
        start: Instant,
        end: Instant,
        numbers: &AtomicU64,
        counts: &Counts,
        ledger: &Ledger,
    ) -> Times {
        let signer = self.target.signer();
        let mut times = times();
        let mut connection = None;
        let every = self.rate.map(|rate| Duration::from_secs_f64(f64::from(self.connections) / rate));
        let mut due = start + every.unwrap_or_default().mul_f64(f64::from(sender) / f64::from(self.connections));
        sleep_until(due).await;
        while Instant::now() < end {
            let number = numbers.fetch_add(1, Ordering::Relaxed);
            let request = self.target.request(&signer, &body(number, self.body_bytes), self.is_forged);
            let sent = if every.is_some() { due } else { Instant::now() };
            for _ in 0..=u64::from(number % 100 < self.repeated_percent) {
                if connection.is_none() {
                    connection = self.target.connect().await.ok();
                }
                let Some(open) = &mut connection else {
                    counts.refused.fetch_add(1, Ordering::Relaxed);
                    sleep(Duration::from_millis(10)).await;
                    break;
                };
                match open.exchange(&request).await {
                    Ok(answer) if answer.status == 200 => {
                        counts.accepted.fetch_add(1, Ordering::Relaxed);
                        if let Some(id) = id(&answer.body) {
                            ledger.owe(id, number);
                        }
                        times.saturating_record(u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX).max(1));
                        if answer.is_last {
                            connection = None;
                        }
                    }
                    Ok(answer) => {
                        counts.refused.fetch_add(1, Ordering::Relaxed);
                        if answer.is_last {
                            connection = None;
                        }
                    }
                    Err(_) => {
                        counts.unknown.fetch_add(1, Ordering::Relaxed);
                        connection = None;
                    }
                }
            }
            if let Some(every) = every {
                due += every;
                sleep_until(due).await;
            }
        }
        times
    }

    /// Sends forged deliveries, or closes in the middle of a good one.
    async fn send_bad(&self, is_hangup: bool, start: Instant, end: Instant, every: Duration, counts: &Counts) {
        let signer = self.target.signer();
        let request = self.target.request(&signer, &body(u64::MAX, self.body_bytes), !is_hangup);
        let mut connection = None;
        let mut due = start;
        while due < end {
            sleep_until(due).await;
            due += every;
            if connection.is_none() {
                connection = self.target.connect().await.ok();
            }
            let Some(open) = &mut connection else { continue };
            if is_hangup {
                let _ = open.stream.write_all(&request[..request.len() / 2]).await;
                counts.hangups.fetch_add(1, Ordering::Relaxed);
                connection = None;
                continue;
            }
            match open.exchange(&request).await {
                Ok(answer) => {
                    let count = if answer.status == 200 { &counts.forged_accepted } else { &counts.forged_refused };
                    count.fetch_add(1, Ordering::Relaxed);
                    if answer.is_last {
                        connection = None;
                    }
                }
                Err(_) => connection = None,
            }
        }
    }

    /// Sends a body byte by byte, and begins again when it is cut off.
    async fn trickle(&self, end: Instant) {
        let head = format!("POST {} HTTP/1.1\r\nHost: bench\r\nContent-Length: 1000\r\n\r\n", self.target.path);
        while Instant::now() < end {
            let Ok(mut connection) = self.target.connect().await else {
                sleep(Duration::from_secs(1)).await;
                continue;
            };
            let mut is_open = connection.stream.write_all(head.as_bytes()).await.is_ok();
            while is_open && Instant::now() < end {
                sleep(Duration::from_secs(1)).await;
                is_open = connection.stream.write_all(b"x").await.is_ok();
            }
        }
    }
}

/// The `_id` in an answer of countersignd; none in that of a peer.
fn id(body: &[u8]) -> Option<Uuid> {
    let text = std::str::from_utf8(body).ok()?.strip_prefix("{\"id\":\"")?;
    Uuid::parse_str(text.get(..36)?).ok()
}
