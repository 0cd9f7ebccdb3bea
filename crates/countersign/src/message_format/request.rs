//! The method and the URL of a request, and their parts as a signature names them (RFC 9421 section 2.2).

use std::borrow::Cow;

use countersign_core::Rejection;
use countersign_core::http_header::is_name;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::form;

/// The characters that the percent-encoding of a query parameter leaves (WHATWG URL, the
/// `application/x-www-form-urlencoded` percent-encode set, with `%20` for a space).
const PARAMETER: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');

/// The most parameters of a query that are read.
const MAX_PARAMETERS: usize = 1000;

/// The method, if it is known.
///
/// # Errors
/// `missing_part` if it is empty, or no method.
pub(super) fn method(method: &str) -> Result<&str, Rejection> {
    if is_name(method) { Ok(method) } else { Err(Rejection::MissingPart) }
}

/// A URL, split into its parts. It has no characters that could end a line.
pub(super) struct Url<'a> {
    /// Everything except the fragment.
    whole: &'a str,
    /// Empty if the URL begins with its path.
    scheme: &'a str,
    authority: Option<&'a str>,
    path: &'a str,
    /// Without its question mark; `None` if there is none.
    query: Option<&'a str>,
}

impl<'a> Url<'a> {
    /// # Errors
    /// `missing_part` if the URL is not known, or contains a space or a control character.
    pub(super) fn new(url: &'a str) -> Result<Self, Rejection> {
        let whole = url.split('#').next().unwrap_or_default();
        if whole.is_empty() || whole.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(Rejection::MissingPart);
        }
        let (scheme, authority, target) = match whole.split_once("://") {
            Some((scheme, rest)) if !scheme.contains(['/', '?']) => {
                let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
                (scheme, Some(authority), target)
            }
            _ => ("", None, whole),
        };
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        Ok(Self { whole, scheme, authority, path: if path.is_empty() { "/" } else { path }, query })
    }

    /// The whole URL. It must be complete.
    pub(super) fn target_uri(&self) -> Result<&'a str, Rejection> {
        if self.authority.is_some() { Ok(self.whole) } else { Err(Rejection::MissingPart) }
    }

    /// The scheme in lower case.
    pub(super) fn scheme(&self) -> Result<String, Rejection> {
        if self.scheme.is_empty() { Err(Rejection::MissingPart) } else { Ok(self.scheme.to_ascii_lowercase()) }
    }

    /// The host in lower case, and the port, if it is not that of the scheme.
    pub(super) fn authority(&self) -> Result<String, Rejection> {
        let authority = self.authority.filter(|text| !text.is_empty()).ok_or(Rejection::MissingPart)?;
        let host = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
        let port = match self.scheme.to_ascii_lowercase().as_str() {
            "https" => ":443",
            "http" => ":80",
            _ => "",
        };
        Ok(host.strip_suffix(port).unwrap_or(&host).to_owned())
    }

    pub(super) fn path(&self) -> &'a str {
        self.path
    }

    /// The query with its question mark, which stands there without a query too.
    pub(super) fn query(&self) -> String {
        format!("?{}", self.query.unwrap_or_default())
    }

    /// Path and query as they stand in the first line of a request.
    pub(super) fn request_target(&self) -> Cow<'a, str> {
        match self.query {
            None => Cow::Borrowed(self.path),
            Some(query) => Cow::Owned(format!("{}?{query}", self.path)),
        }
    }

    /// The value of the query parameter whose encoded name is `name`, encoded anew.
    ///
    /// # Errors
    /// `missing_part` if there is not exactly one; `body_too_large` for more parameters than are read.
    pub(super) fn query_parameter(&self, name: &str) -> Result<String, Rejection> {
        let mut found = None;
        for (index, parameter) in self.query.unwrap_or_default().split('&').enumerate() {
            if index >= MAX_PARAMETERS {
                return Err(Rejection::BodyTooLarge);
            }
            let (other, value) = form::split_name(parameter.as_bytes());
            if recoded(other)? == name && !parameter.is_empty() && found.replace(value).is_some() {
                return Err(Rejection::MissingPart);
            }
        }
        recoded(found.ok_or(Rejection::MissingPart)?)
    }
}

/// A name or value of a query, decoded and encoded anew.
fn recoded(text: &[u8]) -> Result<String, Rejection> {
    let mut decoded = Vec::with_capacity(text.len());
    form::decode(text, &mut decoded);
    // A URL's own rules replace what is not UTF-8, so that two queries would have one text.
    if str::from_utf8(&decoded).is_err() {
        return Err(Rejection::MissingPart);
    }
    Ok(percent_encode(&decoded, PARAMETER).to_string())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn parts(url: &str) -> (Option<String>, String, String, Option<String>) {
        let url = Url::new(url).unwrap();
        (url.authority().ok(), url.path().to_owned(), url.query(), url.target_uri().ok().map(str::to_owned))
    }

    #[test]
    fn a_url_has_the_parts_of_rfc_9421() {
        let text = |text: &str| Some(text.to_owned());
        for (url, authority, path, query, is_complete) in [
            ("https://www.example.com/path?param=value", text("www.example.com"), "/path", "?param=value", true),
            ("https://WWW.Example.com:443", text("www.example.com"), "/", "?", true),
            ("http://example.com:80?a=/b#c", text("example.com"), "/", "?a=/b", true),
            ("http://u:p@example.com:443/", text("example.com:443"), "/", "?", true),
            ("HTTPS://example.com:443/?", text("example.com"), "/", "?", true),
            ("/a?b=http://c", None, "/a", "?b=http://c", false),
            ("/a://b", None, "/a://b", "?", false),
            ("https:///a", None, "/a", "?", true),
        ] {
            let found = parts(url);
            let whole = is_complete.then(|| url.split('#').next().unwrap_or_default().to_owned());
            assert_eq!(found, (authority, path.to_owned(), query.to_owned(), whole), "{url}");
        }
        for url in ["", "#a", "https://example.com/a b", "https://example.com/\n", "/\u{7f}"] {
            assert_eq!(Url::new(url).err(), Some(Rejection::MissingPart), "{url:?}");
        }
    }

    /// The examples of RFC 9421 section 2.2.8.
    #[test]
    fn query_parameters_are_encoded_anew() {
        let first = Url::new("https://www.example.com/path?param=value&foo=bar&baz=batman&qux=").unwrap();
        assert_eq!(first.query_parameter("baz"), Ok("batman".into()));
        assert_eq!(first.query_parameter("qux"), Ok(String::new()));
        assert_eq!(first.query_parameter("param"), Ok("value".into()));
        let second = Url::new(
            "https://www.example.com/parameters?var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something",
        )
        .unwrap();
        assert_eq!(second.query_parameter("var"), Ok("this%20is%20a%20big%0Amultiline%20value".into()));
        assert_eq!(second.query_parameter("bar"), Ok("with%20plus%20whitespace".into()));
        assert_eq!(second.query_parameter("fa%C3%A7ade%22%3A%20"), Ok("something".into()));
        for (query, name) in
            [("a=1&a=2", "a"), ("a=1&%61=1", "a"), ("a=1", "b"), ("a=%ff", "a"), ("%ff=1&a=2", "a"), ("", "")]
        {
            let url = format!("https://example.com/?{query}");
            assert_eq!(Url::new(&url).unwrap().query_parameter(name), Err(Rejection::MissingPart), "{query}");
        }
        let many = format!("/?{}", vec!["a=1"; MAX_PARAMETERS + 1].join("&"));
        assert_eq!(Url::new(&many).unwrap().query_parameter("b"), Err(Rejection::BodyTooLarge));
    }
}
