//! The URL where the sender signs it and nothing explains the rejection: that it may be the wrong one, and how it was given.
//!
//! A URL may hold a token or a password, so it is described and not shown.

use std::net::{IpAddr, Ipv6Addr};

use countersign_core::{Delivery, Scheme as CoreScheme};

use super::case::Case;
use super::url_parts::parts_of;
use crate::function::Function;
use crate::missing_part::MissingPart;

/// Whether the sender signs the URL of this delivery, or a part of it.
pub(super) fn signs_url(case: &Case<'_>) -> bool {
    if let Some(format) = &case.scheme.message_format {
        // Many of these messages list themselves what they sign.
        let headers = case.header_lines();
        let without_url = Delivery { method: case.method, url: "", headers: &headers[..], body: b"" };
        let header = case.scheme.core.headers().next().unwrap_or_default();
        return format.missing_parts(header, &without_url).contains(&MissingPart::Url);
    }
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return false };
    scheme.template().contains("{url}")
        || case.scheme.function.is_some_and(Function::needs_url)
        || case.scheme.composition.as_ref().is_some_and(|composition| composition.signs_part_of_url())
}

/// Whether scheme and host of the URL are signed too.
pub(super) fn signs_origin(case: &Case<'_>) -> bool {
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return false };
    match (&case.scheme.message_format, case.scheme.function, &case.scheme.composition) {
        (Some(format), ..) => {
            let headers = case.header_lines();
            format.signs_origin(case.scheme.core.headers().next().unwrap_or_default(), &headers[..])
        }
        (None, Some(function), _) => function == Function::Twilio,
        (None, None, Some(composition)) => composition.signs_whole_url(scheme.template()),
        (None, None, None) => scheme.template().contains("{url}"),
    }
}

/// What is said of the URL if nothing explains the rejection; empty if it is not signed.
pub(super) fn of_unexplained(case: &Case<'_>) -> String {
    if !signs_url(case) {
        return String::new();
    }
    let (what, given, changes) = if signs_origin(case) {
        (
            "the URL as it calls it",
            with_origin(&case.url),
            "changes scheme, host and port, and may take the front of the path away",
        )
    } else {
        ("path or query of the URL as it calls it", path_and_query(&case.url), "may take the front of the path away")
    };
    format!(
        "The sender signs {what}, and it was given {given}. Give the URL that is configured at the sender: a proxy {changes}."
    )
}

/// What a URL lacks that is no whole one.
pub(super) fn lacks_origin(url: &str) -> Option<&'static str> {
    match url.chars().next() {
        _ if !parts_of(url).scheme.is_empty() => None,
        None | Some('/' | '?') => Some("without scheme and host, which is no whole URL"),
        _ => Some("without a scheme such as https://, which is no whole URL"),
    }
}

fn with_origin(url: &str) -> String {
    if let Some(lack) = lacks_origin(url) {
        return lack.to_owned();
    }
    let parts = parts_of(url);
    let scheme = match parts.scheme.to_ascii_lowercase().as_str() {
        "https://" => "https",
        "http://" => "http",
        _ => "a scheme other than https and http",
    };
    let host = if is_internal(parts.host.rsplit('@').next().unwrap_or_default()) {
        "a host of this machine or of a private network, which no sender calls from outside"
    } else {
        "a host"
    };
    let port = match parts.port {
        port if (2..=6).contains(&port.len()) && port.bytes().skip(1).all(|byte| byte.is_ascii_digit()) => {
            format!("the port {}", port.trim_start_matches(':'))
        }
        "" => "no port".to_owned(),
        _ => "a port".to_owned(),
    };
    format!("with {scheme}, {host}, {port}, {}", path_and_query(url).trim_start_matches("with "))
}

/// `with a path of 2 parts and no query`.
fn path_and_query(url: &str) -> String {
    let parts = parts_of(url);
    let path = match parts.path.split('/').filter(|part| !part.is_empty()).count() {
        0 => "no path".to_owned(),
        1 => "a path of 1 part".to_owned(),
        count => format!("a path of {count} parts"),
    };
    let query = if parts.query.starts_with('?') { "a query" } else { "no query" };
    format!("with {path} and {query}")
}

/// Whether a host, without user and port, is one of this machine or of a private network.
fn is_internal(host: &str) -> bool {
    match host.trim_start_matches('[').trim_end_matches(']').parse() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified(),
        Ok(IpAddr::V6(ip)) => {
            let is_local = |ip: Ipv6Addr| ip.is_unique_local() || ip.is_unicast_link_local();
            ip.is_loopback() || ip.is_unspecified() || is_local(ip)
        }
        Err(_) => {
            let name = host.trim_end_matches('.').to_ascii_lowercase();
            let ends = [".localhost", ".local", ".internal", ".lan", ".svc"];
            // A name without a point is known in its own network alone.
            !name.contains('.') || ends.iter().any(|end| name.ends_with(end))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_described_and_not_shown() {
        for (url, expected) in [
            ("/api/x?token=hunter2", "without scheme and host, which is no whole URL"),
            ("?a", "without scheme and host, which is no whole URL"),
            ("h.example/x", "without a scheme such as https://, which is no whole URL"),
            ("/x?to=https://h.example/", "without scheme and host, which is no whole URL"),
            ("https://h.example/x", "with https, a host, no port, a path of 1 part and no query"),
            (
                "HTTPS://u:hunter2@h.example:8443/hunter2/x?hunter2",
                "with https, a host, the port 8443, a path of 2 parts and a query",
            ),
            ("http://h.example:hunter2#hunter2", "with http, a host, a port, no path and no query"),
            ("hunter2://h.example/", "with a scheme other than https and http, a host, no port, no path and no query"),
        ] {
            assert_eq!(with_origin(url), expected, "{url}");
        }
        for url in ["/a/b?c", "/a/b?c=https://h.example/"] {
            assert_eq!(path_and_query(url), "with a path of 2 parts and a query");
        }
        let internal = with_origin("http://127.0.0.1:8080/api/x");
        let expected = "with http, a host of this machine or of a private network, which no sender calls from outside, the port \
                        8080, a path of 2 parts and no query";
        assert_eq!(internal, expected);
    }

    #[test]
    fn hosts_of_private_networks_are_known() {
        for host in [
            "localhost",
            "LOCALHOST.",
            "app",
            "app.default.svc",
            "db.internal",
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "172.16.0.1",
            "0.0.0.0",
            "169.254.1.1",
            "[::1]",
            "[fd00::1]",
            "[fe80::1]",
            "",
        ] {
            assert!(is_internal(host), "{host}");
        }
        for host in ["h.example.com", "8.8.8.8", "172.32.0.1", "[2001:4860::1]", "local.example.com"] {
            assert!(!is_internal(host), "{host}");
        }
    }
}
