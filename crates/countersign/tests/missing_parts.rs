//! What an authentic delivery of a preset lacks once a part of it is taken away is named: a header, a value of the
//! signature's header, of the URL, of a form or of JSON.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/scheme.rs"]
mod scheme;

use std::collections::BTreeSet;

use countersign::{Delivery, Message, Rejection};
use countersign_vectors::Kind;
use serde_json::Value;

/// A delivery that is authentic, or what is left of it.
#[derive(Clone, Debug)]
struct Sent {
    method: String,
    url: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Sent {
    /// The delivery without each of its parts in turn, with the name of the part.
    fn without_each(&self) -> Vec<(String, Self)> {
        let mut all = vec![
            ("method".to_owned(), Self { method: String::new(), ..self.clone() }),
            ("URL".to_owned(), Self { url: String::new(), ..self.clone() }),
        ];
        for (at, (name, value)) in self.headers.iter().enumerate() {
            let mut fewer = self.clone();
            fewer.headers.remove(at);
            all.push((name.clone(), fewer));
            for separator in [',', ';'] {
                let value = String::from_utf8_lossy(value);
                for (key, rest) in without_each_pair(&value, separator) {
                    let mut changed = self.clone();
                    changed.headers[at].1 = rest.into_bytes();
                    let is_type = name.eq_ignore_ascii_case("Content-Type");
                    all.push((if is_type { name.clone() } else { key }, changed));
                }
            }
        }
        if let Some((start, query)) = self.url.split_once('?') {
            let with = |query: String| Self { url: format!("{start}?{query}"), ..self.clone() };
            all.extend(without_each_pair(query, '&').into_iter().map(|(key, rest)| (key, with(rest))));
        }
        let with = |body: Vec<u8>| Self { body, ..self.clone() };
        if let Ok(json) = serde_json::from_slice::<Value>(&self.body) {
            all.push(("body".to_owned(), with(Vec::new())));
            let mut pointers = Vec::new();
            members(&json, "", &mut pointers);
            for (parent, name) in pointers {
                let mut changed = json.clone();
                changed.pointer_mut(&parent).and_then(Value::as_object_mut).unwrap().remove(&name);
                all.push((format!("{parent}/{name}"), with(serde_json::to_vec(&changed).unwrap())));
            }
        } else if let Ok(form) = str::from_utf8(&self.body) {
            let pairs = without_each_pair(form, '&');
            all.extend(pairs.into_iter().map(|(key, rest)| (key, with(rest.into_bytes()))));
        }
        all
    }
}

/// A list of pairs without each of them in turn, with its key.
fn without_each_pair(list: &str, separator: char) -> Vec<(String, String)> {
    let pairs: Vec<&str> = list.split(separator).collect();
    let without = |at: usize| {
        let (key, _) = pairs[at].split_once('=')?;
        let rest: Vec<&str> = [&pairs[..at], &pairs[at + 1..]].concat();
        Some((key.trim().to_owned(), rest.join(&separator.to_string())))
    };
    (0..pairs.len()).filter_map(without).collect()
}

/// The members of all objects: the pointer to the object, and the name.
fn members(json: &Value, pointer: &str, all: &mut Vec<(String, String)>) {
    match json {
        Value::Object(object) => {
            for (name, value) in object {
                all.push((pointer.to_owned(), name.clone()));
                members(value, &format!("{pointer}/{name}"), all);
            }
        }
        Value::Array(list) => {
            for (at, value) in list.iter().enumerate() {
                members(value, &format!("{pointer}/{at}"), all);
            }
        }
        _ => {}
    }
}

#[test]
fn each_part_that_is_taken_away_is_named() {
    let (mut faults, mut named, mut presets, mut tried) = (BTreeSet::new(), 0, BTreeSet::new(), BTreeSet::new());
    let vectors = countersign_vectors::all();
    for (_, vector) in &vectors {
        let Kind::Preset(preset) = vector.verifier.kind() else { continue };
        if vector.expect != "authentic" {
            continue;
        }
        tried.insert(preset);
        let (scheme, secrets) = scheme::scheme(&vector.verifier).unwrap();
        let verifier = scheme.verifier(secrets).unwrap();
        let signer = scheme::scheme(&vector.verifier).unwrap().1.pop().and_then(|secret| scheme.signer(secret).ok());
        let headers = vector.delivery.headers();
        let whole = scheme::delivery(&vector.delivery, &headers);
        let now = scheme::received(vector.delivery.received_at);
        assert!(scheme.missing_parts(&whole).is_empty(), "{}: {:?}", vector.id, scheme.missing_parts(&whole));
        let sent = Sent {
            method: whole.method.to_owned(),
            url: whole.url.to_owned(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect(),
            body: whole.body.to_vec(),
        };
        for (taken, Sent { method, url, headers, body }) in sent.without_each() {
            let delivery = Delivery { method: &method, url: &url, headers: &headers[..], body: &body };
            let lines: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (name.as_str(), &value[..])).collect();
            let message = Message { method: &method, url: &url, headers: &lines, now, ..Message::new(&body) };
            if let Some(signer) = signer.as_ref().filter(|signer| signer.headers(&message).is_ok()) {
                let missing = signer.missing_parts(&message);
                assert!(missing.is_empty(), "{}: signed without {taken}, and {missing:?} is missing", vector.id);
            }
            let verdict = verifier.verify(&delivery, now);
            if !matches!(verdict, Err(Rejection::MissingPart | Rejection::MissingTimestamp)) {
                continue;
            }
            let parts: Vec<String> = scheme.missing_parts(&delivery).iter().map(ToString::to_string).collect();
            let parts = parts.join(", ").to_ascii_lowercase();
            named += 1;
            presets.insert(preset);
            if !parts.contains(&taken.to_ascii_lowercase()) {
                faults.insert(format!("{preset}: without {taken}: {}: {parts:?}", verdict.unwrap_err().name()));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "{} of {named} are not named:\n{}",
        faults.len(),
        faults.into_iter().collect::<Vec<_>>().join("\n")
    );
    let untried = countersign::presets().iter().map(countersign::Preset::name).find(|name| !tried.contains(name));
    assert_eq!(untried, None, "each preset has an authentic vector");
    assert!(presets.len() >= 40 && named >= 200, "{} presets, {named} parts", presets.len());
}
