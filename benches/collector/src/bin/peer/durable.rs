//! The least that makes a body durable before it is answered: one thread writes all bodies that wait to a file that is filled with
//! zeros, flushes it once, and lets their handlers answer. No signature, no record, no checksum, no recovery; the file is written from
//! the beginning again when it is full.

use std::collections::VecDeque;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http::StatusCode;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::flush::{BLOCK_BYTES, FILE_BYTES, Filled};

#[derive(Default)]
struct Queue {
    waiting: Mutex<VecDeque<(Bytes, oneshot::Sender<bool>)>>,
    arrived: Condvar,
}

pub(crate) fn routes(folder: &Path) -> io::Result<Router> {
    let filled = Filled::create(folder, "durable")?;
    let queue = Arc::new(Queue::default());
    let writer = Arc::clone(&queue);
    std::thread::Builder::new().name("writer".to_owned()).spawn(move || write(&writer, &filled))?;
    Ok(Router::new().route(crate::PATH, post(receive)).with_state(queue))
}

async fn receive(State(queue): State<Arc<Queue>>, body: Bytes) -> Response {
    let (done, outcome) = oneshot::channel();
    let length = body.len();
    queue.waiting.lock().unwrap_or_else(PoisonError::into_inner).push_back((body, done));
    queue.arrived.notify_one();
    match outcome.await {
        Ok(true) => crate::accepted(Uuid::now_v7(), length).into_response(),
        _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// Writes what waits, as long as the process runs.
fn write(queue: &Queue, filled: &Filled) {
    let mut position = 0;
    loop {
        let mut waiting = queue.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while waiting.is_empty() {
            waiting = queue.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        let group = std::mem::take(&mut *waiting);
        drop(waiting);
        let mut bytes: Vec<u8> = group.iter().flat_map(|(body, _)| body.iter().copied()).collect();
        bytes.resize(bytes.len().next_multiple_of(BLOCK_BYTES), 0);
        if position + bytes.len() as u64 > FILE_BYTES {
            position = 0;
        }
        let written = filled.file.write_all_at(&bytes, position).and_then(|()| filled.file.sync_data());
        position += bytes.len() as u64;
        for (_, done) in group {
            // Who has gone does not wait.
            let _ = done.send(written.is_ok());
        }
    }
}
