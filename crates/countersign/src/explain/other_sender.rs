//! A delivery without the expected header and with that of another sender: the wrong endpoint, or the wrong preset. And headers
//! that look like a signature, although no preset is known by them.
//!
//! Values are looked at and never shown.

use std::borrow::Cow;
use std::collections::HashSet;

use countersign_core::Rejection;

use super::budget::Budget;
use super::case::Case;
use super::header::other_headers;
use super::signature_like::{is_generic, looks_like_signature};
use super::signed::under_presets;
use crate::preset::Preset;
use crate::printable::quoted;
use crate::scheme::Scheme;
use crate::secret::Secret;

/// What reading the heads may cost: far more than those of a request do under each preset once.
const MAX_BYTES: u64 = 16 << 20;
/// How many presets are named, and how many headers.
const MAX_PRESETS: usize = 5;
const MAX_NAMED: usize = 3;

/// A secret that each preset accepts: text, hexadecimal digits and base64. With it, a value of the right form is a mismatch.
const PROBE: &str = "00112233445566778899aabbccddeeff";

/// The presets whose header this delivery has.
pub(super) fn header_of_preset(case: &Case<'_>) -> Option<String> {
    if case.rejection != Some(Rejection::MissingSignature) {
        return None;
    }
    let budget = Budget::new(MAX_BYTES);
    let candidates: Vec<(&Preset, Case<'_>)> = under_presets(case).collect();
    let known: HashSet<String> = candidates.iter().flat_map(|(_, case)| lower_headers(&case.scheme)).collect();
    // Each name once, so that no preset looks at more lines than there are names: a sender chooses how many lines there are.
    let mut seen = HashSet::new();
    let lines = case.headers.iter().map(|(name, _)| (*name, name.to_ascii_lowercase()));
    let lines: Vec<(&str, String)> =
        lines.filter(|(_, lower)| known.contains(lower) && !is_generic(lower) && seen.insert(lower.clone())).collect();
    let mut found: Option<(&str, bool, Vec<&str>)> = None;
    for (preset, of_preset) in candidates {
        let headers: Vec<String> = lower_headers(&of_preset.scheme).collect();
        let Some((name, _)) = lines.iter().find(|(_, lower)| headers.contains(lower)) else { continue };
        // The head alone is read, so that it costs little, whatever the body and the work before were.
        let probe = Case { secrets: vec![Secret::new(PROBE)], body: Cow::Borrowed(b""), budget: &budget, ..of_preset };
        // What was not tried is not said to have another form.
        let fits = probe.has_signature().unwrap_or(true);
        match &mut found {
            // A header whose value has the form of its preset says more than a name alone.
            Some((_, had_form, _)) if *had_form && !fits => {}
            Some((first, had_form, presets)) if *had_form == fits => {
                if first.eq_ignore_ascii_case(name) {
                    presets.push(preset.name());
                }
            }
            _ => found = Some((name, fits, vec![preset.name()])),
        }
    }
    let (name, fits, presets) = found?;
    let form = match presets.len() {
        _ if fits => "",
        1 => ", but its value does not have the form that this preset expects",
        _ => ", but its value does not have the form that these presets expect",
    };
    Some(format!(
        "The signature was looked for in {}, and is not there. The delivery has a header {}, which is that of {}{form}. See whether \
         this delivery is meant for this endpoint, and whether this is the right preset or scheme. If the delivery is right here, \
         use the preset of its sender, with the secret of that sender.",
        case.scheme.signature_place(),
        quoted(name),
        names(&presets),
    ))
}

/// `the preset stripe`, `the presets github and meta`.
fn names(presets: &[&str]) -> String {
    match presets {
        [] => String::new(),
        [only] => format!("the preset {only}"),
        [named @ .., last] if presets.len() <= MAX_PRESETS => format!("the presets {} and {last}", named.join(", ")),
        more => {
            let (named, rest) = more.split_at(MAX_PRESETS.min(more.len()));
            format!("the presets {} and {} more", named.join(", "), rest.len())
        }
    }
}

/// The headers that hold the signature of a scheme, or its token.
fn signature_headers(scheme: &Scheme) -> Vec<&str> {
    let is_elsewhere = scheme.rewriter().is_some_and(|rewriter| rewriter.moves_signature());
    if is_elsewhere { Vec::new() } else { scheme.headers().collect() }
}

fn lower_headers(scheme: &Scheme) -> impl Iterator<Item = String> {
    signature_headers(scheme).into_iter().map(str::to_ascii_lowercase)
}

/// What is said of other headers if the signature is missing and nothing explains that; empty if all were tried and none looks
/// like a signature.
pub(super) fn of_unexplained(case: &Case<'_>) -> String {
    let tried = case.budget.headers_tried();
    let (mut unfit, mut untried) = (Vec::new(), Vec::new());
    for (at, (name, value)) in other_headers(case).enumerate() {
        let names = if tried.is_none_or(|tried| at < tried) { &mut unfit } else { &mut untried };
        if names.len() < MAX_NAMED && looks_like_signature(name, value) {
            let name = quoted(name);
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let unfit = listed(&unfit).map(|(names, is_one)| {
        let rest = if is_one { "looks like one, but does not" } else { "look like one, but do not" };
        format!("{names} {rest} fit this scheme and secret")
    });
    let untried = listed(&untried).map(|(names, is_one)| {
        format!(
            "{names} {}",
            if is_one { "looks like one, and was not tried" } else { "look like one, and were not tried" }
        )
    });
    let said = [unfit, untried].into_iter().flatten().collect::<Vec<_>>().join(", and ");
    let Some(tried) = tried else { return said };
    let said = if said.is_empty() { "no other header looks like one" } else { &said };
    format!(
        "{said}. The delivery is too large to look for the signature in every header: of {} others, {tried} were tried. Explain a \
         smaller delivery that is rejected too",
        other_headers(case).count()
    )
}

/// `the header X`, `the headers X, Y and Z`, and whether it is one; `None` if there is none.
fn listed(names: &[String]) -> Option<(String, bool)> {
    match names {
        [] => None,
        [only] => Some((format!("the header {only}"), true)),
        [front @ .., last] => Some((format!("the headers {} and {last}", front.join(", ")), false)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use std::time::SystemTime;

    use countersign_core::Delivery;

    use super::super::signature_like::GENERIC;
    use super::super::{Cause, Explanation};
    use super::*;
    use crate::Message;
    use crate::preset::presets;

    /// A name that several senders share is theirs together, or belongs to nobody.
    #[test]
    fn shared_names_are_generic_or_known() {
        let schemes: Vec<Scheme> =
            presets().iter().filter_map(|preset| Scheme::from_json(preset.json()).ok()).collect();
        let all: Vec<&str> = schemes.iter().flat_map(signature_headers).collect();
        for generic in GENERIC {
            assert!(
                all.iter().any(|name| name.eq_ignore_ascii_case(generic)),
                "{generic} is no header of a preset: {all:?}"
            );
        }
        let known = [
            "webhook-signature",
            "x-hub-signature",
            "x-hub-signature-256",
            "x-hubspot-signature",
            "x-convoy-signature",
            "x-hook0-signature",
        ];
        for name in &all {
            let count = all.iter().filter(|other| other.eq_ignore_ascii_case(name)).count();
            let is_known = known.contains(&name.to_ascii_lowercase().as_str());
            assert!(count == 1 || is_generic(name) || is_known, "{name}: {count}");
        }
    }

    /// What is said of a delivery of this preset at an endpoint of GitHub, or of Stripe, if GitHub has the same header.
    fn at_other_endpoint(preset: &str) -> Option<(Option<String>, String)> {
        let sender = Scheme::preset(preset).unwrap();
        let message = Message {
            method: "POST",
            url: "https://h.example.com/x?a=1",
            headers: &[("Content-Type", b"application/json")],
            id: "msg_1",
            now: SystemTime::now(),
            ..Message::new(b"{}")
        };
        let lines = sender.signer(Secret::new("ffeeddccbbaa99887766554433221100")).ok()?.headers(&message).ok()?;
        let lines: Vec<_> = lines.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let delivery = Delivery { method: "POST", url: message.url, headers: &lines[..], body: message.body };
        let has_same = sender.headers().any(|name| name.eq_ignore_ascii_case("X-Hub-Signature-256"));
        let scheme = Scheme::preset(if has_same { "stripe" } else { "github" }).unwrap();
        // Nothing is left of the budget, as behind a large body.
        let budget = Budget::new(0);
        let case = Case::new(&scheme, &[Secret::new(PROBE)], &delivery, message.now, &budget);
        let case = case.with_rejection(Some(Rejection::MissingSignature));
        Some((header_of_preset(&case), of_unexplained(&case)))
    }

    /// Each sender's delivery: its preset is named, or its header at least.
    #[test]
    fn the_header_of_each_preset_is_known() {
        let mut count = 0;
        for preset in presets() {
            let scheme = Scheme::preset(preset.name()).unwrap();
            let (names, Some((advice, hint))) = (signature_headers(&scheme), at_other_endpoint(preset.name())) else {
                continue;
            };
            let Some(name) = names.first() else { continue };
            count += 1;
            match advice {
                None => assert!(is_generic(name) && hint.contains(&quoted(name)), "{}: {hint}", preset.name()),
                Some(advice) => {
                    assert!(
                        advice.contains(&quoted(name)) && advice.contains(preset.name()),
                        "{}: {advice}",
                        preset.name()
                    );
                    assert!(!advice.contains(", but"), "{}: {advice}", preset.name());
                }
            }
        }
        assert!(count >= 120, "{count}");
    }

    /// As with a body that is longer than everything that may be hashed.
    #[test]
    fn a_header_that_could_not_be_tried_is_not_said_to_be_wrong() {
        let github = Scheme::preset("github").unwrap();
        let body = vec![b'x'; 64 << 10];
        let signed = github.signer(Secret::new("secret")).unwrap().headers(&Message::new(&body)).unwrap();
        let headers = [("X-Acme-Signature", signed[0].1.as_bytes())];
        let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: &body };
        let explain = |limit: u64| {
            github.explain_with(&Secret::new("secret").into(), &delivery, SystemTime::now(), limit).unwrap()
        };
        assert_eq!(explain(1 << 20).cause(), Some(Cause::WrongHeader));
        let explanation = explain(64 << 10);
        let text = explanation.to_string();
        assert!(
            matches!(&explanation, Explanation::Unexplained { passed_over, .. } if passed_over.contains(&Cause::WrongHeader)),
            "{explanation:?}"
        );
        let expected = "the header \"X-Acme-Signature\" looks like one, and was not tried. The delivery is too large to look for \
                        the signature in every header: of 1 others, 0 were tried.";
        assert!(text.contains(expected) && !text.contains("fit"), "{text}");
    }

    /// As with a head that is longer than all that may be read of it.
    #[test]
    fn a_form_that_could_not_be_tried_is_not_said_to_be_wrong() {
        let (stripe, github) = (Scheme::preset("stripe").unwrap(), Scheme::preset("github").unwrap());
        let signed = stripe.signer(Secret::new("secret")).unwrap().headers(&Message::new(b"{}")).unwrap();
        let filler = vec![b'x'; usize::try_from(MAX_BYTES).unwrap()];
        let headers = [("Stripe-Signature", signed[0].1.as_bytes()), ("X-Filler", &filler)];
        let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: b"{}" };
        let explanation = github.explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap();
        let text = explanation.to_string();
        assert_eq!(explanation.cause(), Some(Cause::AnotherPreset), "{text}");
        assert!(text.contains("the preset stripe. See"), "{text}");
    }
}
