//! What countersignd is compared with.
//!
//! * `peer bare`: a handler of axum that reads the body and answers. It prints its address, as the next three do.
//! * `peer hmac`: the same behind the layer of `countersign`.
//! * `peer durable FOLDER`: the same as `bare`, but it answers only after all bodies that wait were written and flushed together.
//! * `peer postgres CONFIG`: the same as `hmac`, but it inserts the bodies into PostgreSQL, and answers after the commit.
//! * `peer fdatasync FOLDER SECONDS`: writes a block of 4 KiB to a file that is filled with zeros, and flushes it, again and again. It
//!   prints how long that took, as JSON.

mod durable;
mod flush;
mod postgres;

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use axum::body::Bytes;
use axum::routing::post;
use axum::{Json, Router};
use countersign::tower::VerifyLayer;
use countersign::{Algorithm, Encoding, Secret, Verifier};
use uuid::Uuid;

const USAGE: &str =
    "usage: peer bare | peer hmac | peer durable FOLDER | peer postgres CONFIG | peer fdatasync FOLDER SECONDS";

/// Where deliveries are received.
const PATH: &str = "/webhooks/{endpoint}";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let bare = Router::new().route(PATH, post(answer));
    let router = match arguments[..] {
        ["fdatasync", folder, seconds] => {
            return flush::measure(Path::new(folder), Duration::from_secs_f64(seconds.parse()?));
        }
        ["bare"] => bare,
        ["hmac"] => bare.layer(layer()?),
        ["postgres", config] => postgres::routes(config).await?.layer(layer()?),
        ["durable", folder] => durable::routes(Path::new(folder))?,
        _ => return Err(USAGE.into()),
    };
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    println!("{}", listener.local_addr()?);
    axum_server::from_tcp(listener)?.http1_only().serve(router.into_make_service()).await?;
    Ok(())
}

fn layer() -> Result<VerifyLayer, Box<dyn std::error::Error>> {
    let verifier = Verifier::hmac(Algorithm::Sha256, Encoding::HexaDecimal, Secret::new("bench secret"))?;
    Ok(VerifyLayer::new(verifier)?)
}

async fn answer(body: Bytes) -> Json<serde_json::Value> {
    accepted(Uuid::now_v7(), body.len())
}

/// What is answered to a body of this length.
fn accepted(id: Uuid, bytes: usize) -> Json<serde_json::Value> {
    Json(serde_json::json!({"id": id.to_string(), "bytes": bytes}))
}
