//! A progress bar on standard error, for runs long enough to want one.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::wrap::stderr_width;

/// Runs shorter than this show no bar; it would only flash.
const PATIENCE: Duration = Duration::from_millis(400);

/// What the numbers take at most, as in ` 100 %  1023.99 MiB of 1023.99 MiB  1023.99 MiB/s  59m left`, and a column that stays
/// free: in the last one some terminals begin a new line.
const NUMBERS: usize = 64;
/// A longer bar says no more.
const LONGEST_BAR: usize = 30;

/// What fits a terminal of so many columns.
fn template(length_is_known: bool, columns: usize) -> String {
    let bar = columns.saturating_sub(NUMBERS).min(LONGEST_BAR);
    match (length_is_known, columns) {
        (true, 74..) => {
            format!(
                "{{bar:{bar}}} {{percent:>3}} %  {{binary_bytes}} of {{binary_total_bytes}}  {{binary_bytes_per_sec}}  {{eta}} left"
            )
        }
        (true, 20..) => "{percent:>3} %  {eta} left".to_owned(),
        (true, _) => "{percent:>3} %".to_owned(),
        (false, 40..) => "{spinner} {binary_bytes}  {binary_bytes_per_sec}".to_owned(),
        (false, _) => "{binary_bytes}".to_owned(),
    }
}

/// The bar, which appears when the run has taken a while.
pub(super) struct Progress {
    bar: ProgressBar,
    wanted: bool,
    started: Instant,
}

impl Progress {
    /// For `length` bytes, if that is known.
    pub(super) fn new(length: Option<u64>, wanted: bool) -> Self {
        let template = template(length.is_some(), stderr_width().unwrap_or(80));
        let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
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

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use indicatif::TermLike;

    use super::*;

    /// A terminal that keeps what is written to it.
    #[derive(Clone, Debug)]
    struct Screen {
        columns: u16,
        text: Arc<Mutex<String>>,
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            self.columns
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)?;
            self.write_str("\n")
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            self.text.lock().unwrap().push_str(text);
            Ok(())
        }

        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Drawn with the longest numbers, the bar takes one line, of fewer columns than the terminal has.
    #[test]
    fn the_bar_fits_every_terminal() {
        const LENGTH: u64 = (1 << 30) - 1;
        for columns in 14..200 {
            for length in [Some(LENGTH), None] {
                let screen = Screen { columns, text: Arc::default() };
                let style = ProgressStyle::with_template(&template(length.is_some(), columns.into())).unwrap();
                let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
                let bar = ProgressBar::with_draw_target(length, target).with_style(style);
                bar.set_position(LENGTH - 1);
                // What was drawn for the position, perhaps, is drawn again.
                screen.text.lock().unwrap().clear();
                bar.force_draw();
                let shown = screen.text.lock().unwrap().clone();
                let line = shown.trim_end_matches(' ');
                assert!(!line.is_empty() && !line.contains('\n'), "{columns}: {shown:?}");
                assert!(line.chars().count() < columns.into(), "{columns}: {shown:?}");
            }
        }
    }
}
