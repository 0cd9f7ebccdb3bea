//! What browsers may not send to the listener for operators: requests that pages of other sites make, and those that reach it by a name
//! that is not its own.
//!
//! Whoever runs this on the machine where they also read the web has a browser that reaches loopback and the inner network. A page can
//! make it send requests here, and a page whose name suddenly resolves to a local address (DNS rebinding) can read the answers too. So:
//!
//! - `Host` must be `localhost`, an address, or a name of the setting `admin_hosts`. A rebound name is none of these. An address is safe,
//!   since what a page cannot choose is the name that it was loaded from.
//! - `Origin`, where a browser sends it, must be the one of the listener itself, and `Sec-Fetch-Site` must be `same-origin`, or `none` for
//!   what a person has typed.
//! - No header of CORS is ever sent, so other pages can read nothing.
//!
//! Probes are answered whatever these say, since they tell and change nothing.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderName, StatusCode, Uri};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The paths that are answered whoever asks.
const PROBES: [&str; 2] = ["/livez", "/readyz"];

/// The names by which operators may call, in lower case.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Arc<[String]>);

/// Why a request is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Refusal {
    NoHost,
    Host(String),
    Site,
}

impl Hosts {
    /// These names, beside `localhost` and all addresses.
    ///
    /// # Errors
    /// If one is no name of a host.
    pub fn new(names: &[String]) -> Result<Self, String> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        for name in names {
            if name.is_empty() || !name.bytes().all(is_allowed) {
                return Err(format!(
                    "{name:?} must be the name of a host without scheme and port, such as hooks.internal"
                ));
            }
        }
        Ok(Self(names.iter().map(|name| name.to_ascii_lowercase()).collect()))
    }

    /// The same routes, for those who may call.
    pub fn guard(&self, routes: Router) -> Router {
        routes.layer(axum::middleware::from_fn_with_state(self.clone(), answer))
    }

    fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        let mut hosts = headers.get_all(HOST).iter();
        let host = hosts.next().and_then(|host| host.to_str().ok()).ok_or(Refusal::NoHost)?;
        if hosts.next().is_some() {
            return Err(Refusal::NoHost);
        }
        // A URL with a host comes before the header (RFC 9112 section 3.2.2), so both must be right.
        for host in uri.authority().map(http::uri::Authority::as_str).into_iter().chain([host]) {
            if !self.has(name_of(host)) {
                return Err(Refusal::Host(name_of(host).chars().take(100).collect()));
            }
        }
        let mut origins = headers.get_all(ORIGIN).iter();
        let is_own = |origin: &[u8]| {
            let rest = origin.strip_prefix(b"http://").or_else(|| origin.strip_prefix(b"https://"));
            rest.is_some_and(|rest| rest.eq_ignore_ascii_case(host.as_bytes()))
        };
        let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
        let is_allowed = |site: &[u8]| [&b"same-origin"[..], b"none"].contains(&site);
        if origins.all(|origin| is_own(origin.as_bytes())) && sites.all(|site| is_allowed(site.as_bytes())) {
            return Ok(());
        }
        Err(Refusal::Site)
    }

    fn has(&self, name: &str) -> bool {
        let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        name == "localhost" || address.parse::<IpAddr>().is_ok() || self.0.contains(&name)
    }
}

/// A host without its port.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

async fn answer(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    if PROBES.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let refusal = match hosts.check(request.uri(), request.headers()) {
        Ok(()) => return next.run(request).await,
        Err(refusal) => refusal,
    };
    let (status, code, message) = match refusal {
        Refusal::NoHost => {
            (StatusCode::BAD_REQUEST, "InvalidInput", "the header Host must be there, and once".to_owned())
        }
        Refusal::Host(name) => (
            StatusCode::FORBIDDEN,
            "Forbidden",
            format!(
                "{name:?} is not a name of this service: call it by localhost or an address, or add the name to the setting admin_hosts"
            ),
        ),
        Refusal::Site => (
            StatusCode::FORBIDDEN,
            "Forbidden",
            "pages of other sites may not call this service (Origin, Sec-Fetch-Site)".to_owned(),
        ),
    };
    (status, Json(serde_json::json!({ "code": code, "message": message }))).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::{get, post};
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;

    /// The status of the answer, its text, and whether it has a header of CORS.
    async fn ask(method: &str, uri: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let routes = Router::new()
            .route("/livez", get(|| async { "live" }))
            .route("/v1/connections", post(|| async { "made" }).get(|| async { "listed" }));
        let routes = Hosts::new(&["Hooks.internal".to_owned()]).unwrap().guard(routes);
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = routes.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let of_cors = response.headers().keys().find(|name| name.as_str().starts_with("access-control-"));
        assert_eq!(of_cors, None);
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_name_that_is_not_ours_is_refused() {
        for host in [
            "localhost",
            "localhost:8081",
            "LOCALHOST.:8081",
            "127.0.0.1",
            "127.0.0.1:8081",
            "10.1.2.3:8081",
            "[::1]",
            "[::1]:8081",
            "hooks.internal",
            "HOOKS.internal.:80",
        ] {
            assert_eq!(ask("GET", "/v1/connections", &[("host", host)]).await, (200, "listed".to_owned()), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8081",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "xhooks.internal",
            "x.hooks.internal",
            "evil.example:80:8081",
            "localhost@evil.example",
            "",
            ":8081",
            "[::1",
            "[localhost]",
            "127.1",
        ] {
            let (status, text) = ask("GET", "/v1/connections", &[("host", host)]).await;
            assert!(status == 403 && text.contains("admin_hosts"), "{host}: {status} {text}");
            assert_eq!(ask("GET", "/livez", &[("host", host)]).await.0, 200);
        }
        let absolute = "http://evil.example/v1/connections";
        assert_eq!(ask("GET", absolute, &[("host", "localhost")]).await.0, 403);
        assert_eq!(ask("GET", "http://localhost/v1/connections", &[("host", "evil.example")]).await.0, 403);
        for hosts in [&[][..], &[("host", "localhost"), ("host", "localhost")]] {
            assert_eq!(ask("GET", "/v1/connections", hosts).await.0, 400);
        }
        assert_eq!(ask("GET", "/livez", &[]).await.0, 200);
    }

    #[tokio::test]
    async fn pages_of_other_sites_are_refused() {
        let host = ("host", "localhost:8081");
        for own in [
            &[][..],
            &[("origin", "http://localhost:8081")],
            &[("origin", "https://LOCALHOST:8081")],
            &[("sec-fetch-site", "same-origin"), ("origin", "http://localhost:8081")],
            &[("sec-fetch-site", "none")],
        ] {
            assert_eq!(ask("POST", "/v1/connections", &[&[host], own].concat()).await.0, 200, "{own:?}");
        }
        for other in [
            &[("origin", "null")][..],
            &[("origin", "https://evil.example")],
            &[("origin", "http://localhost:8080")],
            &[("origin", "http://localhost")],
            &[("origin", "file://localhost:8081")],
            &[("origin", "http://localhost:8081"), ("origin", "https://evil.example")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "cross-site"), ("origin", "http://localhost:8081")],
        ] {
            for method in ["POST", "GET", "OPTIONS"] {
                let (status, text) = ask(method, "/v1/connections", &[&[host], other].concat()).await;
                assert!(status == 403 && text.contains("pages of other sites"), "{method} {other:?}: {status} {text}");
            }
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for wrong in ["", "http://hooks.internal", "hooks.internal:8081", "a b", "*"] {
            assert!(Hosts::new(&[wrong.to_owned()]).unwrap_err().contains("without scheme and port"), "{wrong}");
        }
    }
}
