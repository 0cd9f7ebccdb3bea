//! Answers line by line: while something is done, how far it is; then what came of it.

use std::convert::Infallible;
use std::fmt::Display;
use std::future::Future;
use std::task::Poll;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use http::header::CONTENT_TYPE;
use serde::Serialize;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::control::line::Line;

/// The answer that does `work`, which says how far it is by what it sends. Where whoever has asked hangs up, the work is dropped.
pub(super) fn answer<P, T, E, W>(work: impl FnOnce(UnboundedSender<P>) -> W) -> Response
where
    P: Serialize + Send + 'static,
    T: Serialize + Send + 'static,
    E: Display + Send + 'static,
    W: Future<Output = Result<T, E>> + Send + 'static,
{
    // One message a load: there are never many.
    let (sender, mut progress) = unbounded_channel();
    let mut work = Some(Box::pin(work(sender)));
    let mut last: Option<Line<P, T>> = None;
    let lines = stream::poll_fn(move |context| -> Poll<Option<Result<Vec<u8>, Infallible>>> {
        if let Some(doing) = &mut work
            && let Poll::Ready(outcome) = doing.as_mut().poll(context)
        {
            work = None;
            last = Some(match outcome {
                Ok(done) => Line::Done(done),
                Err(error) => Line::Failed(error.to_string()),
            });
        }
        match progress.poll_recv(context) {
            Poll::Ready(Some(far)) => Poll::Ready(Some(Ok(line(&Line::<P, T>::Progress(far))))),
            // What sends is gone, so the work is done.
            Poll::Ready(None) => Poll::Ready(last.take().map(|last| Ok(line(&last)))),
            Poll::Pending => Poll::Pending,
        }
    });
    ([(CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response()
}

fn line(line: &impl Serialize) -> Vec<u8> {
    let mut text = serde_json::to_vec(line).unwrap_or_default();
    text.push(b'\n');
    text
}
