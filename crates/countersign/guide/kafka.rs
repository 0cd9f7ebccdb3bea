use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::time::SystemTime;

use countersign::records::{Record, UnixMicros};
use countersign::{Batch, Rejection, Secret, Verifier};

/// A topic. Each line is a record: a delivery as the edge service got it, with the time at which it arrived there.
struct Consumer {
    records: BufReader<TcpStream>,
    offset: usize,
}

impl Consumer {
    /// Waits for a record. Returns it and those that have arrived after it, at most `most`; none at the end of the
    /// topic.
    fn poll(&mut self, most: usize) -> io::Result<Vec<Vec<u8>>> {
        let mut lines = Vec::new();
        while lines.len() < most && (lines.is_empty() || self.records.buffer().contains(&b'\n')) {
            let mut line = Vec::new();
            if self.records.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            lines.push(line);
        }
        Ok(lines)
    }

    /// Stores that everything before this offset was handled. After a crash, the records since the last commit come
    /// again.
    fn commit(&mut self, records: usize) -> io::Result<()> {
        self.offset += records;
        writeln!(self.records.get_mut(), "committed {}", self.offset)
    }
}

/// A record and its time of arrival. Without that time nobody can tell whether the delivery was fresh.
fn read(line: &[u8]) -> Result<(Record<'_>, SystemTime), String> {
    let record = Record::read(line).map_err(|error| error.to_string())?;
    let received_at = record.received_at.and_then(UnixMicros::to_system_time).ok_or("it has no received_at")?;
    Ok((record, received_at))
}

/// Must do no harm if it is called again for the same record, which happens after a crash.
fn handle(record: &Record<'_>) {
    println!("took {} bytes", record.body.len());
}

/// A real consumer writes what it does not take to another topic, with the reason.
fn set_aside(reason: &str) {
    println!("set aside: {reason}");
}

fn consume(verifier: &Verifier, mut consumer: Consumer) -> io::Result<()> {
    loop {
        let lines = consumer.poll(512)?;
        if lines.is_empty() {
            return Ok(());
        }
        let mut records = Vec::with_capacity(lines.len());
        for line in &lines {
            match read(line) {
                Ok(record) => records.push(record),
                Err(error) => set_aside(&error),
            }
        }
        // Fresh or not is decided as of the time of arrival. By now, all of a backlog would be expired.
        let batch: Vec<_> =
            records.iter().map(|(record, received_at)| (verifier, record.delivery(), *received_at)).collect();
        let mut verdicts = vec![Err(Rejection::MissingSignature); batch.len()];
        Batch::new().verify(&batch, &mut verdicts);
        for ((record, _), verdict) in records.iter().zip(verdicts) {
            match verdict {
                Ok(_) => handle(record),
                Err(rejection) => set_aside(rejection.name()),
            }
        }
        consumer.commit(lines.len())?;
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = env::var("WEBHOOK_SECRET").ok().filter(|secret| !secret.is_empty());
    let secret = Secret::new(secret.ok_or("set WEBHOOK_SECRET to the secret of the sender")?);
    let preset = env::var("WEBHOOK_PRESET").unwrap_or("github".into());
    let verifier = Verifier::preset(&preset, secret)?;

    let listener = TcpListener::bind(env::var("ADDRESS").unwrap_or("127.0.0.1:3000".into()))?;
    println!("listening on {}", listener.local_addr()?);
    for stream in listener.incoming() {
        // A TCP connection that breaks does not end the program.
        let consumed =
            stream.and_then(|stream| consume(&verifier, Consumer { records: BufReader::new(stream), offset: 0 }));
        if let Err(error) = consumed {
            eprintln!("{error}");
        }
    }
    Ok(())
}
