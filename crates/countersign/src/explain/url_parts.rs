//! A URL and its parts: scheme, host, port, path and query.

/// A URL, cut into parts that make it whole again when they are joined.
pub(super) struct Parts<'u> {
    /// `https://`, or nothing.
    pub(super) scheme: &'u str,
    /// With user and password.
    pub(super) host: &'u str,
    /// `:443`, or nothing.
    pub(super) port: &'u str,
    pub(super) path: &'u str,
    /// `?a=b`, or nothing.
    pub(super) query: &'u str,
}

impl Parts<'_> {
    pub(super) fn origin(&self) -> String {
        format!("{}{}{}", self.scheme, self.host, self.port)
    }
}

pub(super) fn parts_of(url: &str) -> Parts<'_> {
    // A parameter may hold another URL.
    let is_scheme = |at: &usize| !url.get(..*at).unwrap_or_default().contains(['/', '?', '#']);
    let start = url.find("://").filter(is_scheme).map_or(0, |at| at + 3);
    let (scheme, rest) = url.split_at(start);
    let length = if start == 0 { 0 } else { rest.find(['/', '?', '#']).unwrap_or(rest.len()) };
    let (authority, rest) = rest.split_at(length);
    let colon = authority.rfind(':').filter(|at| !authority.get(*at..).unwrap_or_default().contains([']', '@']));
    let (host, port) = authority.split_at(colon.unwrap_or(authority.len()));
    let (path, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    Parts { scheme, host, port, path, query }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_cut_into_parts_that_make_it_again() {
        for (url, expected) in [
            ("https://h.example:8443/a/b?c=d#e", ["https://", "h.example", ":8443", "/a/b", "?c=d#e"]),
            ("http://u:p@[::1]", ["http://", "u:p@[::1]", "", "", ""]),
            ("https://u:p@h.example?x", ["https://", "u:p@h.example", "", "", "?x"]),
            ("/a?b=https://h.example/c", ["", "", "", "/a", "?b=https://h.example/c"]),
            ("/path:1?a", ["", "", "", "/path:1", "?a"]),
            ("", [""; 5]),
        ] {
            let parts = parts_of(url);
            assert_eq!([parts.scheme, parts.host, parts.port, parts.path, parts.query], expected, "{url}");
        }
    }
}
