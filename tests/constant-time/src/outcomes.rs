//! The one place where something that depends on secrets becomes public: whether a secret has matched, and which.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::valgrind;

/// How many outcomes did depend on a secret: a run in which the marks got lost would find no leak either.
static SECRET: AtomicUsize = AtomicUsize::new(0);

/// From now on, outcomes may be known.
pub(crate) fn declassify() {
    #[cfg(countersign_declassify)]
    countersign_core::hazmat::DECLASSIFY.set(publish).expect("it is set once");
    #[cfg(not(countersign_declassify))]
    panic!("compiled without --cfg countersign_declassify; scripts/test-constant-time sets it");
}

#[cfg_attr(not(countersign_declassify), allow(dead_code, reason = "only that build has the place where it is called"))]
fn publish(any: &mut u8, before: &mut u8) {
    if valgrind::is_secret(any) {
        SECRET.fetch_add(1, Ordering::Relaxed);
    }
    valgrind::publish(any);
    valgrind::publish(before);
}

pub(crate) fn secret() -> usize {
    SECRET.load(Ordering::Relaxed)
}

/// Runs `judge`, whose verdict comes from a comparison with a secret.
pub(crate) fn expect_secret<T>(what: &str, judge: impl FnOnce() -> T) -> T {
    let before = secret();
    let verdict = judge();
    assert!(secret() > before, "{what}: the outcome did not depend on a secret; the marks got lost");
    verdict
}
