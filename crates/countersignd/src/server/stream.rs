//! The TCP connection of a sender: how long it may wait with a head or be idle, and how it ends.
//!
//! hyper has one time-out for both, which it sets anew for each request. Here the two differ, and one timer serves a whole TCP
//! connection.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use crate::server::timer::poll_timer;

/// What is read and thrown away after an answer that came before the end of the body. A socket that is closed with unread bytes is
/// reset, and the sender may then not see the answer (RFC 9112, section 9.6).
const LINGER_BYTES: usize = 4 << 20;
const LINGER_TIME: Duration = Duration::from_secs(1);

/// How long a TCP connection may wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeouts {
    /// For a whole head, from its first byte; for the first one, from the beginning.
    pub(super) head: Duration,
    /// Between an answer and the next head; also until the other side reads of what is written to it.
    pub(super) idle: Duration,
}

/// What the stream and the service of one TCP connection share: where its requests are.
#[derive(Debug)]
pub(super) struct Progress {
    /// The requests whose head was read.
    requests: AtomicU64,
    is_answering: AtomicBool,
    is_in_head: AtomicBool,
}

impl Progress {
    /// Of a TCP connection whose first head is awaited.
    pub(super) fn new() -> Self {
        Self { requests: AtomicU64::new(0), is_answering: AtomicBool::new(false), is_in_head: AtomicBool::new(true) }
    }

    /// Whether a part of a head was read, or the first head is awaited. A part that came with the end of the request before it is not seen: how
    /// many of the bytes that were read belong to a request is known to hyper alone.
    pub(super) fn is_in_head(&self) -> bool {
        self.is_in_head.load(Ordering::Relaxed)
    }

    pub(super) fn set_request(&self) {
        self.is_answering.store(true, Ordering::Relaxed);
        self.is_in_head.store(false, Ordering::Relaxed);
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn set_answered(&self) {
        self.is_answering.store(false, Ordering::Relaxed);
    }
}

/// What is waited for.
#[derive(Clone, Copy, Debug)]
enum Waiting {
    /// Nothing: a request is being answered, and its body has time-outs of its own.
    No,
    /// The next byte, since then.
    Idle(Instant),
    /// The rest of a head, since then.
    Head(Instant),
}

/// The stream of a TCP connection.
pub(super) struct GuardedStream {
    stream: TcpStream,
    progress: Arc<Progress>,
    timeouts: Timeouts,
    waiting: Waiting,
    /// How many requests there were when `waiting` was set.
    requests: u64,
    timer: Option<Pin<Box<Sleep>>>,
    unread: Unread,
    lingering: Option<Lingering>,
}

impl GuardedStream {
    pub(super) fn new(stream: TcpStream, progress: Arc<Progress>, timeouts: Timeouts) -> Self {
        let waiting = Waiting::Head(Instant::now());
        Self {
            stream,
            progress,
            timeouts,
            waiting,
            requests: 0,
            timer: None,
            unread: Unread::default(),
            lingering: None,
        }
    }

    /// Sees whether a request has begun or was answered since.
    fn update(&mut self) {
        let requests = self.progress.requests.load(Ordering::Relaxed);
        if self.progress.is_answering.load(Ordering::Relaxed) {
            self.waiting = Waiting::No;
        } else if requests != self.requests || matches!(self.waiting, Waiting::No) {
            self.waiting = Waiting::Idle(Instant::now());
        }
        self.requests = requests;
    }

    /// Ready when what is waited for is late.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let late_at = match self.waiting {
            Waiting::No => return Poll::Pending,
            Waiting::Idle(since) => since + self.timeouts.idle,
            Waiting::Head(since) => since + self.timeouts.head,
        };
        poll_timer(&mut self.timer, late_at, cx)
    }

    /// Reads and throws away, until the other side has closed or enough was done.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(lingering) = &mut self.lingering else { return Poll::Ready(()) };
        while lingering.bytes_left > 0 {
            let mut bytes = [0; 16 * 1024];
            let mut buffer = ReadBuf::new(&mut bytes);
            match Pin::new(&mut self.stream).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    lingering.bytes_left = lingering.bytes_left.saturating_sub(buffer.filled().len());
                }
                Poll::Ready(_) => break,
                Poll::Pending => return poll_timer(&mut self.timer, lingering.until, cx),
            }
        }
        Poll::Ready(())
    }
}

/// Since when nothing can be written, since the other side does not read. That has a timer of its own: who writes may be reading too.
#[derive(Default)]
struct Unread {
    since: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

/// What may still be thrown away, once the sending side is closed.
#[derive(Debug)]
struct Lingering {
    bytes_left: usize,
    until: Instant,
}

impl AsyncRead for GuardedStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.update();
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, buffer) {
            Poll::Ready(outcome) => {
                if buffer.filled().len() > before
                    && let Waiting::Idle(_) = self.waiting
                {
                    self.waiting = Waiting::Head(Instant::now());
                    self.progress.is_in_head.store(true, Ordering::Relaxed);
                }
                Poll::Ready(outcome)
            }
            Poll::Pending => {
                ready!(self.poll_late(cx));
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "no request in time")))
            }
        }
    }
}

/// Answers are small: hyper copies head and body into one buffer if there is no vectored write, which costs the system less.
///
/// The writing of bytes alone waits for the other side. TLS, too, flushes and closes by writing.
impl AsyncWrite for GuardedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(cx, bytes) {
            Poll::Ready(outcome) => {
                self.unread.since = None;
                Poll::Ready(outcome)
            }
            Poll::Pending => {
                let late_at = *self.unread.since.get_or_insert_with(Instant::now) + self.timeouts.idle;
                ready!(poll_timer(&mut self.unread.timer, late_at, cx));
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "no answer is read")))
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            self.lingering = Some(Lingering { bytes_left: LINGER_BYTES, until: Instant::now() + LINGER_TIME });
        }
        self.poll_linger(cx).map(Ok)
    }
}
