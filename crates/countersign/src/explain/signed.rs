//! Mistakes about which text is signed.

use std::sync::Arc;

use countersign_core::{Delivery, Rejection, Scheme as CoreScheme};

use super::case::{Case, Try, first_that_verifies};
use super::timestamp::SEPARATORS;
use super::url_given::{lacks_origin, signs_origin};
use crate::preset::{Preset, presets};
use crate::printable::{quoted, quoted_whole};
use crate::scheme::Scheme;

/// The scheme without the timestamp, or also without the id.
pub(super) fn without_timestamp<'a>(case: &Case<'a>) -> Vec<Try<'a>> {
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return Vec::new() };
    let configured = scheme.template();
    if !configured.contains("{timestamp}") && !configured.contains("{id}") {
        return Vec::new();
    }
    let is_shorter = |template: &&str| configured.matches('{').count() > template.matches('{').count();
    let tries = ["{body}", "{id}.{body}", "{timestamp}.{body}"].into_iter().filter(is_shorter).filter_map(|template| {
        let changed = case.with_scheme(|scheme| {
            scheme.signed = Some(template.to_owned());
            // It is not checked if it is not signed.
            scheme.timestamp = scheme.timestamp.take().filter(|_| template.contains("{timestamp}"));
            scheme.id = scheme.id.take().filter(|_| template.contains("{id}"));
        })?;
        let unused: Vec<&str> = ["timestamp", "id"]
            .into_iter()
            .filter(|part| {
                let name = format!("{{{part}}}");
                configured.contains(&name) && !template.contains(&name)
            })
            .collect();
        Some(Try::new(
            changed,
            format!(
                "The sender signs {}, and not {}. Set signed to the first and leave out {}, and know that what is left out is \
                 not protected: a tolerance over a timestamp that is not signed would check nothing.",
                quoted_whole(&case.scheme.written(template)),
                quoted_whole(&case.scheme.written(configured)),
                unused.join(" and "),
            ),
        ))
    });
    tries.collect()
}

pub(super) fn timestamp_not_signed(case: &Case<'_>) -> Option<String> {
    first_that_verifies(without_timestamp(case))
}

fn verifies_with_template(case: &Case<'_>, template: &str) -> bool {
    case.verifies_with_scheme(|scheme| scheme.signed = Some(template.to_owned()))
}

pub(super) fn wrong_template(case: &Case<'_>) -> Option<String> {
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
    if let Some(advice) = body_as_it_comes(case) {
        return Some(advice);
    }
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return None };
    let configured = scheme.template().to_owned();
    let templates = ORDERS.iter().flat_map(|order| SEPARATORS.iter().map(|separator| order.join(separator)));
    templates.into_iter().find(|template| *template != configured && verifies_with_template(case, template)).map(
        |template| {
            let [signed, configured] = [template, configured].map(|template| case.scheme.written(&template));
            format!(
                "The sender signs {}, not {}. Set signed to the first.",
                quoted_whole(&signed),
                quoted_whole(&configured)
            )
        },
    )
}

/// The body as it comes, where the scheme signs something that is made of it.
fn body_as_it_comes(case: &Case<'_>) -> Option<String> {
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return None };
    let plain = case.scheme.composition.as_ref()?.with_plain_body()?;
    let configured = case.scheme.written(scheme.template());
    let mut changed = case.clone();
    changed.scheme.composition = Some(Arc::new(plain));
    let signed = changed.scheme.written(scheme.template());
    changed.verifies().then(|| {
        format!(
            "The sender signs {}, the body as it comes, and not {}. Set signed to the first.",
            quoted_whole(&signed),
            quoted_whole(&configured)
        )
    })
}

/// The delivery under each of the other presets.
pub(super) fn under_presets<'a>(case: &Case<'a>) -> impl Iterator<Item = (&'static Preset, Case<'a>)> {
    let configured = case.scheme.name();
    let mut candidates: Vec<&Preset> = presets().iter().filter(|preset| Some(preset.name()) != configured).collect();
    // Those of the same sender first, such as github-legacy for github: others may sign in the same way.
    let sender = |name: &str| name.split('-').next().unwrap_or_default().to_owned();
    candidates.sort_by_key(|preset| configured.map(sender) != Some(sender(preset.name())));
    candidates.into_iter().filter_map(|preset| {
        let scheme = Scheme::from_json(preset.json()).ok()?;
        Some((preset, Case { scheme, ..case.clone() }))
    })
}

/// `alike` are presets of other senders that accept the delivery too.
fn preset_advice(preset: &Preset, alike: &[&str]) -> String {
    let others = if alike.is_empty() {
        String::new()
    } else {
        format!(" that of another sender that signs alike ({}),", alike.join(", "))
    };
    format!(
        "The delivery is signed the way of {}. Use the preset {},{others} or a scheme of your own that you make from its.",
        preset.title,
        preset.name()
    )
}

/// The other presets, as they are.
pub(super) fn by_presets<'a>(case: &Case<'a>) -> impl Iterator<Item = Try<'a>> {
    under_presets(case).map(|(preset, case)| Try::new(case, preset_advice(preset, &[])))
}

pub(super) fn another_preset(case: &Case<'_>) -> Option<String> {
    /// More of them are not named.
    const MOST: usize = 5;
    let mut fitting = under_presets(case).filter(|(_, case)| case.verifies()).map(|(preset, _)| preset);
    let first = fitting.next()?;
    let alike: Vec<&str> = fitting.take(MOST).map(Preset::name).collect();
    Some(preset_advice(first, &alike))
}

/// The parts that the delivery lacks.
pub(super) fn missing_part(case: &Case<'_>) -> Option<String> {
    if !matches!(case.rejection, Some(Rejection::MissingPart | Rejection::MissingTimestamp)) {
        return None;
    }
    let headers = case.header_lines();
    let delivery = Delivery { method: case.method, url: &case.url, headers: &headers[..], body: &case.body };
    let missing: Vec<String> = case.scheme.missing_parts(&delivery).iter().map(ToString::to_string).collect();
    let uncovered = case
        .scheme
        .message_format
        .as_ref()
        .map(|format| format.uncovered(case.scheme.core.headers().next().unwrap_or_default(), &headers[..]));
    if let (true, Some(names)) = (missing.is_empty(), uncovered.filter(|names| !names.is_empty())) {
        return Some(format!(
            "The scheme requires that the signature covers {}, and the list in the header does not name it. Set signature.components \
             to what the sender always lists there.",
            names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(" and ")
        ));
    }
    if missing.is_empty()
        && let Some(lack) = lacks_origin(&case.url).filter(|_| signs_origin(case))
    {
        return Some(format!(
            "The sender signs the URL with scheme and host, and it was given {lack}. Give the URL that is configured at the sender."
        ));
    }
    (!missing.is_empty()).then(|| {
        format!(
            "The sender signs something that this delivery was given without: {}. Give all of the delivery, and see whether \
             something on the way drops headers.",
            missing.join(", and ")
        )
    })
}
