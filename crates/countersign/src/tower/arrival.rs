//! A delivery before its body.

use std::time::SystemTime;

use ::http::request::Parts;
use countersign_core::Delivery;

use crate::http::HeaderLines;
use crate::verifier::Verifier;

/// The head of a delivery, and when it came.
#[derive(Clone, Copy)]
pub(super) struct Arrival<'a> {
    pub(super) parts: &'a Parts,
    /// Scheme and host as the sender knows them.
    pub(super) origin: Option<&'a str>,
    pub(super) now: SystemTime,
}

impl Arrival<'_> {
    /// Calls `then` with the delivery as `verifier` looks at it.
    pub(super) fn with<T>(
        self,
        verifier: &Verifier,
        body: &[u8],
        then: impl FnOnce(&Delivery<'_, HeaderLines<'_>>) -> T,
    ) -> T {
        let url = verifier.url(&self.parts.uri, self.origin);
        let headers = HeaderLines(&self.parts.headers);
        then(&Delivery { method: self.parts.method.as_str(), url: &url, headers: &headers, body })
    }
}
