use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign::{Rejection, Secret, Verifier, verify_batch};

/// What the edge service wrote, unparsed.
struct Record {
    signature: Vec<u8>,
    body: Vec<u8>,
}

/// A topic. Each record is a line: the signature, a space, and the body in base64.
struct Consumer {
    records: BufReader<TcpStream>,
    offset: usize,
}

impl Consumer {
    /// Waits for a record. Returns it and those that have arrived after it, at most `most`; none at the end of the topic.
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

    /// Stores that everything before this offset was handled. After a crash, the records since the last commit come again.
    fn commit(&mut self, records: usize) -> io::Result<()> {
        self.offset += records;
        writeln!(self.records.get_mut(), "committed {}", self.offset)
    }
}

/// Must do no harm if it is called again for the same record, which happens after a crash.
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
                // A real consumer writes the record to a topic for rejected ones, with the reason.
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
        // A connection that breaks does not end the program.
        let consumed =
            stream.and_then(|stream| consume(&verifier, Consumer { records: BufReader::new(stream), offset: 0 }));
        if let Err(error) = consumed {
            eprintln!("{error}");
        }
    }
    Ok(())
}
