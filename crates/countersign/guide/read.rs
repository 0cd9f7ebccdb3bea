use std::env;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use countersign::engine::Stream;
use countersign::{Rejection, Secret, Verified, Verifier};

/// Verifies what is read through it.
struct Verifying<R> {
    inner: R,
    stream: Stream,
}

impl<R: Read> Read for Verifying<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.stream.update(&buffer[..length]);
        Ok(length)
    }
}

impl<R> Verifying<R> {
    /// Whether everything that was read is authentic. Call it at the end, and use nothing before that.
    fn finish(self) -> Result<Verified, Rejection> {
        self.stream.finish()
    }
}

/// Reads a line with the signature, then the signed body up to the end of the connection. Returns the body's length.
fn receive(verifier: &Verifier, store: &Path, stream: &TcpStream) -> Result<u64, Box<dyn std::error::Error>> {
    let mut reader = BufReader::new(stream);
    let mut signature = Vec::new();
    reader.by_ref().take(1000).read_until(b'\n', &mut signature)?;

    let stream = verifier.streaming()?.begin_signature(signature.trim_ascii_end())?;
    let mut body = Verifying { inner: reader, stream };
    let unverified = store.join("unverified");
    // A crash may have left one. A new file follows no link that someone else has put there.
    let _ = fs::remove_file(&unverified);
    let copied = io::copy(&mut body, &mut File::create_new(&unverified)?);
    let verdict = copied.map_err(Into::into).and_then(|length| Ok((length, body.finish()?)));
    match verdict {
        Ok((length, _)) => {
            // This replaces the delivery before.
            fs::rename(unverified, store.join("delivery"))?;
            Ok(length)
        }
        Err(error) => {
            fs::remove_file(unverified)?;
            Err(error)
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = env::var("WEBHOOK_SECRET").ok().filter(|secret| !secret.is_empty());
    let secret = Secret::new(secret.ok_or("set WEBHOOK_SECRET to the secret of the sender")?);
    let verifier = Verifier::preset("github", secret)?;
    let store = env::var("STORE").map_err(|_| "set STORE to the folder in which deliveries are stored")?;

    let listener = TcpListener::bind(env::var("ADDRESS").unwrap_or("127.0.0.1:3000".into()))?;
    println!("listening on {}", listener.local_addr()?);
    for stream in listener.incoming() {
        // A connection that breaks does not end the program.
        let answered = stream.and_then(|mut stream| match receive(&verifier, Path::new(&store), &stream) {
            Ok(length) => writeln!(stream, "stored {length} bytes"),
            Err(error) => {
                eprintln!("not stored: {error}");
                writeln!(stream, "not accepted")
            }
        });
        if let Err(error) = answered {
            eprintln!("{error}");
        }
    }
    Ok(())
}
