//! Mistakes about which text is signed.

use countersign_core::{Delivery, Rejection, Scheme as CoreScheme};

use super::case::Case;
use crate::preset::{Preset, presets};
use crate::printable::quoted;
use crate::scheme::Scheme;

pub(super) fn timestamp_not_signed(case: &Case<'_>) -> Option<String> {
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return None };
    let configured = scheme.template().to_owned();
    if !configured.contains("{timestamp}") && !configured.contains("{id}") {
        return None;
    }
    ["{body}", "{id}.{body}", "{timestamp}.{body}"].into_iter().filter(|template| configured != *template).find_map(
        |template| {
            let has_fewer_parts = configured.matches('{').count() > template.matches('{').count();
            (has_fewer_parts && verifies_with_template(case, template)).then(|| {
                format!(
                    "The sender signs {}, and not {}. Set signed to the first, and know that what is left out is not \
                 protected: a tolerance over a timestamp that is not signed would check nothing.",
                    quoted(template),
                    quoted(&configured)
                )
            })
        },
    )
}

fn verifies_with_template(case: &Case<'_>, template: &str) -> bool {
    case.verifies_with_scheme(|scheme| scheme.signed = Some(template.to_owned()))
}

pub(super) fn wrong_template(case: &Case<'_>) -> Option<String> {
    const SEPARATORS: &[&str] = &[".", ":", "", "\n", "|", "-", "_", ",", ";", "/", " ", "&", "+"];
    // Of the parts that a delivery usually has; one that it lacks matches nothing.
    const ORDERS: &[&[&str]] = &[
        &["{timestamp}", "{body}"],
        &["{body}", "{timestamp}"],
        &["{id}", "{timestamp}", "{body}"],
        &["{timestamp}", "{id}", "{body}"],
        &["{id}", "{body}"],
        &["{body}", "{id}", "{timestamp}"],
        &["v0", "{timestamp}", "{body}"],
        &["v1", "{timestamp}", "{body}"],
        &["{url}", "{body}"],
        &["{body}", "{url}"],
        &["{method}", "{url}", "{body}"],
        &["{method}", "{url}", "{timestamp}", "{body}"],
        &["{method}", "{url}", "{body}", "{timestamp}"],
        &["{timestamp}", "{method}", "{url}", "{body}"],
    ];
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return None };
    let configured = scheme.template().to_owned();
    let templates = ORDERS.iter().flat_map(|order| SEPARATORS.iter().map(|separator| order.join(separator)));
    templates.into_iter().find(|template| *template != configured && verifies_with_template(case, template)).map(
        |template| {
            format!("The sender signs {}, not {}. Set signed to the first.", quoted(&template), quoted(&configured))
        },
    )
}

pub(super) fn another_preset(case: &Case<'_>) -> Option<String> {
    let configured = case.scheme.name();
    let mut candidates: Vec<&Preset> = presets().iter().filter(|preset| Some(preset.name()) != configured).collect();
    // Those of the same sender first, such as github-legacy for github: others may sign in the same way.
    let sender = |name: &str| name.split('-').next().unwrap_or_default().to_owned();
    candidates.sort_by_key(|preset| configured.map(sender) != Some(sender(preset.name())));
    candidates.into_iter().find_map(|preset| {
        let scheme = Scheme::from_json(preset.json()).ok()?;
        Case { scheme, ..case.clone() }.verifies().then(|| {
            format!(
                "The delivery is signed the way of {}. Use the preset {}, or a scheme of your own that you make from its.",
                preset.title,
                preset.name()
            )
        })
    })
}

/// The parts that the delivery lacks.
pub(super) fn missing_part(case: &Case<'_>) -> Option<String> {
    if !matches!(case.rejection, Some(Rejection::MissingPart | Rejection::MissingTimestamp)) {
        return None;
    }
    let headers = case.header_lines();
    let delivery = Delivery { method: case.method, url: case.url, headers: &headers[..], body: &case.body };
    let missing: Vec<String> = case.scheme.missing_parts(&delivery).iter().map(ToString::to_string).collect();
    (!missing.is_empty()).then(|| {
        format!(
            "The sender signs something that this delivery was given without: {}. Give all of the delivery, and see whether \
             something on the way drops headers.",
            missing.join(", and ")
        )
    })
}
