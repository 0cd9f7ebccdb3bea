//! Named functions for the senders whose signed text no template can say.
//!
//! A function stands before the template: it says what the template reads in place of the URL and of the body. The
//! rules are those of the vendors' own libraries; each file names them.

mod adyen;
mod contentful;
mod form;
mod hubspot;
mod mandrill;
#[cfg(test)]
mod oracle;
mod rewritten;
mod twilio;

use countersign_core::{Delivery, Headers, Rejection, Scheme};

use crate::error::ConfigError;
use crate::header_name;
pub(crate) use rewritten::{Rewritten, WithSignature};

/// The functions there are, each of them for one sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    /// The URL with and without its port, and the sorted parameters of a form.
    Twilio,
    /// The sorted parameters of a form.
    Mandrill,
    /// The URL with some of its escapes undone.
    HubSpot,
    /// A canonical request: path, some of the headers, body.
    Contentful,
    /// Eight fields of a JSON body that holds the signature as well.
    Adyen,
}

impl Function {
    /// All functions by their names in a scheme.
    pub(crate) const NAMES: &[(&'static str, Self)] = &[
        ("twilio", Self::Twilio),
        ("mandrill", Self::Mandrill),
        ("hubspot", Self::HubSpot),
        ("contentful", Self::Contentful),
        ("adyen", Self::Adyen),
    ];

    /// Whether it says something in place of the URL. Twilio's is more: it binds a body that is no form to a digest in
    /// the URL, so a template without `{url}` would take any body.
    pub(crate) fn needs_url(self) -> bool {
        self != Self::Adyen && self != Self::Mandrill
    }

    /// Whether the signature stands where only the function finds it, and not in a header.
    pub(crate) fn finds_signature(self) -> bool {
        self == Self::Adyen
    }

    /// Whether the MAC covers the value at this place of a JSON body.
    pub(crate) fn signs_json(self, names: &[String]) -> bool {
        match self {
            Self::Adyen => adyen::signs(names),
            // Of another body than a form it signs nothing.
            Self::Mandrill => false,
            Self::Twilio | Self::HubSpot | Self::Contentful => true,
        }
    }

    /// Whether the MAC covers the fields of a form body.
    pub(crate) fn signs_form(self) -> bool {
        self != Self::Adyen
    }

    /// The name in a scheme.
    #[cfg(test)]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Twilio => "twilio",
            Self::Mandrill => "mandrill",
            Self::HubSpot => "hubspot",
            Self::Contentful => "contentful",
            Self::Adyen => "adyen",
        }
    }

    /// Makes of a delivery what the template reads.
    ///
    /// # Errors
    /// Whatever keeps the signed text from being made: a part that is missing, that stands several times or is not of
    /// the vendor's form, a digest in the URL that is not the body's (`mismatch`), or more parameters than are read
    /// (`body_too_large`).
    pub(crate) fn rewrite<'a, H: Headers + ?Sized>(
        self,
        delivery: &Delivery<'a, H>,
    ) -> Result<Rewritten<'a>, Rejection> {
        match self {
            Self::Twilio => twilio::rewrite(delivery),
            Self::Mandrill => mandrill::rewrite(delivery),
            Self::HubSpot => Ok(hubspot::rewrite(delivery)),
            Self::Contentful => contentful::rewrite(delivery),
            Self::Adyen => adyen::rewrite(delivery),
        }
    }
}

/// Checks that the signature (or token) of a scheme can be looked for in the header `name`.
pub(crate) fn check_movable<S>(name: &str, scheme: &Scheme<S>, function: Option<Function>) -> Result<(), ConfigError> {
    header_name::check(name)?;
    if matches!(scheme, Scheme::None) {
        return Err(ConfigError::invalid(
            "nothing is checked here, so no header is looked at; build the verifier with auth_method HMAC or TOKEN_BASED, \
             or name no header",
        ));
    }
    if function.is_some_and(Function::finds_signature) {
        return Err(ConfigError::invalid(
            "the signature of this scheme stands in the body and not in a header; name no header",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_has_its_name() {
        for (name, function) in Function::NAMES {
            assert_eq!(function.name(), *name);
        }
        let names: Vec<_> = Function::NAMES.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["twilio", "mandrill", "hubspot", "contentful", "adyen"]);
    }

    /// Nothing that a sender may send makes a function panic, and each gives one URL at least.
    #[test]
    fn odd_deliveries_do_no_harm() {
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
