//! Many slow uploads at once: `uploads ADDRESS PATH,PATH NUMBER BYTES SECONDS`.
//!
//! They are spread over the paths. Each sends a good delivery of BYTES, evenly over SECONDS, and waits for the answer. It prints as JSON how many had which answer, how
//! many were cut off without one, and how many had neither when a minute more was over: those hang.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use countersign::{Algorithm, Encoding, Message, Secret, Signer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

/// How often an upload sends.
const STEP: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, paths, number, bytes, seconds] = &arguments[..] else {
        return Err("usage: uploads ADDRESS PATH,PATH NUMBER BYTES SECONDS".into());
    };
    let (number, bytes): (u32, usize) = (number.parse()?, bytes.parse()?);
    let duration = Duration::from_secs_f64(seconds.parse()?);
    // One body for all: the connection must not take repetitions for one event.
    let body = vec![b'x'; bytes];
    let signer = Signer::hmac(Algorithm::Sha256, Encoding::HexaDecimal, Secret::new("bench secret"))?;
    let mut heads = Vec::<Arc<str>>::new();
    for path in paths.split(',') {
        let mut head = format!("POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Length: {bytes}\r\n");
        for (name, value) in signer.headers(&Message::new(&body))? {
            head.extend([&name, ": ", &value, "\r\n"]);
        }
        head.push_str("\r\n");
        heads.push(head.into());
    }
    let body: Arc<[u8]> = body.into();
    let start = Instant::now();
    let mut uploads = JoinSet::new();
    for place in 0..number {
        let (address, head, body) =
            (address.clone(), Arc::clone(&heads[place as usize % heads.len()]), Arc::clone(&body));
        // They begin one after the other within a second.
        let start = start + Duration::from_secs(1) * place / number;
        uploads
            .spawn(async move { timeout(duration + PATIENCE, upload(&address, &head, &body, start, duration)).await });
    }
    let (mut answers, mut cut_off, mut hanging) = (BTreeMap::<String, u32>::new(), 0, 0);
    while let Some(outcome) = uploads.join_next().await {
        match outcome? {
            Ok(Some(status)) => *answers.entry(status).or_default() += 1,
            Ok(None) => cut_off += 1,
            Err(_) => hanging += 1,
        }
    }
    println!("{}", serde_json::json!({"answers": answers, "cut_off": cut_off, "hanging": hanging}));
    Ok(())
}

/// The status of the answer; none if the server closes without one.
async fn upload(address: &str, head: &str, body: &[u8], start: Instant, duration: Duration) -> Option<String> {
    sleep_until(start).await;
    let stream = TcpStream::connect(address).await.ok()?;
    let (mut reader, mut writer) = stream.into_split();
    let writing = async {
        writer.write_all(head.as_bytes()).await?;
        let steps = u32::try_from((duration.as_millis() / STEP.as_millis()).max(1)).unwrap_or(u32::MAX);
        for (part, step) in body.chunks(body.len().div_ceil(steps as usize).max(1)).zip(1..) {
            writer.write_all(part).await?;
            sleep_until(start + STEP * step).await;
        }
        std::io::Result::Ok(())
    };
    let reading = async {
        let mut answer = Vec::new();
        while answer.len() < 12 {
            match reader.read_buf(&mut answer).await {
                Ok(read) if read > 0 => {}
                _ => return None,
            }
        }
        Some(String::from_utf8_lossy(&answer[9..12]).into_owned())
    };
    tokio::pin!(reading);
    tokio::select! {
        answer = &mut reading => answer,
        // What fails to be written may have been answered before.
        _ = writing => reading.await,
    }
}
