//! Sends webhooks to one address, and prints what came of it as a line of JSON. With `--inbox`, it then reads the inbox of a
//! countersignd that has ended, and fails if something that was acknowledged is not there; with `--sync`, its table.

#![allow(clippy::cast_precision_loss, reason = "rates for people")]

mod answer;
mod ledger;
mod load;
mod outcomes;
mod paced;
mod sender;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use clap::Parser;
use ledger::Ledger;
use load::Load;
use sender::Target;

/// Sends signed webhooks.
#[derive(Parser)]
struct Arguments {
    /// Where to send.
    #[arg(long, default_value = "127.0.0.1:8080")]
    address: String,
    /// The path of the endpoint.
    #[arg(long)]
    path: String,
    /// The secret of the endpoint: SHA_256, hexadecimal.
    #[arg(long, default_value = "bench secret")]
    secret: String,
    /// TCP connections of good deliveries; with a rate, the most there may be.
    #[arg(long, default_value_t = 256)]
    connections: u32,
    /// The length of a body.
    #[arg(long, default_value_t = 1024)]
    body_bytes: usize,
    /// How long to send.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Good deliveries a second; without, as many as are answered.
    #[arg(long)]
    rate: Option<f64>,
    /// With a rate: what is due in the first seconds is checked, but not counted.
    #[arg(long, default_value_t = 0.0)]
    discard: f64,
    /// Of each hundred good deliveries, how many are sent again.
    #[arg(long, default_value_t = 0)]
    repeated_percent: u64,
    /// Forges all deliveries.
    #[arg(long)]
    forged: bool,
    /// Forged deliveries a second, beside the good ones.
    #[arg(long, default_value_t = 0.0)]
    forged_rate: f64,
    /// Deliveries a second whose sender hangs up in the middle.
    #[arg(long, default_value_t = 0.0)]
    hangup_rate: f64,
    /// Senders that send a body byte by byte.
    #[arg(long, default_value_t = 0)]
    trickling: u64,
    /// The process to end with SIGTERM before the inbox is read.
    #[arg(long)]
    end: Option<u32>,
    /// The inbox in which all that was acknowledged must be.
    #[arg(long)]
    inbox: Option<PathBuf>,
    /// The program that brings it into the table before the process is ended; then it must be there, once.
    #[arg(long, value_name = "PROGRAM", requires = "data")]
    sync: Option<PathBuf>,
    /// The folder of that process.
    #[arg(long)]
    data: Option<PathBuf>,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let Arguments { address, path, secret, .. } = arguments;
    let load = Load {
        target: Target { address, path, secret },
        connections: arguments.connections,
        body_bytes: arguments.body_bytes,
        duration: Duration::from_secs_f64(arguments.seconds),
        rate: arguments.rate,
        discard: Duration::from_secs_f64(arguments.discard),
        repeated_percent: arguments.repeated_percent,
        is_forged: arguments.forged,
        forged_rate: arguments.forged_rate,
        hangup_rate: arguments.hangup_rate,
        trickling: arguments.trickling,
    };
    let ledger = Arc::new(Ledger::default());
    let (counts, times) = load.run(&ledger).await?;
    let sender_processor_seconds = processor_seconds(std::process::id());
    let counted_seconds = arguments.seconds - arguments.discard;
    let of = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
    let used = || arguments.end.and_then(processor_seconds);
    let processor_seconds = used();
    let mut drain = None;
    if let (Some(program), Some(data)) = (&arguments.sync, &arguments.data) {
        let (rows, begin) = (ledger::rows(&table(data)), Instant::now());
        sync(program, data)?;
        drain = Some((rows, begin.elapsed().as_secs_f64(), used()));
    }
    if let Some(process) = arguments.end {
        end(process)?;
    }
    let body = |number| ledger::body(number, arguments.body_bytes);
    let debts = match (&arguments.inbox, &arguments.data) {
        (Some(inbox), _) => Some(ledger.check(inbox, body)?),
        (None, Some(data)) => Some(ledger.check_table(&table(data), body)?),
        (None, None) => None,
    };
    println!(
        "{}",
        serde_json::json!({
            "accepted": of(&counts.accepted),
            "accepted_per_second": of(&counts.accepted) as f64 / counted_seconds,
            "accepted_in_time_per_second": of(&counts.accepted_in_time) as f64 / counted_seconds,
            "counted_seconds": counted_seconds,
            "refused": of(&counts.refused),
            "turned_away": of(&counts.turned_away),
            "unknown": of(&counts.unknown),
            "unsent": of(&counts.unsent),
            "forged_refused": of(&counts.forged_refused),
            "forged_accepted": of(&counts.forged_accepted),
            "hangups": of(&counts.hangups),
            "p50_micros": times.accepted.value_at_quantile(0.5),
            "p99_micros": times.accepted.value_at_quantile(0.99),
            "max_micros": times.accepted.max(),
            "refused_p50_micros": times.refused.value_at_quantile(0.5),
            "refused_p99_micros": times.refused.value_at_quantile(0.99),
            "sender_processor_seconds": sender_processor_seconds,
            "processor_seconds": processor_seconds,
            "rows_at_end": drain.map(|(rows, ..)| rows),
            "drain_seconds": drain.map(|(_, seconds, _)| seconds),
            "processor_seconds_to_table": drain.and_then(|(.., seconds)| seconds),
            "debts_paid": debts,
        })
    );
    Ok(())
}

/// The processor time that a process has used, from `/proc`.
fn processor_seconds(process: u32) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // After the name in parentheses: state is field 3, user time 14, system time 15, in hundredths of a second on Linux.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at - 3)?.parse::<f64>().ok();
    Some((ticks(14)? + ticks(15)?) / 100.0)
}

/// The file that the table is in.
fn table(data: &Path) -> PathBuf {
    data.join("warehouse/bench.db")
}

/// Brings all that was acknowledged into the table.
fn sync(program: &Path, data: &Path) -> Result<(), Box<dyn Error>> {
    for _ in 0..600 {
        let output = std::process::Command::new(program).args(["sync", "bench_0", "--data"]).arg(data).output()?;
        let message = String::from_utf8_lossy(&output.stderr);
        match output.status.success() {
            true => return Ok(()),
            false if message.contains("is running") => std::thread::sleep(Duration::from_millis(100)),
            false => return Err(format!("the sync has failed: {message}").into()),
        }
    }
    Err("a sync does not end".into())
}

/// Ends a process, and waits until it has.
fn end(process: u32) -> Result<(), Box<dyn Error>> {
    let status = std::process::Command::new("kill").args(["-TERM", &process.to_string()]).status()?;
    if !status.success() {
        return Err("the process has ended before".into());
    }
    for _ in 0..600 {
        std::thread::sleep(Duration::from_millis(100));
        let state = std::fs::read_to_string(format!("/proc/{process}/stat"));
        if state.map_or(true, |state| state.contains(") Z ")) {
            return Ok(());
        }
    }
    Err("the process does not end".into())
}
