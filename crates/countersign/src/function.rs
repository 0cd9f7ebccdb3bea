//! Functions for senders whose signed text no template can express.
//!
//! A function runs before the template and returns what the template reads in place of the URL and the body. Each file
//! names the vendor's library or documentation whose rules it follows.

pub(crate) mod adyen;
pub(crate) mod contentful;
mod form;
#[cfg(test)]
pub(crate) mod oracle;
mod rewritten;
pub(crate) mod text_header;
mod twilio;

use countersign_core::{Delivery, Headers, Rejection};

pub(crate) use rewritten::{Rewritten, Signatures, WithSignature};

/// All functions, one for each sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    /// The URL with and without its port, and the sorted parameters of a form.
    Twilio,
    /// A canonical request: path, some of the headers, body.
    Contentful,
    /// Eight fields of a JSON body that also contains the signature.
    Adyen,
}

impl Function {
    /// All functions with their names in a scheme.
    #[cfg(test)]
    pub(crate) const NAMES: &[(&'static str, Self)] =
        &[("twilio", Self::Twilio), ("contentful", Self::Contentful), ("adyen", Self::Adyen)];

    /// Whether the template must contain `{url}`, because the function replaces the URL. Twilio's function also compares
    /// a body that is not a form with a digest in the URL, so a template without `{url}` would accept any such body.
    pub(crate) fn needs_url(self) -> bool {
        self != Self::Adyen
    }

    /// Whether the function finds the signature in the body. Otherwise a header contains it.
    pub(crate) fn finds_signature(self) -> bool {
        self == Self::Adyen
    }

    /// Whether the MAC covers the value at this place of a JSON body.
    pub(crate) fn signs_json(self, names: &[String]) -> bool {
        match self {
            Self::Adyen => adyen::signs(names),
            Self::Twilio | Self::Contentful => true,
        }
    }

    /// Whether the MAC covers the fields of a form body, so that none can change. Of Twilio's, which are joined without a mark, a
    /// part of the next one can be added to each.
    pub(crate) fn signs_form(self) -> bool {
        self == Self::Contentful
    }

    /// The name in a scheme.
    #[cfg(test)]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Twilio => "twilio",
            Self::Contentful => "contentful",
            Self::Adyen => "adyen",
        }
    }

    /// Returns what the template reads in place of the URL and the body of `delivery`.
    ///
    /// # Errors
    /// - `missing_part`, `repeated_signature` or `malformed_signature` if a part of the signed text is missing, appears
    ///   several times or does not have the vendor's form;
    /// - `mismatch` if the digest in the URL is not that of the body;
    /// - `body_too_large` for more parameters than a form may have.
    pub(crate) fn rewrite<'a, H: Headers + ?Sized>(
        self,
        delivery: &Delivery<'a, H>,
    ) -> Result<Rewritten<'a>, Rejection> {
        match self {
            Self::Twilio => twilio::rewrite(delivery),
            Self::Contentful => contentful::rewrite(delivery),
            Self::Adyen => adyen::rewrite(delivery),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_the_functions() {
        for (name, function) in Function::NAMES {
            assert_eq!(function.name(), *name);
        }
        let names: Vec<_> = Function::NAMES.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["twilio", "contentful", "adyen"]);
    }

    /// No delivery makes a function panic, and every result has at least one URL.
    #[test]
    fn malformed_deliveries_do_not_panic() {
        let bodies: [&[u8]; 9] =
            [b"", b"&", b"=", b"%", b"a=%f&%=%&+=+", b"\xff\xfe=%ff", b"{", b"[[[[", b"{\"a\":\"\xff\"}"];
        let urls =
            ["", "?", "://", "http://", "https://[::1", "https://a:b:c@:1:2/?bodySHA256", "h\u{e9}://\u{e9}/%", "%%%"];
        let lists: [&[(&str, &[u8])]; 3] = [
            &[],
            &[("Content-Type", b"application/x-www-form-urlencoded")],
            &[("x-contentful-signed-headers", b",\xff"), ("x-contentful-timestamp", b"\xff")],
        ];
        for (_, function) in Function::NAMES {
            for (body, url) in bodies.iter().flat_map(|body| urls.iter().map(move |url| (*body, *url))) {
                for headers in lists {
                    let delivery = Delivery { method: "POST", url, headers, body };
                    if let Ok(rewritten) = function.rewrite(&delivery) {
                        assert!(!rewritten.urls.is_empty(), "{}", function.name());
                    }
                }
            }
        }
    }
}
