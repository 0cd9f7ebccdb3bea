//! How fast a body must arrive.

use std::time::Duration;

use crate::tower::refusal::Refusal;

/// How fast a body must arrive, from when the layer first has to wait for a part of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// The time for the whole body. `None` for any.
    pub(crate) timeout: Option<Duration>,
    pub(crate) least_rate: Option<LeastRate>,
}

/// The least bytes a second, once a time has passed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeastRate {
    pub(crate) bytes_per_second: u32,
    pub(crate) after: Duration,
}

impl Pace {
    /// The time after which a body is late if no more than `received` bytes have arrived, and what it is refused for then.
    pub(crate) fn time_for(self, received: u64) -> Option<(Duration, Refusal)> {
        let whole = self.timeout.map(|timeout| (timeout, Refusal::TimedOut));
        let rate = self.least_rate.map(|rate| {
            let millis = received.saturating_mul(1000) / u64::from(rate.bytes_per_second.max(1));
            (rate.after.saturating_add(Duration::from_millis(millis)), Refusal::TooSlow)
        });
        whole.into_iter().chain(rate).min_by_key(|(time, _)| *time)
    }
}
