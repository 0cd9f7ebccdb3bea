//! The head of a request, as a verifier reads it.

use std::borrow::Cow;
use std::time::SystemTime;

use ::http::request::Parts;
use countersign_core::Delivery;

use crate::delivery_id::DeliveryId;
use crate::http::HeaderLines;
use crate::tower::request_url::{UrlSource, original_uri};
use crate::verifier::Verifier;

/// The head of a request, and when it arrived.
#[derive(Clone, Copy)]
pub(crate) struct RequestHead<'a> {
    pub(crate) parts: &'a Parts,
    /// How to find the URL that the sender called. `None` if neither the endpoint nor the layer has a way.
    pub(crate) url_source: Option<&'a UrlSource>,
    /// The moment as of which timestamps are judged.
    pub(crate) received_at: SystemTime,
}

impl RequestHead<'_> {
    /// Calls `f` with this head and `body` as a delivery. The URL is found only if `verifier` reads it.
    pub(crate) fn with_delivery<T>(
        self,
        verifier: &Verifier,
        body: &[u8],
        f: impl FnOnce(&Delivery<'_, HeaderLines<'_>>) -> T,
    ) -> T {
        self.with_url(&self.url(verifier), body, f)
    }

    /// The URL that the sender called. Empty if `verifier` reads none, or if it is not known.
    pub(crate) fn url(self, verifier: &Verifier) -> String {
        let url_source = self.url_source.filter(|_| verifier.reads_url());
        url_source.map_or_else(String::new, |source| source.url(self.parts))
    }

    /// The same with a URL that has the request's query, for what reads the query and nothing else of the URL.
    pub(crate) fn with_query<T>(self, body: &[u8], f: impl FnOnce(&Delivery<'_, HeaderLines<'_>>) -> T) -> T {
        let url = match self.url_source {
            Some(source) => source.url(self.parts),
            None => self.parts.uri.to_string(),
        };
        self.with_url(&url, body, f)
    }

    fn with_url<T>(self, url: &str, body: &[u8], f: impl FnOnce(&Delivery<'_, HeaderLines<'_>>) -> T) -> T {
        let headers = HeaderLines(&self.parts.headers);
        f(&Delivery { method: self.parts.method.as_str(), url, headers: &headers, body })
    }

    /// The id of this delivery. Of a URL that is not signed only the query can matter, so the request's own is read.
    pub(crate) fn delivery_id(self, verifier: &Verifier, body: &[u8]) -> Option<DeliveryId> {
        if verifier.reads_url() {
            return self.with_delivery(verifier, body, |delivery| verifier.delivery_id(delivery));
        }
        let uri = original_uri(self.parts);
        // A server of HTTP/1.1 gets path and query alone, which need not be put together.
        let url = match uri.path_and_query().filter(|_| uri.authority().is_none()) {
            Some(path) => Cow::Borrowed(path.as_str()),
            None => Cow::Owned(uri.to_string()),
        };
        let headers = HeaderLines(&self.parts.headers);
        verifier.delivery_id(&Delivery { method: self.parts.method.as_str(), url: &url, headers: &headers, body })
    }
}
