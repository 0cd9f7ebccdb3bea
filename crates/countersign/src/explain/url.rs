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
    let parts = parts_of(&case.url);
    let lists = [schemes(case, &parts), hosts(case, &parts), ports(case, &parts), paths(case, &parts), queries(&parts)];
    let mut spellings = spellings(case, &parts, &lists);
    let found = spellings.by_ref().take(limit).find(|one| case.with_url(one.text.clone()).verifies());
    if found.is_none() && spellings.next().is_some() {
        case.budget.note_skipped();
    }
    let found = found?;
    Some(format!(
        "The sender signs the URL as it calls it, and it was given here in another spelling. The signature fits {}. Give the URL \
         that is configured at the sender: behind a proxy, make it of that and not of what the service sees.",
        found.difference
    ))
}

/// The ways to write each part of a URL: scheme, host, port, path and query.
type Lists = [Vec<Spelling>; 5];

/// One spelling of each part, by its place in the list, and how many of them differ from what was given.
#[derive(Clone, Copy, Default)]
struct Choice {
    differences: usize,
    places: [usize; 5],
}

/// All choices, those with the fewest differences first. Texts are made later, one by one: a sender can make them long.
fn choices(lists: &Lists) -> Vec<Choice> {
    let mut all = vec![Choice::default()];
    for (part, list) in lists.iter().enumerate() {
        let joined = all.iter().flat_map(|front| {
            list.iter().enumerate().map(move |(place, spelling)| {
                let mut choice = *front;
                choice.differences += usize::from(!spelling.difference.is_empty());
                choice.places[part] = place;
                choice
            })
        });
        all = joined.collect();
        // Of what differs in many parts, little is usual.
        all.sort_by_key(|choice| choice.differences);
        all.truncate(2 * MAX_SPELLINGS);
    }
    all
}

fn joined(lists: &Lists, choice: Choice) -> Spelling {
    let parts = || lists.iter().zip(choice.places).filter_map(|(list, place)| list.get(place));
    let differences: Vec<&str> = parts().map(|part| &*part.difference).filter(|text| !text.is_empty()).collect();
    Spelling::new(parts().map(|part| &*part.text).collect::<String>(), differences.join(" and "))
}

/// All spellings but the one that was given, those with the fewest differences first.
fn spellings<'c>(case: &'c Case<'_>, parts: &Parts<'_>, lists: &'c Lists) -> impl Iterator<Item = Spelling> + use<'c> {
    let mut single: Vec<Choice> = choices(lists).into_iter().filter(|choice| choice.differences > 0).collect();
    let several = single.split_off(single.partition_point(|choice| choice.differences == 1));
    // In whatever part they stand, escapes are also written in other ways.
    let whole = escapes(&format!("{}{}{}", parts.origin(), parts.path, parts.query));
    let whole = whole.into_iter().map(|(text, difference)| Spelling::new(text, difference));
    let of_parts = |choices: Vec<Choice>| choices.into_iter().map(|choice| joined(lists, choice));
    of_parts(single).chain(whole).chain(of_parts(several)).filter(|one| one.text != *case.url)
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
