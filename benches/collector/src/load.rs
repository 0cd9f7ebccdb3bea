//! The load: good deliveries as fast as they are answered, or at a rate ([`Paced`]), beside forged ones, hang-ups and trickling bodies.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::ledger::{Ledger, body};
use crate::outcomes::{Counts, Times, record};
use crate::paced::Paced;
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
    /// At a rate, what is due in this time is not counted: queues fill meanwhile.
    pub(crate) discard: Duration,
    /// Of each hundred good deliveries, how many are sent again at once.
    pub(crate) repeated_percent: u64,
    /// Whether the deliveries that are otherwise good are forged too.
    pub(crate) is_forged: bool,
    pub(crate) forged_rate: f64,
    pub(crate) hangup_rate: f64,
    pub(crate) trickling: u64,
}

impl Load {
    /// Sends until the time is over.
    ///
    /// # Errors
    /// If the system refuses what a rate needs.
    pub(crate) async fn run(&self, ledger: &Arc<Ledger>) -> io::Result<(Arc<Counts>, Times)> {
        let counts = Arc::new(Counts::default());
        let start = Instant::now() + Duration::from_millis(100);
        let end = start + self.duration;
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
        for sender in 0..self.trickling {
            let load = self.clone();
            // Spread over the second in which each sends a byte.
            let after = Duration::from_secs_f64(sender as f64 / self.trickling as f64);
            others.spawn(async move {
                sleep(after).await;
                load.trickle(end).await;
            });
        }
        let times = match self.rate {
            Some(rate) => {
                let (load, counts, ledger) = (self.clone(), Arc::clone(&counts), Arc::clone(ledger));
                let paced = move || Paced::new(&load, &counts, &ledger)?.run(rate);
                tokio::task::spawn_blocking(paced).await.expect("the sender does not panic")?
            }
            None => self.run_closed(start, end, &counts, ledger).await,
        };
        others.shutdown().await;
        Ok((counts, times))
    }

    /// Sends over each TCP connection as much as is answered.
    async fn run_closed(&self, start: Instant, end: Instant, counts: &Arc<Counts>, ledger: &Arc<Ledger>) -> Times {
        let numbers = Arc::new(AtomicU64::new(1));
        let mut senders = JoinSet::new();
        for sender in 0..self.connections {
            // Not more at once than the least queue of a listener takes: whom it drops tries again after a second.
            if sender % 32 == 31 {
                sleep(Duration::from_millis(5)).await;
            }
            let (load, counts, ledger) = (self.clone(), Arc::clone(counts), Arc::clone(ledger));
            let numbers = Arc::clone(&numbers);
            senders.spawn(async move { load.send_good(start, end, &numbers, &counts, &ledger).await });
        }
        let mut all = Times::default();
        while let Some(done) = senders.join_next().await {
            all.add(&done.expect("a sender does not panic"));
        }
        all
    }

    /// Sends good deliveries over one TCP connection, one after the other.
    async fn send_good(
        &self,
        start: Instant,
        end: Instant,
        numbers: &AtomicU64,
        counts: &Counts,
        ledger: &Ledger,
    ) -> Times {
        let signer = self.target.signer();
        let mut times = Times::default();
        let mut connection = self.target.connect().await.ok();
        sleep_until(start).await;
        while Instant::now() < end {
            let number = numbers.fetch_add(1, Ordering::Relaxed);
            let request = self.target.request(&signer, &body(number, self.body_bytes), self.is_forged);
            for _ in 0..=u64::from(number % 100 < self.repeated_percent) {
                let sent = Instant::now();
                if connection.is_none() {
                    connection = self.target.connect().await.ok();
                }
                let Some(open) = &mut connection else {
                    Counts::add(&counts.turned_away);
                    sleep(Duration::from_millis(10)).await;
                    break;
                };
                let Ok(answer) = open.exchange(&request).await else {
                    Counts::add(&counts.unknown);
                    connection = None;
                    continue;
                };
                if answer.status == 200 {
                    Counts::add(&counts.accepted);
                    if let Some(id) = answer.id() {
                        ledger.owe(id, number);
                    }
                    record(&mut times.accepted, sent.elapsed());
                } else {
                    Counts::add(&counts.refused);
                    record(&mut times.refused, sent.elapsed());
                }
                if answer.is_last {
                    connection = None;
                }
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
                Counts::add(&counts.hangups);
                connection = None;
                continue;
            }
            match open.exchange(&request).await {
                Ok(answer) => {
                    let count = if answer.status == 200 { &counts.forged_accepted } else { &counts.forged_refused };
                    Counts::add(count);
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
