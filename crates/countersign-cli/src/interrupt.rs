//! Ctrl-C: the first is noticed by who asks here, the second ends the program.

use std::sync::atomic::{AtomicBool, Ordering};

/// 128 + SIGINT, as a shell reports it.
pub(crate) const INTERRUPTED: u8 = 130;

static SEEN: AtomicBool = AtomicBool::new(false);

/// From now on an interruption is noticed here. Where the system does not allow that, it ends the program as before.
pub(crate) fn watch() {
    let _ = ctrlc::set_handler(|| {
        if SEEN.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED.into());
        }
    });
}

/// Whether the program was interrupted since [`watch`].
pub(crate) fn seen() -> bool {
    SEEN.load(Ordering::Relaxed)
}
