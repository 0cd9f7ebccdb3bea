//! The result of a function: the URL and the body that the template reads in place of those of the delivery.

use std::borrow::Cow;

use countersign_core::{Delivery, Headers};

/// The result of a function, which the template reads in place of the URL and the body of a delivery.
pub(crate) struct Rewritten<'a> {
    /// The signature, if the body contains it.
    pub(crate) signature: Option<Vec<u8>>,
    /// The URLs that the sender may have signed, in the order in which they are tried; never empty.
    pub(crate) urls: Vec<Cow<'a, str>>,
    /// The text in place of the body.
    pub(crate) body: Cow<'a, [u8]>,
}

/// The rewritten deliveries: one for each URL that may have been signed.
pub(crate) struct Deliveries<'a, H: ?Sized> {
    rewritten: &'a Rewritten<'a>,
    method: &'a str,
    headers: WithSignature<'a, H>,
}

impl<'a> Rewritten<'a> {
    pub(crate) fn deliveries<H: Headers + ?Sized>(
        &'a self,
        delivery: &Delivery<'a, H>,
        header: &'a str,
    ) -> Deliveries<'a, H> {
        let signature = self.signature.as_deref().map(|signature| (header, signature));
        Deliveries {
            rewritten: self,
            method: delivery.method,
            headers: WithSignature { signature, headers: delivery.headers },
        }
    }
}

impl<'a, H: Headers + ?Sized> Deliveries<'a, H> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = Delivery<'_, WithSignature<'a, H>>> {
        let Self { rewritten, method, headers } = self;
        rewritten.urls.iter().map(move |url| Delivery { method, url, headers, body: &rewritten.body })
    }
}

/// The headers of a delivery, and the signature from its body, if there is one, as a line of the header `signature.0`.
pub(crate) struct WithSignature<'a, H: ?Sized> {
    pub(crate) signature: Option<(&'a str, &'a [u8])>,
    pub(crate) headers: &'a H,
}

impl<H: Headers + ?Sized> Headers for WithSignature<'_, H> {
    fn lines<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n [u8]> {
        let signature = self.signature.filter(|(header, _)| header.eq_ignore_ascii_case(name));
        let lines = signature.is_none().then(|| self.headers.lines(name));
        signature.map(|(_, value)| value).into_iter().chain(lines.into_iter().flatten())
    }
}
