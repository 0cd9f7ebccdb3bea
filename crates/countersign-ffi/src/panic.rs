//! The edge that no panic crosses.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::status::Status;

/// Runs the body of an exported function. A panic, which would be a fault of this library, becomes `internal`.
///
/// What the body was working on may be half done after a panic. It is not looked at again by this call, and verdicts
/// are set to `internal` before the work begins.
#[inline]
pub(crate) fn boundary(body: impl FnOnce() -> Result<(), Status>) -> Status {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => Status::Authentic,
        Ok(Err(status)) => status,
        Err(_) => Status::Internal,
    }
}

/// As [`boundary`], for functions that return something else than a status.
#[inline]
pub(crate) fn boundary_or<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(fallback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_status() {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| ()));
        let status = boundary(|| panic!("on purpose"));
        let other = boundary_or(7, || panic!("on purpose"));
        std::panic::set_hook(hook);
        assert_eq!((status, other), (Status::Internal, 7));
    }

    #[test]
    fn everything_else_passes() {
        assert_eq!(boundary(|| Ok(())), Status::Authentic);
        assert_eq!(boundary(|| Err(Status::Mismatch)), Status::Mismatch);
        assert_eq!(boundary_or(7, || 8), 8);
    }
}
