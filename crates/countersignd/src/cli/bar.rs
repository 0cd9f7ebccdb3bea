//! A progress bar on standard error, if that is a terminal, for what takes long enough to want one.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is done sooner shows no bar; it would only flash.
const PATIENCE: Duration = Duration::from_millis(400);

/// The bar, which counts objects of the archive.
pub(super) struct Bar {
    shown: ProgressBar,
    is_wanted: bool,
    started: Instant,
}

impl Bar {
    /// None is shown unless it `is_wanted`.
    pub(super) fn new(is_wanted: bool) -> Self {
        let style = ProgressStyle::with_template("{wide_bar} {pos} of {len} objects, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let shown = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden()).with_style(style);
        Self { shown, is_wanted, started: Instant::now() }
    }

    /// So many objects of so many are done.
    pub(super) fn set(&mut self, objects: u64, of_objects: u64) {
        if self.is_wanted && self.started.elapsed() > PATIENCE {
            self.is_wanted = false;
            self.shown.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.shown.set_length(of_objects);
        self.shown.set_position(objects);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.shown.finish_and_clear();
    }
}
