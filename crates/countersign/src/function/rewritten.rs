//! A delivery as a function has rewritten it, for the template to read.

use std::borrow::Cow;

use countersign_core::{Delivery, Headers};

/// What a named function makes of a delivery: what the template reads in place of the URL and the body.
pub(crate) struct Rewritten<'a> {
    /// The signature, where it does not stand in a header.
    pub(crate) signature: Option<Vec<u8>>,
    /// The URLs that the sender may have signed, in the order in which they are tried; never empty.
    pub(crate) urls: Vec<Cow<'a, str>>,
    /// What stands for the body.
    pub(crate) body: Cow<'a, [u8]>,
}

/// A rewritten delivery, once for each URL that may have been signed.
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

/// Header lines, and a signature that was found elsewhere under the name of its header.
pub(crate) struct WithSignature<'a, H: ?Sized> {
    pub(crate) signature: Option<(&'a str, &'a [u8])>,
    pub(crate) headers: &'a H,
}

impl<H: Headers + ?Sized> Headers for WithSignature<'_, H> {
    fn lines<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n [u8]> {
        let found = self.signature.filter(|(header, _)| header.eq_ignore_ascii_case(name));
        let lines = found.is_none().then(|| self.headers.lines(name));
        found.map(|(_, signature)| signature).into_iter().chain(lines.into_iter().flatten())
    }
}
