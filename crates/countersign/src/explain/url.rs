//! The URL, as the sender calls it: behind a proxy, a service sees another one.
//!
//! A URL may hold a token or a password, so advice says in words what differs, and does not show it.

use super::case::Case;
use super::url_escapes::escapes;
use super::url_given::signs_url;
use super::url_parts::{Parts, parts_of};

/// How many spellings are tried, and how many with a body that is longer than [`LONG_BODY`].
const MAX_SPELLINGS: usize = 3000;
const MAX_WITH_LONG_BODY: usize = 100;
const LONG_BODY: usize = 64 << 10;
/// Longer URLs are not rewritten.
const MAX_URL: usize = 4096;
/// So many parameters are tried in every order.
const MAX_PERMUTED: usize = 4;
const ORDER: &str = "with the parameters of the query in another order";

/// One way to write a part of the URL, and how it differs from the one that was given; empty if it does not.
#[derive(Clone)]
struct Spelling {
    text: String,
    difference: String,
}

impl Spelling {
    fn new(text: impl Into<String>, difference: impl Into<String>) -> Self {
        Self { text: text.into(), difference: difference.into() }
    }
}

pub(super) fn wrong_url(case: &Case<'_>) -> Option<String> {
    if case.url.is_empty() || !signs_url(case) {
        return None;
    }
    if case.url.len() > MAX_URL {
        case.budget.note_skipped();
        return None;
    }
    let limit = if case.body.len() > LONG_BODY { MAX_WITH_LONG_BODY } else { MAX_SPELLINGS };
    let spellings = spellings(case);
    if spellings.len() > limit {
        case.budget.note_skipped();
    }
    let found = spellings.into_iter().take(limit).find(|one| case.with_url(one.text.clone()).verifies())?;
    Some(format!(
        "The sender signs the URL as it calls it, and it was given here in another spelling. The signature fits {}. Give the URL \
         that is configured at the sender: behind a proxy, make it of that and not of what the service sees.",
        found.difference
    ))
}

/// All spellings, those with the fewest differences first.
fn spellings(case: &Case<'_>) -> Vec<Spelling> {
    let parts = parts_of(&case.url);
    let lists = [schemes(case, &parts), hosts(case, &parts), ports(case, &parts), paths(case, &parts), queries(&parts)];
    let mut all: Vec<(usize, Spelling)> = vec![(0, Spelling::new("", ""))];
    for list in lists {
        let joined = all.iter().flat_map(|(count, front)| {
            list.iter().map(move |part| {
                let differs = usize::from(!part.difference.is_empty());
                let between = if front.difference.is_empty() || part.difference.is_empty() { "" } else { " and " };
                let difference = format!("{}{between}{}", front.difference, part.difference);
                (count + differs, Spelling::new(format!("{}{}", front.text, part.text), difference))
            })
        });
        all = joined.collect();
        // Of what differs in many parts, little is usual.
        all.sort_by_key(|(count, _)| *count);
        all.truncate(2 * MAX_SPELLINGS);
    }
    let given = format!("{}{}{}", parts.origin(), parts.path, parts.query);
    let mut all: Vec<Spelling> = all
        .into_iter()
        .map(|(_, spelling)| spelling)
        .filter(|one| one.text != *case.url && !one.difference.is_empty())
        .collect();
    // In whatever part they stand, escapes are also written in other ways.
    let whole = escapes(&given).into_iter().filter(|(text, _)| *text != *case.url);
    let whole: Vec<_> = whole.map(|(text, difference)| Spelling::new(text, difference)).collect();
    let first = all.iter().take_while(|one| !one.difference.contains(" and ")).count();
    all.splice(first..first, whole);
    all
}

/// The first value of a header that proxies set, such as `a` of `a, b`.
fn forwarded<'c>(case: &'c Case<'_>, name: &str) -> Option<&'c str> {
    let (_, value) = case.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name))?;
    let first = str::from_utf8(value).ok()?.split(',').next()?.trim();
    (!first.is_empty() && first.len() <= MAX_URL).then_some(first)
}

/// A parameter of the header `Forwarded` (RFC 7239).
fn forwarded_parameter<'c>(case: &'c Case<'_>, name: &str) -> Option<&'c str> {
    let parameters = forwarded(case, "Forwarded")?.split(';').filter_map(|pair| pair.split_once('='));
    let (_, value) = parameters.into_iter().find(|(other, _)| other.trim().eq_ignore_ascii_case(name))?;
    Some(value.trim().trim_matches('"'))
}

fn schemes(case: &Case<'_>, parts: &Parts<'_>) -> Vec<Spelling> {
    let mut all = vec![Spelling::new(parts.scheme, "")];
    let said = forwarded(case, "X-Forwarded-Proto").or_else(|| forwarded_parameter(case, "proto"));
    for scheme in ["https://", "http://"] {
        if !parts.scheme.eq_ignore_ascii_case(scheme) {
            let name = scheme.trim_end_matches("://");
            let by = if said.is_some_and(|said| said.eq_ignore_ascii_case(name)) {
                " as the proxy's header says"
            } else {
                ""
            };
            all.push(Spelling::new(scheme, format!("with {name}{by}")));
        }
    }
    all
}

fn hosts(case: &Case<'_>, parts: &Parts<'_>) -> Vec<Spelling> {
    let mut all = vec![Spelling::new(parts.host, "")];
    let user = parts.host.rfind('@').map_or("", |at| parts.host.get(..=at).unwrap_or_default());
    let mut add = |host: &str, difference: &str| {
        if !all.iter().any(|one| one.text == host) {
            all.push(Spelling::new(host, difference));
        }
    };
    for name in ["X-Forwarded-Host", "X-Original-Host", "X-Forwarded-Server", "Host"] {
        if let Some(host) = forwarded(case, name) {
            // The port is a part of its own.
            let bare = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
            add(bare.map_or(host, |(host, _)| host), &format!("with the host of the header {name}"));
            add(host, &format!("with the host and port of the header {name}"));
        }
    }
    if let Some(host) = forwarded_parameter(case, "host") {
        add(host, "with the host of the header Forwarded");
    }
    let bare = parts.host.get(user.len()..).unwrap_or_default();
    add(
        &bare.to_ascii_lowercase(),
        if user.is_empty() { "with the host in lower case" } else { "without user and password" },
    );
    match bare.strip_prefix("www.") {
        Some(rest) => add(rest, "without www. in front of the host"),
        None if !bare.is_empty() => add(&format!("www.{bare}"), "with www. in front of the host"),
        None => {}
    }
    all
}

fn ports(case: &Case<'_>, parts: &Parts<'_>) -> Vec<Spelling> {
    let mut all = vec![Spelling::new(parts.port, "")];
    if parts.port.is_empty() {
        all.extend([":443", ":80"].map(|port| Spelling::new(port, format!("with the port {port} behind the host"))));
    } else {
        all.push(Spelling::new("", "without the port"));
    }
    if let Some(port) = forwarded(case, "X-Forwarded-Port").filter(|port| port.len() <= 5) {
        all.push(Spelling::new(format!(":{port}"), "with the port of the header X-Forwarded-Port"));
    }
    all
}

fn paths(case: &Case<'_>, parts: &Parts<'_>) -> Vec<Spelling> {
    let mut all = vec![Spelling::new(parts.path, "")];
    match parts.path.strip_suffix('/') {
        Some(shorter) => all.push(Spelling::new(shorter, "without the slash at the end of the path")),
        None => all.push(Spelling::new(format!("{}/", parts.path), "with a slash at the end of the path")),
    }
    for name in [
        "X-Original-URI",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Envoy-Original-Path",
        "X-Forwarded-Uri",
        "X-Forwarded-Path",
        "X-Replaced-Path",
    ] {
        if let Some(uri) = forwarded(case, name).filter(|uri| uri.starts_with('/')) {
            let path = uri.split(['?', '#']).next().unwrap_or_default();
            all.push(Spelling::new(path, format!("with the path of the header {name}")));
        }
    }
    if let Some(prefix) = forwarded(case, "X-Forwarded-Prefix").filter(|prefix| prefix.starts_with('/')) {
        let prefix = prefix.trim_end_matches('/');
        all.push(Spelling::new(
            format!("{prefix}{}", parts.path),
            "with the path of the header X-Forwarded-Prefix in front",
        ));
    }
    all
}

fn queries(parts: &Parts<'_>) -> Vec<Spelling> {
    let mut all = vec![Spelling::new(parts.query, "")];
    let query = parts.query.split('#').next().unwrap_or_default();
    if query != parts.query {
        all.push(Spelling::new(query, "without the part behind #"));
    }
    let Some(parameters) = query.strip_prefix('?') else {
        all.push(Spelling::new("?", "with a question mark behind the path"));
        return all;
    };
    all.push(Spelling::new("", "without the query"));
    let items: Vec<&str> = parameters.split('&').collect();
    let mut add = |items: &[&str], difference: &str| {
        let text = format!("?{}", items.join("&"));
        if !all.iter().any(|one| one.text == text) {
            all.push(Spelling::new(text, difference));
        }
    };
    if items.len() <= MAX_PERMUTED {
        permutations(&mut Vec::new(), &items, &mut |items| add(items, ORDER));
    } else {
        let mut sorted = items.clone();
        sorted.sort_unstable();
        add(&sorted, ORDER);
        let reversed: Vec<&str> = items.iter().rev().copied().collect();
        add(&reversed, ORDER);
    }
    // A parameter that something on the way has added.
    for skipped in 0..items.len().min(MAX_PERMUTED * 2) {
        let rest: Vec<&str> =
            items.iter().enumerate().filter(|(at, _)| *at != skipped).map(|(_, item)| *item).collect();
        if !rest.is_empty() {
            add(&rest, "without one of the parameters of the query");
        }
    }
    all
}

/// Calls `each` with `front` and the items behind it in every order.
fn permutations<'i>(front: &mut Vec<&'i str>, items: &[&'i str], each: &mut impl FnMut(&[&'i str])) {
    if items.is_empty() {
        each(front);
    }
    for (at, item) in items.iter().enumerate() {
        front.push(item);
        let others: Vec<&str> =
            items.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, item)| *item).collect();
        permutations(front, &others, each);
        front.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_in_every_order() {
        let mut found = Vec::new();
        permutations(&mut Vec::new(), &["a", "b", "c"], &mut |items| found.push(items.concat()));
        found.sort_unstable();
        assert_eq!(found, ["abc", "acb", "bac", "bca", "cab", "cba"]);
    }
}
