//! What countersignd is compared with.
//!
//! * `peer bare`: a handler of axum that reads the body and answers. It prints its address.
//! * `peer hmac`: the same behind the layer of `countersign`.
//! * `peer fdatasync FOLDER SECONDS`: writes a block of 4 KiB to a file that is filled with zeros, and flushes it, again and again. It
//!   prints how long that took, as JSON.

use std::fs::OpenOptions;
use std::net::TcpListener;
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::routing::post;
use axum::{Json, Router};
use countersign::tower::VerifyLayer;
use countersign::{Algorithm, Encoding, Secret, Verifier};
use uuid::Uuid;

const USAGE: &str = "usage: peer bare | peer hmac | peer fdatasync FOLDER SECONDS";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, rest @ ..] = &arguments[..] else { return Err(USAGE.into()) };
    if let ("fdatasync", [folder, seconds]) = (kind.as_str(), rest) {
        return flush(folder, Duration::from_secs_f64(seconds.parse()?));
    }
    let router = Router::new().route("/webhooks/{endpoint}", post(answer));
    let router = match kind.as_str() {
        "bare" => router,
        "hmac" => {
            let verifier = Verifier::hmac(Algorithm::Sha256, Encoding::HexaDecimal, Secret::new("bench secret"))?;
            router.layer(VerifyLayer::new(verifier)?)
        }
        _ => return Err(USAGE.into()),
    };
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    println!("{}", listener.local_addr()?);
    axum_server::from_tcp(listener)?.http1_only().serve(router.into_make_service()).await?;
    Ok(())
}

async fn answer(body: Bytes) -> Json<serde_json::Value> {
    Json(serde_json::json!({"id": Uuid::now_v7().to_string(), "bytes": body.len()}))
}

/// Measures flushes of one block each.
fn flush(folder: &str, duration: Duration) -> Result<(), Box<dyn std::error::Error>> {
    const FILE_BYTES: u64 = 64 << 20;
    const BLOCK: [u8; 4096] = [7; 4096];
    let path = std::path::Path::new(folder).join("fdatasync");
    let file = OpenOptions::new().write(true).create(true).truncate(true).open(&path)?;
    for block in 0..FILE_BYTES / 4096 {
        file.write_all_at(&[0; 4096], block * 4096)?;
    }
    file.sync_all()?;
    let mut times = hdrhistogram::Histogram::<u64>::new(3)?;
    let start = Instant::now();
    let mut position = 0;
    while start.elapsed() < duration {
        let began = Instant::now();
        file.write_all_at(&BLOCK, position)?;
        file.sync_data()?;
        times.record(u64::try_from(began.elapsed().as_micros())?)?;
        position = (position + 4096) % FILE_BYTES;
    }
    std::fs::remove_file(path)?;
    let micros = |quantile| times.value_at_quantile(quantile);
    println!("{}", serde_json::json!({"count": times.len(), "p50_micros": micros(0.5), "p99_micros": micros(0.99)}));
    Ok(())
}
