//! Timers that are used again. The runtime enters each one into a list of all, under a lock, and takes it out again; for an answer that
//! comes after a millisecond that costs more than to parse the head.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// Ready at a moment. The timer is set anew when it has fired too early, and at once only if it would fire too late.
pub(super) fn poll_timer(timer: &mut Option<Pin<Box<Sleep>>>, at: Instant, cx: &mut Context<'_>) -> Poll<()> {
    let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
    if timer.deadline() > at {
        timer.as_mut().reset(at);
    }
    loop {
        ready!(timer.as_mut().poll(cx));
        if timer.deadline() >= at {
            return Poll::Ready(());
        }
        timer.as_mut().reset(at);
    }
}

/// The timer that the requests of a TCP connection use one after the other.
#[derive(Clone, Default)]
pub struct SharedTimer(Arc<Mutex<Option<Pin<Box<Sleep>>>>>);

impl SharedTimer {
    /// Waits for a future, and gives none if it takes longer than this.
    pub fn within<F>(self, limit: Duration, future: F) -> Within<F> {
        let timer = self.lock(Option::take);
        Within { future, late_at: Instant::now() + limit, timer, shared: self }
    }

    fn lock<T>(&self, of: impl FnOnce(&mut Option<Pin<Box<Sleep>>>) -> T) -> T {
        of(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for SharedTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedTimer")
    }
}

/// What [`SharedTimer::within`] gives.
#[derive(Debug)]
pub struct Within<F> {
    future: F,
    late_at: Instant,
    timer: Option<Pin<Box<Sleep>>>,
    shared: SharedTimer,
}

impl<F: Future + Unpin> Future for Within<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(output) = Pin::new(&mut self.future).poll(cx) {
            return Poll::Ready(Some(output));
        }
        let late_at = self.late_at;
        ready!(poll_timer(&mut self.timer, late_at, cx));
        Poll::Ready(None)
    }
}

impl<F> Drop for Within<F> {
    fn drop(&mut self) {
        if let Some(timer) = self.timer.take() {
            self.shared.lock(|shared| *shared = Some(timer));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn, ready};

    use super::*;

    const AT_MOST: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn a_timer_that_is_used_again_is_neither_early_nor_late() {
        let (shared, short, long) = (SharedTimer::default(), Duration::from_millis(50), Duration::from_millis(150));
        let wait = |limit| {
            let (shared, begun) = (shared.clone(), Instant::now());
            async move {
                assert_eq!(shared.within(limit, pending::<()>()).await, None);
                begun.elapsed()
            }
        };
        let has_timer = || shared.lock(|timer| timer.is_some());
        assert!(!has_timer());
        // Whoever need not wait makes none.
        assert_eq!(shared.clone().within(short, ready(7)).await, Some(7));
        assert!(!has_timer());
        for limit in [short, long, short, short, long] {
            assert!((limit..AT_MOST).contains(&wait(limit).await));
            assert!(has_timer());
        }
        // What was not needed to its end: an earlier end, a later one.
        for (unneeded, limit) in [(short, long), (Duration::from_secs(3600), short)] {
            let mut waiting = Box::pin(shared.clone().within(unneeded, pending::<()>()));
            assert!(poll_fn(|cx| Poll::Ready(waiting.as_mut().poll(cx))).await.is_pending());
            drop(waiting);
            assert!((limit..AT_MOST).contains(&wait(limit).await), "{unneeded:?}");
        }
    }
}
