//! Which headers of a delivery are stored: those that are needed to verify it again, and those that somebody wants.

use countersign::Scheme;
use countersign::engine::{AlgorithmRule, HmacScheme, Scheme as CoreScheme, Source};
use http::{HeaderMap, HeaderName};

/// The headers that are kept of every delivery.
const ALWAYS: [HeaderName; 3] = [http::header::CONTENT_TYPE, http::header::CONTENT_ENCODING, http::header::USER_AGENT];

/// Contentful's deliveries list here which of their headers are signed, and the signature is in the other.
const SIGNED_HEADERS: HeaderName = HeaderName::from_static("x-contentful-signed-headers");
const SIGNED_BY: &str = "x-contentful-signature";

/// The headers that are stored.
#[derive(Clone, Debug)]
pub struct KeptHeaders {
    /// Few, so that looking through them costs less than a hash.
    names: Vec<HeaderName>,
    /// Whether a delivery of Contentful lists further ones.
    has_list: bool,
    /// The scheme, if it is one in which the message lists what is signed.
    lists: Option<Scheme>,
}

impl KeptHeaders {
    /// The headers that a scheme reads, those that may hold the id, and those that the connection wants.
    ///
    /// # Errors
    /// Which one is no name of a header.
    pub fn of(scheme: &Scheme, wanted: &[String]) -> Result<Self, String> {
        let places = scheme.delivery_id_places();
        let of_ids =
            places.iter().flat_map(|place| place.text.split(" + ")).filter_map(|place| place.strip_prefix("header:"));
        let of_signature = scheme.headers().chain(signed(scheme.core())).chain(scheme.other_headers());
        let names = of_signature.chain(of_ids).chain(wanted.iter().map(String::as_str));
        let mut names: Vec<_> = names.map(header_name).chain(ALWAYS.map(Ok)).collect::<Result<_, _>>()?;
        let has_list = scheme.headers().any(|name| name.eq_ignore_ascii_case(SIGNED_BY));
        names.extend(has_list.then_some(SIGNED_HEADERS));
        names.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
        names.dedup();
        let lists = (!scheme.is_core_alone()).then(|| scheme.clone());
        Ok(Self { names, has_list, lists })
    }

    /// Those that are kept of every delivery, sorted.
    #[must_use]
    pub fn names(&self) -> &[HeaderName] {
        &self.names
    }

    /// Those of a delivery, in the order in which they arrived.
    pub fn choose<'a>(&'a self, headers: &'a HeaderMap) -> impl Iterator<Item = (&'a HeaderName, &'a [u8])> {
        let list = if self.has_list { headers.get(SIGNED_HEADERS) } else { None };
        let list = list.and_then(|list| list.to_str().ok()).unwrap_or_default();
        let listed: Vec<String> = self.lists.as_ref().map_or_else(Vec::new, |scheme| {
            let names = scheme.headers().chain(scheme.other_headers());
            names
                .filter_map(|name| headers.get(name))
                .flat_map(|value| scheme.listed_headers(value.as_bytes()))
                .collect()
        });
        let is_listed = move |name: &HeaderName| {
            list.split(',').any(|one| one.trim().eq_ignore_ascii_case(name.as_str()))
                || listed.iter().any(|one| one == name.as_str())
        };
        let chosen = headers.iter().filter(move |(name, _)| self.names.contains(name) || is_listed(name));
        chosen.map(|(name, value)| (name, value.as_bytes()))
    }
}

/// The headers of a scheme beside those of the signature: what else is signed, and what says how.
fn signed(scheme: &CoreScheme<String>) -> Vec<&str> {
    let CoreScheme::Hmac(hmac) = scheme else { return Vec::new() };
    let HmacScheme { algorithm, timestamp, id, .. } = hmac;
    let sources = timestamp.iter().map(|timestamp| &timestamp.from).chain(id);
    let of_sources = sources.filter_map(|source| match source {
        Source::Header(name) => Some(name.as_str()),
        Source::Signature(_) => None,
    });
    let of_algorithm = if let AlgorithmRule::Infer { header } = algorithm { Some(header.as_str()) } else { None };
    // `{{header:…}}` is a literal, of which more is kept than needs be.
    let parts = hmac.template().split("{header:").skip(1).filter_map(|part| part.split_once('}'));
    let of_template = parts.map(|(name, _)| name).filter(|name| header_name(name).is_ok());
    of_sources.chain(of_algorithm).chain(of_template).filter(|name| !name.is_empty()).collect()
}

/// A name of a header.
///
/// # Errors
/// If it is none.
pub fn header_name(name: &str) -> Result<HeaderName, String> {
    HeaderName::try_from(name).map_err(|_| format!("{name:?} is no name of a header"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(scheme: &Scheme, headers: &[(&'static str, &'static str)]) -> Vec<String> {
        let headers = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        let (headers, kept) = (headers.collect(), KeptHeaders::of(scheme, &["X-Wanted".to_owned()]).unwrap());
        kept.choose(&headers).map(|(name, _)| name.as_str().to_owned()).collect()
    }

    #[test]
    fn what_is_signed_is_kept() {
        let scheme = r#"{"signature": {"header": "X-Sig", "format": "bare"}, "algorithm": "SHA_256", "encoding": "HEXA_DECIMAL",
            "signed": "{timestamp}.{id}.{header:X-Part}.{body}", "id": {"from": "header:X-Id"},
            "timestamp": {"from": "header:X-Time", "unit": "s", "tolerance": 300}}"#;
        let scheme = Scheme::from_json(scheme).unwrap_or_else(|error| panic!("{error}"));
        let names = ["x-sig", "x-id", "x-part", "x-time", "x-wanted", "user-agent", "x-other", "cookie"];
        assert_eq!(kept(&scheme, &names.map(|name| (name, "1"))), names[..6]);
    }

    #[test]
    fn what_a_delivery_of_contentful_lists_is_kept() {
        let headers = [
            ("x-contentful-signature", "1"),
            ("x-contentful-signed-headers", "X-Contentful-Signed-Headers, x-contentful-timestamp,x-topic"),
            ("x-contentful-timestamp", "1"),
            ("x-topic", "1"),
            ("x-other", "1"),
        ];
        let contentful = Scheme::preset("contentful").unwrap();
        assert_eq!(kept(&contentful, &headers).len(), 4);
        // Of nobody else.
        let github = Scheme::preset("github").unwrap();
        assert_eq!(kept(&github, &headers).len(), 0);
    }

    #[test]
    fn what_an_http_signature_lists_is_kept() {
        let headers = [
            ("signature-input", r#"a=("@method" "content-digest" "x-topic");created=1"#),
            ("signature", "a=:AA==:"),
            ("content-digest", "sha-256=:AA==:"),
            ("x-topic", "1"),
            ("x-other", "1"),
        ];
        let scheme = r#"{"signature": {"header": "Signature", "format": "rfc9421", "components": ["content-digest"]}, "algorithm": "SHA_256"}"#;
        let scheme = Scheme::from_json(scheme).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(kept(&scheme, &headers), ["signature-input", "signature", "content-digest", "x-topic"]);
    }
}
