//! As people build it: HMAC, a row in PostgreSQL, then the answer. The rows of 128 bodies, or of what has come in 15 ms, are inserted
//! by one statement with one commit (RudderStack's figures). Up to four batches are under way at once, each on a connection of its
//! own. PostgreSQL is as Debian sets it up, with `synchronous_commit` on: an answer means as much as countersignd's.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Extension, Router};
use countersign::tower::Authentic;
use http::StatusCode;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};
use tokio_postgres::NoTls;
use uuid::Uuid;

const BATCH: usize = 128;
const LINGER: Duration = Duration::from_millis(15);
const WRITERS: usize = 4;
const TABLE: &str = "create table if not exists events
    (id uuid primary key, received_at timestamptz not null default now(), body bytea not null)";
/// The texts of the ids are sent, lest the client needs a feature for the type.
const INSERT: &str =
    "insert into events (id, body) select id::uuid, body from unnest($1::text[], $2::bytea[]) as new (id, body)";

type Waiting = (Uuid, Bytes, oneshot::Sender<bool>);

/// The routes, without what verifies; `config` says where the server is, as libpq takes it.
pub(crate) async fn routes(config: &str) -> Result<Router, Box<dyn Error>> {
    let (sender, receiver) = mpsc::channel::<Waiting>(16 * BATCH);
    let receiver = Arc::new(Mutex::new(receiver));
    for writer in 0..WRITERS {
        let (client, connection) = tokio_postgres::connect(config, NoTls).await?;
        tokio::spawn(connection);
        if writer == 0 {
            client.batch_execute(TABLE).await?;
        }
        let insert = client.prepare(INSERT).await?;
        let receiver = Arc::clone(&receiver);
        tokio::spawn(async move {
            loop {
                let batch = batch(&mut *receiver.lock().await).await;
                if batch.is_empty() {
                    return;
                }
                let ids: Vec<_> = batch.iter().map(|(id, ..)| id.to_string()).collect();
                let bodies: Vec<&[u8]> = batch.iter().map(|(_, body, _)| &body[..]).collect();
                let is_stored = client.execute(&insert, &[&ids, &bodies]).await.is_ok();
                for (.., done) in batch {
                    // Who has gone does not wait.
                    let _ = done.send(is_stored);
                }
            }
        });
    }
    Ok(Router::new().route(crate::PATH, post(receive)).with_state(sender))
}

/// The next bodies: as many as a batch has, or those that have come when it was time.
async fn batch(receiver: &mut mpsc::Receiver<Waiting>) -> Vec<Waiting> {
    let mut batch = Vec::with_capacity(BATCH);
    batch.extend(receiver.recv().await);
    let deadline = Instant::now() + LINGER;
    while batch.len() < BATCH {
        let room = BATCH - batch.len();
        match timeout_at(deadline, receiver.recv_many(&mut batch, room)).await {
            Ok(more) if more > 0 => {}
            _ => break,
        }
    }
    batch
}

async fn receive(State(sender): State<mpsc::Sender<Waiting>>, Extension(authentic): Extension<Authentic>) -> Response {
    let body = authentic.body().clone();
    let (done, outcome) = oneshot::channel();
    let (id, length) = (Uuid::now_v7(), body.len());
    let is_sent = sender.send((id, body, done)).await.is_ok();
    match outcome.await {
        Ok(true) if is_sent => crate::accepted(id, length).into_response(),
        _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
