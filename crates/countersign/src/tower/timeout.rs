//! A moment until which something is waited for.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::Sleep;

pin_project! {
    #[project = DeadlineProjection]
    pub enum Deadline {
        None,
        // A timer costs something, and what is there already needs none.
        NotYet { timeout: Duration },
        Running { #[pin] sleep: Sleep },
    }
}

/// A deadline that takes room only once something is waited for.
#[derive(Default)]
pub(crate) struct Patience(Option<Pin<Box<Deadline>>>);

impl Patience {
    /// Ready when `timeout` is over, from the first poll on.
    pub(crate) fn poll(&mut self, timeout: Option<Duration>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.get_or_insert_with(|| Box::pin(Deadline::new(timeout))).as_mut().poll(cx)
    }
}

impl Deadline {
    /// `timeout` from the first poll on; never, if there is none.
    pub(crate) fn new(timeout: Option<Duration>) -> Self {
        timeout.map_or(Self::None, |timeout| Self::NotYet { timeout })
    }

    /// Ready when the time is over.
    pub(crate) fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Self::NotYet { timeout } = *self {
            self.set(Self::Running { sleep: tokio::time::sleep(timeout) });
        }
        match self.project() {
            DeadlineProjection::Running { sleep } => sleep.poll(cx),
            _ => Poll::Pending,
        }
    }
}
