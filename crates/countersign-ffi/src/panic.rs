//! Keeps panics from crossing into C.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the body of an exported function. A panic, which would be a fault of this library, becomes `fallback`.
/// Functions that return a status use [`boundary`](crate::status::boundary).
///
/// After a panic, the body's work may be half done. This call does not use it again, and verdicts are set to `internal`
/// before the work begins.
#[inline]
pub(crate) fn boundary_or<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(fallback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_the_fallback() {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| ()));
        let found = boundary_or(7, || panic!("on purpose"));
        std::panic::set_hook(hook);
        assert_eq!(found, 7);
    }

    #[test]
    fn everything_else_passes() {
        assert_eq!(boundary_or(7, || 8), 8);
    }
}
