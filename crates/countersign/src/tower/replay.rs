//! Calls the handler once for each message.

pub(crate) mod reservation;
pub(crate) mod store;
