//! Cross-origin requests (CORS, the Fetch standard, section 3.3): which pages a connection lets its deliveries come from.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};

/// The origins that a connection allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origins {
    /// No page may send.
    #[default]
    None,
    /// Pages of any origin may.
    Any,
    /// Pages of these origins may, such as `https://app.example.com`.
    Only(Vec<HeaderValue>),
}

impl Origins {
    /// The origins of a list, in which `*` means any.
    ///
    /// # Errors
    /// If an entry is neither `*` nor scheme, host and port alone.
    pub fn new(list: &[String]) -> Result<Self, String> {
        match list {
            [] => Ok(Self::None),
            [any] if any == "*" => Ok(Self::Any),
            list => list.iter().map(|origin| read(origin)).collect::<Result<_, _>>().map(Self::Only),
        }
    }

    /// The value of `Access-Control-Allow-Origin` for a request; none if it comes from no page, or from one that is not allowed.
    pub fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        match self {
            Self::None => None,
            Self::Any => headers.contains_key(ORIGIN).then(|| HeaderValue::from_static("*")),
            Self::Only(origins) => {
                let origin = headers.get(ORIGIN)?;
                origins.iter().find(|allowed| *allowed == origin).cloned()
            }
        }
    }
}

fn read(origin: &str) -> Result<HeaderValue, String> {
    let wrong =
        || format!("{origin:?} is no origin: give scheme and host, such as https://app.example.com, or \"*\" alone");
    let is_origin = crate::origin::is_origin(origin) && !origin.ends_with('/');
    HeaderValue::try_from(origin).ok().filter(|_| is_origin).ok_or_else(wrong)
}

/// Whether a request asks if another one may be sent.
pub fn is_preflight<B>(request: &Request<B>) -> bool {
    request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight request: the methods, and all the headers that it asks for.
pub fn preflight<B: Default>(methods: &'static str, asked: &HeaderMap) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    for names in asked.get_all(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.append(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    response
}

/// Lets the page read the response.
pub fn allow<B>(response: &mut Response<B>, origin: HeaderValue) {
    // What depends on the origin must not be kept for another.
    if origin != "*" {
        response.headers_mut().append(VARY, HeaderValue::from_static("origin"));
    }
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(list: &[&str]) -> Result<Origins, String> {
        Origins::new(&list.iter().map(|&origin| origin.to_owned()).collect::<Vec<_>>())
    }

    fn from(origin: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ORIGIN, HeaderValue::from_static(origin))])
    }

    #[test]
    fn an_origin_is_allowed_as_a_whole() {
        let some = origins(&["https://app.example.com", "http://localhost:3000"]).unwrap();
        for (origin, is_allowed) in [
            ("https://app.example.com", true),
            ("http://localhost:3000", true),
            ("https://app.example.com.evil.example", false),
            ("http://app.example.com", false),
            ("null", false),
        ] {
            assert_eq!(some.allowed(&from(origin)).is_some(), is_allowed, "{origin}");
            assert_eq!(origins(&["*"]).unwrap().allowed(&from(origin)).unwrap(), "*");
            assert_eq!(Origins::None.allowed(&from(origin)), None);
        }
        assert_eq!(some.allowed(&HeaderMap::new()), None);
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for wrong in ["app.example.com", "https://a/path", "https://a/", "https://a b", "null", ""] {
            assert!(origins(&[wrong]).unwrap_err().contains("is no origin"), "{wrong}");
        }
        assert!(origins(&["*", "https://a"]).unwrap_err().contains("\"*\" alone"));
    }
}
