//! A progress bar on standard error, for runs long enough to want one.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Runs shorter than this show no bar; it would only flash.
const PATIENCE: Duration = Duration::from_millis(400);

/// The bar, which appears when the run has taken a while.
pub(super) struct Progress {
    bar: ProgressBar,
    wanted: bool,
    started: Instant,
}

impl Progress {
    /// For `length` bytes, if that is known.
    pub(super) fn new(length: Option<u64>, wanted: bool) -> Self {
        let template = if length.is_some() {
            "{bar:30} {percent:>3} %  {binary_bytes} of {binary_total_bytes}  {binary_bytes_per_sec}  {eta} left"
        } else {
            "{spinner} {binary_bytes}  {binary_bytes_per_sec}"
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden()).with_style(style);
        Self { bar, wanted, started: Instant::now() }
    }

    /// So many bytes are done.
    pub(super) fn set(&mut self, bytes: u64) {
        if self.wanted && self.started.elapsed() > PATIENCE {
            self.wanted = false;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(bytes);
    }

    /// Prints something without spoiling the bar.
    pub(super) fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
