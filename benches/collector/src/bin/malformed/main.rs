//! Sends requests that are malformed in many ways, over a TCP connection each.
//!
//! Case N of a seed is always the same. The server must answer each with whole answers of HTTP, none of them a failure of its own (5xx
//! but 501, 503 and 505), accept nothing that was not signed, and close the TCP connection in time. What it does otherwise is printed
//! with the number of its case, and the exit status is 1. `--only N` sends one case, and prints what was sent and answered.

mod body;
mod case;
mod random;

use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use case::{Case, End};

/// The head may take 10 seconds, the body 30, and before each the TCP connection may be idle for 10: ten requests in a case that are
/// well but for the last are answered at once.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many TCP connections there are at most.
const OPEN_MAX: usize = 6000;
/// How many faults are printed.
const FAULTS_MAX: usize = 20;

#[derive(Parser)]
struct Arguments {
    #[arg(long)]
    address: String,
    /// The path of the endpoint.
    #[arg(long)]
    path: String,
    #[arg(long, default_value = "bench secret")]
    secret: String,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Cases a second.
    #[arg(long, default_value_t = 500)]
    rate: u32,
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Sends this case alone.
    #[arg(long)]
    only: Option<u64>,
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arc::new(Arguments::parse());
    let case = |number| Case::new(arguments.seed, number, &arguments.path, &arguments.secret);
    if let Some(number) = arguments.only {
        let case = case(number);
        for (after, piece) in &case.pieces {
            println!("after {after:?}: {}", piece.escape_ascii());
        }
        println!("then: {:?}", case.end);
        println!("answered: {}", exchange(&arguments.address, &case).await?.0.escape_ascii());
        return Ok(ExitCode::SUCCESS);
    }
    let start = Instant::now();
    let mut running = JoinSet::new();
    let (mut statuses, mut faults) = (BTreeMap::<u16, u64>::new(), Vec::new());
    let mut take = |number: u64, outcome: Result<Vec<u16>, String>| match outcome {
        Ok(found) => found.into_iter().for_each(|status| *statuses.entry(status).or_default() += 1),
        Err(fault) => faults.push(format!("case {number}: {fault}")),
    };
    let cases = u64::from(arguments.rate) * u64::from(arguments.seconds);
    for number in 0..cases {
        sleep_until(start + Duration::from_secs(number) / arguments.rate).await;
        while running.len() >= OPEN_MAX
            || running.try_join_next().map(|done| done.map(|(of, found)| take(of, found))).is_some()
        {
            if running.len() >= OPEN_MAX
                && let Some(done) = running.join_next().await
            {
                let (number, outcome) = done?;
                take(number, outcome);
            }
        }
        let arguments = Arc::clone(&arguments);
        running.spawn(async move {
            let case = Case::new(arguments.seed, number, &arguments.path, &arguments.secret);
            (number, judge(&arguments.address, &case).await)
        });
    }
    let seconds = start.elapsed().as_secs_f64();
    while let Some(done) = running.join_next().await {
        let (number, outcome) = done?;
        take(number, outcome);
    }
    for fault in faults.iter().take(FAULTS_MAX) {
        eprintln!("seed {}, {fault}", arguments.seed);
    }
    println!(
        "{}",
        serde_json::json!({"seed": arguments.seed, "cases": cases, "seconds": seconds, "statuses": statuses, "faults": faults.len()})
    );
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The statuses that were answered, or what the server did wrong.
async fn judge(address: &str, case: &Case) -> Result<Vec<u16>, String> {
    let Ok(answered) = timeout(PATIENCE, exchange(address, case)).await else {
        return Err(format!("the server has not closed after {PATIENCE:?} ({:?})", case.end));
    };
    let (answered, is_whole) = answered.map_err(|error| format!("cannot connect: {error}"))?;
    let statuses =
        statuses(&answered, is_whole).map_err(|rest| format!("not an answer of HTTP: {}", rest.escape_ascii()))?;
    if let Some(status) = statuses.iter().find(|status| **status >= 500 && ![501, 503, 505].contains(*status)) {
        return Err(format!("answered with {status}"));
    }
    if statuses.contains(&200) && !case.is_signed {
        return Err("accepted, and not signed".to_owned());
    }
    Ok(statuses)
}

/// Sends a case, and reads until the server closes. What was answered, and whether that is all: a reset may come before.
///
/// # Errors
/// If no TCP connection can be made.
async fn exchange(address: &str, case: &Case) -> io::Result<(Vec<u8>, bool)> {
    let (mut reader, mut writer) = TcpStream::connect(address).await?.into_split();
    let mut answered = Vec::new();
    let sending = async {
        for (after, piece) in &case.pieces {
            sleep(*after).await;
            writer.write_all(piece).await?;
        }
        match case.end {
            End::ShutDown => writer.shutdown().await,
            End::Wait => std::future::pending().await,
            End::Leave => Ok(()),
        }
    };
    let is_whole = {
        // That a piece could not be sent means that the server has closed; what it has answered is read.
        let reading = reader.read_to_end(&mut answered);
        tokio::pin!(sending, reading);
        tokio::select! {
            read = &mut reading => read.is_ok(),
            _ = &mut sending => case.end != End::Leave && reading.await.is_ok(),
        }
    };
    Ok((answered, is_whole))
}

/// The statuses of the answers.
///
/// # Errors
/// What is not an answer, if the bytes are all that was answered.
fn statuses(mut bytes: &[u8], is_whole: bool) -> Result<Vec<u16>, &[u8]> {
    let mut statuses = Vec::new();
    while !bytes.is_empty() {
        match answer(bytes) {
            Some((status, length)) => {
                // An answer that the request shall go on is none to it.
                statuses.extend((status >= 200).then_some(status));
                bytes = &bytes[length..];
            }
            None if is_whole => return Err(bytes),
            None => break,
        }
    }
    Ok(statuses)
}

/// The status of the answer at the beginning, and its length; none if it is not a whole one.
fn answer(bytes: &[u8]) -> Option<(u16, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let status = head.strip_prefix("HTTP/1.")?.get(2..5)?.parse().ok()?;
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    let length = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.map_or(Some(0), |(_, value)| value.parse().ok())?;
    let rest = &bytes[end + 4..];
    // To HEAD the length is that of the body that GET would have.
    let has_body = !rest.is_empty() && !rest.starts_with(b"HTTP/1.");
    let body = if has_body { rest.get(..length)?.len() } else { 0 };
    Some((status, end + 4 + body))
}

#[cfg(test)]
mod tests {
    use super::statuses;

    #[test]
    fn answers_are_read_one_after_the_other() {
        let continued = &b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"[..];
        let to_head = &b"HTTP/1.1 405 No\r\nContent-Length: 9\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\n"[..];
        assert_eq!(statuses(b"", true), Ok(vec![]));
        assert_eq!(statuses(continued, true), Ok(vec![200]));
        assert_eq!(statuses(to_head, true), Ok(vec![405, 400]));
        let cut = &continued[..continued.len() - 1];
        assert_eq!(statuses(cut, false), Ok(vec![]));
        assert!(statuses(cut, true).is_err());
        assert!(statuses(b"nonsense", true).is_err());
    }
}
