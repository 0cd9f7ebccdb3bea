//! A rewritten delivery: the signature, the URL, the body and other texts that the core reads in place of those received.

use std::borrow::Cow;

use countersign_core::{Delivery, Headers};

use super::text_header;

/// What the core reads in place of what was received.
pub(crate) struct Rewritten<'a> {
    pub(crate) signatures: Signatures,
    /// The URLs that the sender may have signed, in the order in which they are tried; never empty.
    pub(crate) urls: Vec<Cow<'a, str>>,
    /// The text in place of the body.
    pub(crate) body: Cow<'a, [u8]>,
    /// The values of the headers `~0`, `~1` and so on, which no delivery can have; `None` for one that is absent.
    pub(crate) parts: Vec<Option<Cow<'a, [u8]>>>,
}

/// Where the signature is.
pub(crate) enum Signatures {
    /// In the headers of the delivery.
    InHeaders,
    /// These were found, in the order in which they are tried; never empty.
    Found(Vec<Vec<u8>>),
}

/// The rewritten deliveries: one for each signature and each URL that may have been signed.
pub(crate) struct Deliveries<'a, H: ?Sized> {
    rewritten: &'a Rewritten<'a>,
    method: &'a str,
    /// The headers, once for each signature.
    headers: Vec<WithSignature<'a, H>>,
}

impl<'a> Rewritten<'a> {
    /// The URLs and the body, with the signature in the headers.
    pub(crate) fn new(urls: Vec<Cow<'a, str>>, body: Cow<'a, [u8]>) -> Self {
        Self { signatures: Signatures::InHeaders, urls, body, parts: Vec::new() }
    }

    pub(crate) fn deliveries<H: Headers + ?Sized>(
        &'a self,
        delivery: &Delivery<'a, H>,
        header: &'a str,
    ) -> Deliveries<'a, H> {
        let with = |signature| WithSignature { signature, parts: &self.parts, headers: delivery.headers };
        let headers = match &self.signatures {
            Signatures::InHeaders => vec![with(None)],
            Signatures::Found(signatures) => {
                signatures.iter().map(|signature| with(Some((header, signature.as_slice())))).collect()
            }
        };
        Deliveries { rewritten: self, method: delivery.method, headers }
    }

    /// The same, with all texts in memory of its own.
    pub(crate) fn into_owned(self) -> Rewritten<'static> {
        Rewritten {
            signatures: self.signatures,
            urls: self.urls.into_iter().map(|url| Cow::Owned(url.into_owned())).collect(),
            body: Cow::Owned(self.body.into_owned()),
            parts: self.parts.into_iter().map(|part| part.map(|part| Cow::Owned(part.into_owned()))).collect(),
        }
    }
}

impl<'a, H: Headers + ?Sized> Deliveries<'a, H> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = Delivery<'_, WithSignature<'a, H>>> {
        let Self { rewritten, method, headers } = self;
        headers.iter().flat_map(move |headers| {
            rewritten.urls.iter().map(move |url| Delivery { method, url, headers, body: &rewritten.body })
        })
    }
}

/// The headers of a delivery, and the texts that a rewriter has found, as lines of other headers.
pub(crate) struct WithSignature<'a, H: ?Sized> {
    /// The signature as the only line of the header `signature.0`.
    pub(crate) signature: Option<(&'a str, &'a [u8])>,
    /// The lines of the headers `~0`, `~1` and so on.
    pub(crate) parts: &'a [Option<Cow<'a, [u8]>>],
    pub(crate) headers: &'a H,
}

impl<H: Headers + ?Sized> Headers for WithSignature<'_, H> {
    fn lines<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n [u8]> {
        // `Some` if this header is not looked for in the delivery.
        let part = || self.parts.get(text_header::number(name)?).map(Option::as_deref);
        let signature = self.signature.filter(|(header, _)| header.eq_ignore_ascii_case(name));
        let own = signature.map(|(_, value)| Some(value)).or_else(part);
        let lines = own.is_none().then(|| self.headers.lines(name));
        own.flatten().into_iter().chain(lines.into_iter().flatten())
    }
}
