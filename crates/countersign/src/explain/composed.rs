//! Signed texts with method, path or query of the request or a hash of the body in them, as some senders sign them, and the
//! templates of all presets.

use std::collections::HashSet;
use std::sync::Arc;

use countersign_core::{HmacScheme, Scheme as CoreScheme};
use serde_json::json;

use super::case::{Case, Try, first_that_verifies};
use super::timestamp::{self, Part};
use crate::composition::Composition;
use crate::preset::presets;
use crate::scheme::Scheme;

/// The parts in their orders; `U` stands for each text of [`URLS`], and `B` for each of [`BODIES`].
const ORDERS: &[&[&str]] = &[
    &["{method}", "U", "B"],
    &["U", "B"],
    &["B", "U"],
    &["{timestamp}", "{method}", "U", "B"],
    &["{method}", "U", "{timestamp}", "B"],
    &["{method}", "U", "B", "{timestamp}"],
    &["{timestamp}", "U", "B"],
    &["U", "{timestamp}", "B"],
];
const URLS: &[&str] = &["{path}", "{target}", "{url}"];
const BODIES: &[&str] = &["{body}", "{sha256:body}", "{sha256-base64:body}"];
const SEPARATORS: &[&str] = &["\n", "", ".", ":", "|"];
/// Longer bodies are not tried: there are some hundreds of templates.
const MAX_BODY: usize = 256 << 10;
/// How many values are taken for the timestamp, and how many for the id.
const MAX_SOURCES: usize = 2;

/// A template as a scheme writes it and as the core knows it, with what the core does not know of it.
struct Template {
    written: String,
    signed: String,
    composition: Option<Arc<Composition>>,
}

impl Template {
    /// `None` for a text that cannot be a template by itself.
    fn read(written: String, header: &str) -> Option<Self> {
        let mut scheme = json!({
            "signature": {"header": header}, "algorithm": "SHA_256", "encoding": "HEXA_DECIMAL", "signed": written,
        });
        for (name, rule) in
            [("timestamp", json!({"from": "header:X-Timestamp", "unit": "s"})), ("id", json!({"from": "header:X-Id"}))]
        {
            if written.contains(&format!("{{{name}}}")) {
                scheme[name] = rule;
            }
        }
        let scheme = Scheme::from_json(&scheme.to_string()).ok()?;
        let CoreScheme::Hmac(core) = scheme.core else { return None };
        Some(Self { written, signed: core.template().to_owned(), composition: scheme.composition })
    }

    /// The case with this template, with each value that may be the timestamp and the id.
    fn tries<'a>(&self, case: &Case<'a>, scheme: &HmacScheme<String>, parts: &(Vec<Part>, Vec<Part>)) -> Vec<Try<'a>> {
        let needs = |name: &str, is_known: bool| self.signed.contains(name) && !is_known;
        let sources = |parts: &'_ [Part], is_needed: bool| -> Vec<Option<usize>> {
            if is_needed { (0..parts.len().min(MAX_SOURCES)).map(Some).collect() } else { vec![None] }
        };
        let stamps: Vec<Part> = parts.0.iter().filter(|part| part.has_unit()).cloned().collect();
        let ids = sources(&parts.1, needs("{id}", scheme.id.is_some()));
        let pairs = sources(&stamps, needs("{timestamp}", scheme.timestamp.is_some()))
            .into_iter()
            .flat_map(|stamp| ids.iter().map(move |id| (stamp, *id)));
        let tries = pairs.filter_map(|(stamp, id)| {
            let (stamp, id) = (stamp.and_then(|at| stamps.get(at)), id.and_then(|at| parts.1.get(at)));
            let mut one = timestamp::changed(case, stamp, id, &self.signed, &self.written)?;
            one.case.scheme.composition.clone_from(&self.composition);
            Some(one)
        });
        tries.collect()
    }
}

pub(super) fn wrong_composition(case: &Case<'_>) -> Option<String> {
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return None };
    let has_own_way = case.scheme.composition.is_some()
        || case.scheme.function.is_some()
        || case.scheme.message_format.is_some()
        || case.scheme.is_plain_hash;
    if has_own_way || !case.is_mismatch() {
        return None;
    }
    if case.body.len() > MAX_BODY {
        case.budget.note_skipped();
        return None;
    }
    let [header] = case.signature_headers()[..] else { return None };
    let parts = timestamp::parts(case);
    let configured = scheme.template();
    let templates = of_orders(case).chain(of_hashes()).chain(of_presets()).filter(|written| *written != configured);
    let templates = templates.filter_map(|written| Template::read(written, header));
    first_that_verifies(templates.flat_map(|template| template.tries(case, scheme, &parts)))
}

/// The usual orders. Without a URL there is nothing to sign of it.
fn of_orders(case: &Case<'_>) -> impl Iterator<Item = String> {
    let urls = if case.url.is_empty() { &[] } else { URLS };
    let written = |order: &[&'static str], url: &'static str, body: &'static str, separator: &str| {
        let part = |part: &&'static str| match *part {
            "U" => url,
            "B" => body,
            other => other,
        };
        order.iter().map(part).collect::<Vec<_>>().join(separator)
    };
    BODIES.iter().flat_map(move |body| {
        urls.iter().flat_map(move |url| {
            ORDERS
                .iter()
                .flat_map(move |order| SEPARATORS.iter().map(move |separator| written(order, url, body, separator)))
        })
    })
}

/// A hash of the body alone, and with a timestamp.
fn of_hashes() -> impl Iterator<Item = String> {
    BODIES.iter().skip(1).flat_map(|hash| {
        let with_time = SEPARATORS.iter().map(move |separator| format!("{{timestamp}}{separator}{hash}"));
        with_time.chain([(*hash).to_owned()])
    })
}

/// The templates of all senders that are known by name, each once.
fn of_presets() -> impl Iterator<Item = String> {
    let mut known = HashSet::new();
    let schemes = presets().iter().filter_map(|preset| Scheme::from_json(preset.json()).ok());
    let templates = schemes.filter_map(|scheme| {
        let CoreScheme::Hmac(core) = &scheme.core else { return None };
        (!scheme.is_plain_hash && scheme.message_format.is_none()).then(|| scheme.written(core.template()))
    });
    templates.filter(move |template| known.insert(template.clone()))
}
