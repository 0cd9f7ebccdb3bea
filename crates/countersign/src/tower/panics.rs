//! Panics of code that the service gives to the layer and that the layer waits for: the resolver, and the store of messages.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Calls code of the service. A panic is an error, as in a task of tokio: the request gets a response and a line in the log.
/// (The panic hook, by default the one that writes to stderr, has been called then.)
///
/// What panicked must not be polled again. What else it shares with other requests may be as inconsistent as after a panic
/// in a task of its own.
///
/// # Errors
/// If `call` panicked. The error does not repeat the text of the panic, which can contain what a sender wrote.
pub(crate) fn caught<T>(of: &str, call: impl FnOnce() -> T) -> Result<T, Box<dyn std::error::Error + Send + Sync>> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| format!("{of} panicked; the panic hook says where").into())
}
