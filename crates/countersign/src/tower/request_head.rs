//! A delivery before its body.

use std::time::SystemTime;

use ::http::request::Parts;
use countersign_core::Delivery;

use crate::http::HeaderLines;
use crate::tower::request_url::Address;
use crate::verifier::Verifier;

/// The head of a delivery, and when it came.
#[derive(Clone, Copy)]
pub(crate) struct Arrival<'a> {
    pub(crate) parts: &'a Parts,
    /// Where senders find the layer, unless the connection has an address of its own.
    pub(crate) address: Option<&'a Address>,
    pub(crate) now: SystemTime,
}

impl Arrival<'_> {
    /// Calls `then` with the delivery as `verifier` looks at it.
    pub(crate) fn with<T>(
        self,
        verifier: &Verifier,
        body: &[u8],
        then: impl FnOnce(&Delivery<'_, HeaderLines<'_>>) -> T,
    ) -> T {
        let address = self.address.filter(|_| verifier.reads_url());
        let url = address.map_or_else(String::new, |address| address.of(self.parts));
        let headers = HeaderLines(&self.parts.headers);
        then(&Delivery { method: self.parts.method.as_str(), url: &url, headers: &headers, body })
    }
}
