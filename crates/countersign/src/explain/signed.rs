//! Mistakes about which text is signed.

use countersign_core::{Delivery, Rejection, Scheme as CoreScheme};

use super::case::Case;
use crate::preset::{Preset, presets};
use crate::printable::quoted;
use crate::scheme::Scheme;

pub(super) fn timestamp_not_signed(case: &Case<'_>) -> Option<String> {
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return None };
    let own = scheme.template().to_owned();
    if !own.contains("{timestamp}") && !own.contains("{id}") {
        return None;
    }
    ["{body}", "{id}.{body}", "{timestamp}.{body}"].into_iter().filter(|template| own != *template).find_map(
        |template| {
            let fewer = own.matches('{').count() > template.matches('{').count();
            (fewer && fits_with(case, template)).then(|| {
                format!(
                    "The sender signs {}, and not {}. Set signed to the first, and know that what is left out is not \
                 protected: a tolerance over a timestamp that is not signed would check nothing.",
                    quoted(template),
                    quoted(&own)
                )
            })
        },
    )
}

fn fits_with(case: &Case<'_>, template: &str) -> bool {
    case.fits_with_scheme(|scheme| scheme.signed = Some(template.to_owned()))
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
    let own = scheme.template().to_owned();
    let templates = ORDERS.iter().flat_map(|order| SEPARATORS.iter().map(|separator| order.join(separator)));
    templates.into_iter().find(|template| *template != own && fits_with(case, template)).map(|template| {
        format!("The sender signs {}, not {}. Set signed to the first.", quoted(&template), quoted(&own))
    })
}

pub(super) fn another_preset(case: &Case<'_>) -> Option<String> {
    let own = case.scheme.name();
    let mut others: Vec<&Preset> = presets().iter().filter(|preset| Some(preset.name()) != own).collect();
    // Those of the same sender first, such as github-legacy for github: others may sign in the same way.
    let sender = |name: &str| name.split('-').next().unwrap_or_default().to_owned();
    others.sort_by_key(|preset| own.map(sender) != Some(sender(preset.name())));
    others.into_iter().find_map(|preset| {
        let scheme = Scheme::from_json(preset.json()).ok()?;
        Case { scheme, ..case.clone() }.fits().then(|| {
            format!(
                "The delivery is signed the way of {}. Use the preset {}, or start from what `countersign presets {}` \
                 prints.",
                preset.title,
                preset.name(),
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
    let headers: Vec<(&str, &[u8])> = case.headers.iter().map(|(name, value)| (*name, &**value)).collect();
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
