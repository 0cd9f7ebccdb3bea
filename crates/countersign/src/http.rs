//! Requests of the crate [`http`](https://docs.rs/http): `HeaderMap`, `Parts`, `Request`.
//!
//! ```
//! use std::time::SystemTime;
//!
//! use countersign::{Rejection, Secret, Verifier};
//!
//! let verifier = Verifier::preset("github", Secret::new("It's a Secret to Everybody"))?;
//! let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
//! let request = http::Request::post("/hooks").header("x-hub-signature-256", signature).body("Hello, World!").unwrap();
//!
//! let (parts, body) = request.into_parts();
//! assert!(verifier.verify_parts(&parts, None, body.as_bytes(), SystemTime::now()).is_ok());
//! assert_eq!(verifier.verify_parts(&parts, None, b"Hello, World?", SystemTime::now()), Err(Rejection::Mismatch));
//! # Ok::<(), countersign::ConfigError>(())
//! ```

use std::time::SystemTime;

use ::http::request::Parts;
use ::http::{HeaderMap, Uri};
use countersign_core::{Delivery, Headers, Rejection, Verified};

use crate::verifier::Verifier;

/// The header lines of a [`HeaderMap`], for [`Delivery`] and [`Head`](crate::Head).
#[derive(Clone, Copy)]
pub struct HeaderLines<'m>(pub &'m HeaderMap);

impl Headers for HeaderLines<'_> {
    fn lines<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        // The map would have to parse the name, which costs more than to compare it with the few that a head has.
        let lines = self.0.iter().filter(|(other, _)| other.as_str().eq_ignore_ascii_case(name));
        lines.map(|(_, value)| value.as_bytes())
    }
}

impl std::fmt::Debug for HeaderLines<'_> {
    /// Leaves out the values, since one of them is the signature or a token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Verifier {
    /// Like [`verify`](Self::verify), for a sender that signs neither method nor URL.
    ///
    /// # Errors
    /// The [`Rejection`] says what is wrong.
    pub fn verify_headers(&self, headers: &HeaderMap, body: &[u8], now: SystemTime) -> Result<Verified, Rejection> {
        self.verify(&Delivery { method: "", url: "", headers: &HeaderLines(headers), body }, now)
    }

    /// Like [`verify`](Self::verify), for the head of a request and the raw bytes of its body.
    ///
    /// A sender that signs the URL signs the one that it called. `origin` is the scheme and host by which it knows this
    /// service, such as `https://hooks.example.com`, and the part of the path that a proxy removes, if any; the rest of the
    /// path and the query are those of `parts`. Without an origin the URL
    /// counts as absent: a sender chooses scheme and host of its request, so a signature over them is not bound to an
    /// endpoint. If a router or proxy has changed the path, restore the original in `parts.uri`. If the URL touches the
    /// body in the signed text ([the guide](crate::guide::senders) lists the presets for which it does), refuse a query that you did not give
    /// the sender, as with `parts.uri.query() != Some("k=v")`: its end could have been moved into the body, or out of it,
    /// and the signature still fits.
    ///
    /// # Errors
    /// The [`Rejection`] says what is wrong.
    pub fn verify_parts(
        &self,
        parts: &Parts,
        origin: Option<&str>,
        body: &[u8],
        now: SystemTime,
    ) -> Result<Verified, Rejection> {
        let origin = origin.filter(|_| self.reads_url());
        let url = origin.map_or_else(String::new, |origin| url(origin, &parts.uri));
        let headers = HeaderLines(&parts.headers);
        self.verify(&Delivery { method: parts.method.as_str(), url: &url, headers: &headers, body }, now)
    }
}

/// The URL of `origin` with the path and query of `uri`.
pub(crate) fn url(origin: &str, uri: &Uri) -> String {
    let origin = origin.trim_end_matches('/');
    // `as_str` has no slash for the empty path of a target in absolute form that has a query, as `https://example.com?a=b`.
    uri.path_and_query().map_or_else(|| origin.to_owned(), |path| format!("{origin}{path}"))
}
