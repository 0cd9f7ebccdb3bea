use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign::{Rejection, Secret, Verifier, verify_batch};

/// What the edge wrote: nothing of it is parsed yet.
struct Record {
    signature: Vec<u8>,
    body: Vec<u8>,
}

/// A topic of which one record after the other can be had: a line with the signature, a blank, and the body in base64.
struct Consumer {
    records: BufReader<TcpStream>,
    offset: usize,
}

impl Consumer {
    /// Waits for a record, and takes as many more as are there already, up to `most`. Nothing, if the topic is at its end.
    fn poll(&mut self, most: usize) -> io::Result<Vec<Record>> {
        let mut batch = Vec::new();
        while batch.len() < most && (batch.is_empty() || self.records.buffer().contains(&b'\n')) {
            let mut line = Vec::new();
            if self.records.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            let line = line.trim_ascii_end();
            let at = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
            let (signature, body) = line.split_at(at);
            // A record that cannot be read has no signature.
            let body = STANDARD.decode(body.trim_ascii_start());
            let signature = if body.is_ok() { signature.to_vec() } else { Vec::new() };
            batch.push(Record { signature, body: body.unwrap_or_default() });
        }
        Ok(batch)
    }

    /// Says how far all is done, so that nothing is done twice after a crash.
    fn commit(&mut self, records: usize) -> io::Result<()> {
        self.offset += records;
        writeln!(self.records.get_mut(), "committed {}", self.offset)
    }
}

fn handle(body: &[u8]) {
    println!("took {} bytes", body.len());
}

fn consume(verifier: &Verifier, mut consumer: Consumer) -> io::Result<()> {
    loop {
        let records = consumer.poll(512)?;
        if records.is_empty() {
            return Ok(());
        }
        let batch: Vec<_> = records.iter().map(|record| (verifier, &record.signature[..], &record.body[..])).collect();
        let mut verdicts = vec![Err(Rejection::MissingSignature); batch.len()];
        verify_batch(&batch, &mut verdicts);
        for (record, verdict) in records.iter().zip(verdicts) {
            match verdict {
                Ok(_) => handle(&record.body),
                // Here a real one goes to a topic of its own, with the reason.
                Err(rejection) => println!("rejected: {}", rejection.name()),
            }
        }
        consumer.commit(records.len())?;
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = Secret::new(env::var("WEBHOOK_SECRET")?);
    let verifier = Verifier::preset("github", secret)?;

    let listener = TcpListener::bind(env::var("ADDRESS").unwrap_or("127.0.0.1:3000".into()))?;
    println!("listening on {}", listener.local_addr()?);
    for stream in listener.incoming() {
        consume(&verifier, Consumer { records: BufReader::new(stream?), offset: 0 })?;
    }
    Ok(())
}
