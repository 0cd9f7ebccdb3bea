//! The memory that bodies take with `pass_through`. For Linux; `scripts/test-memory` runs it.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use countersign::{Message, Secret, Signer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const UPLOADS: usize = 1000;
const BODY: usize = 10_000_000;
const CHUNK: usize = 16 * 1024;
/// Longer than it takes to send a chunk to all uploads, so that all of them run at once. They take a minute.
const PAUSE: Duration = Duration::from_millis(100);
/// The most memory that the server may take, in kilobytes.
const MAX_MEMORY: u64 = 200_000;

/// Sends a body slowly. Returns the status of the response.
async fn upload(address: String, body: Arc<[u8]>, signature: String) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /hooks HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\nx-hub-signature-256: {signature}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    for chunk in body.chunks(CHUNK) {
        stream.write_all(chunk).await.unwrap();
        tokio::time::sleep(PAUSE).await;
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "sends ten gigabytes, and needs 1,100 open files"]
async fn a_thousand_slow_uploads_at_once() {
    let mut server =
        Command::new(env!("CARGO_BIN_EXE_load")).arg("-").stdout(Stdio::piped()).spawn().expect("the server starts");
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
    let address = lines.find_map(|line| Some(line.strip_prefix("pass ")?.to_owned())).unwrap();

    let body: Arc<[u8]> = (0..=250).cycle().take(BODY).collect::<Vec<u8>>().into();
    let signer = Signer::preset("github", Secret::new("It's a Secret to Everybody")).unwrap();
    let [good, forged] = [&body[..], b"other"].map(|signed| signer.headers(&Message::new(signed)).unwrap().remove(0).1);
    let uploads: Vec<_> = (0..UPLOADS)
        .map(|index| {
            let signature = if index % 2 == 0 { good.clone() } else { forged.clone() };
            tokio::spawn(upload(address.clone(), body.clone(), signature))
        })
        .collect();
    for (index, upload) in uploads.into_iter().enumerate() {
        assert_eq!(upload.await.unwrap(), if index % 2 == 0 { "200" } else { "401" });
    }

    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")).unwrap();
    println!("{UPLOADS} uploads of {BODY} bytes at once took {peak} kB at most");
    assert!(peak.parse::<u64>().unwrap() < MAX_MEMORY, "{peak} kB");
}
