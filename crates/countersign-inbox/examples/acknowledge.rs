//! A server on a Unix socket that answers a line once it is durable.
//!
//! ```text
//! cargo run -p countersign-inbox --example acknowledge -- /tmp/acknowledge &
//! printf 'first\nsecond\n' | nc -UN /tmp/acknowledge/socket
//! ```

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs, io, thread};

use countersign_inbox::disk::OsDisk;
use countersign_inbox::{Event, Inbox, Settings};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder: PathBuf = env::args_os().nth(1).ok_or("usage: acknowledge FOLDER")?.into();
    let (inbox, found) = Inbox::open(OsDisk::open(folder.join("inbox"))?, &Settings::default())?;
    println!("{} events of earlier runs, {} losses", found.events, found.losses.len());
    let inbox = Arc::new(inbox);

    let socket = folder.join("socket");
    let _ = fs::remove_file(&socket);
    for stream in UnixListener::bind(socket)?.incoming() {
        let (stream, inbox) = (stream?, Arc::clone(&inbox));
        thread::spawn(move || answer(&stream, &inbox));
    }
    Ok(())
}

/// Appends each line, and answers where it is once it is durable. Whoever hears nothing must send it again.
fn answer(mut stream: &UnixStream, inbox: &Inbox<OsDisk>) -> io::Result<()> {
    for line in BufReader::new(stream).lines() {
        let line = line?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let event = Event {
            connection: "lines",
            id: now.as_nanos().to_be_bytes(),
            received_at: i64::try_from(now.as_micros()).unwrap_or(i64::MAX),
            verdict: b"",
            head: b"",
            body: line.as_bytes(),
        };
        match inbox.append(&event).wait() {
            Ok(appended) => writeln!(stream, "durable {}", appended.seq)?,
            Err(error) => writeln!(stream, "failed: {error}")?,
        }
    }
    Ok(())
}
