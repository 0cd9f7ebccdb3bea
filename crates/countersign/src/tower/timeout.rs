//! Timeouts that start when something first has to be waited for.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::Sleep;

pin_project! {
    // A timer has a cost, and what is ready at the first poll needs none. So the timer is made at the first poll.
    #[project = TimeoutProjection]
    pub enum Timeout {
        Never,
        NotStarted { duration: Duration },
        Started { #[pin] sleep: Sleep },
    }
}

impl Timeout {
    /// A timeout that is over `duration` after its first poll; never, if `duration` is `None`.
    pub(crate) fn new(duration: Option<Duration>) -> Self {
        duration.map_or(Self::Never, |duration| Self::NotStarted { duration })
    }

    /// Ready when the time is over.
    pub(crate) fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Self::NotStarted { duration } = *self {
            self.set(Self::Started { sleep: tokio::time::sleep(duration) });
        }
        match self.project() {
            TimeoutProjection::Started { sleep } => sleep.poll(cx),
            _ => Poll::Pending,
        }
    }
}

/// A timeout that is allocated at its first poll. Until then it is as large as a pointer.
#[derive(Default)]
pub(crate) struct LazyTimeout(Option<Pin<Box<Timeout>>>);

impl LazyTimeout {
    /// Ready when `duration` is over, counted from the first poll. Later polls ignore `duration`.
    pub(crate) fn poll(&mut self, duration: Option<Duration>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.get_or_insert_with(|| Box::pin(Timeout::new(duration))).as_mut().poll(cx)
    }
}
