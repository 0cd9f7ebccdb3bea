//! A plain hash of the secret and the text where an HMAC is configured, or the reverse.

use std::sync::Arc;

use countersign_core::{AlgorithmRule, Scheme as CoreScheme, SecretForm};

use super::case::Case;
use crate::composition::{Composition, SECRET};
use crate::printable::quoted;

/// What stands between the secret and the text, as far as it is usual.
const MARKS: &[&str] = &["", ".", "-", ":", "|", "_", "&key=", "&"];

pub(super) fn hash_kind(case: &Case<'_>) -> Option<String> {
    let CoreScheme::Hmac(scheme) = &case.scheme.core else { return None };
    let AlgorithmRule::Fixed(algorithm) = scheme.algorithm else { return None };
    if case.scheme.message_format.is_some()
        || case.scheme.function.is_some()
        || case.scheme.secret_form != SecretForm::Utf8
    {
        return None;
    }
    let template = scheme.template();
    if case.scheme.is_plain_hash {
        let templates = MARKS
            .iter()
            .map(|mark| template.replace(&format!("{SECRET}{mark}"), "").replace(&format!("{mark}{SECRET}"), ""));
        return templates.filter(|template| template.contains("{body}")).find_map(|template| {
            let mut changed = case.with_scheme(|scheme| scheme.signed = Some(template.clone()))?;
            changed.scheme.is_plain_hash = false;
            changed.verifies().then(|| {
                format!(
                    "The sender makes an HMAC, and no plain hash. Set algorithm to {algorithm} in place of plain_hash and signed to {}.",
                    quoted(&changed.scheme.written(&template))
                )
            })
        });
    }
    if template.contains(SECRET) {
        return None;
    }
    let templates = MARKS
        .iter()
        .flat_map(|mark| [format!("{SECRET}{mark}{template}"), format!("{template}{mark}{SECRET}")])
        .chain([format!("{SECRET}{template}{SECRET}")]);
    templates.into_iter().find_map(|template| {
        let mut changed = case.with_scheme(|scheme| scheme.signed = Some(template.clone()))?;
        let header = changed.scheme.core.headers().next().unwrap_or_default().to_owned();
        changed.scheme.composition.get_or_insert_with(|| Arc::new(Composition::plain(header)));
        changed.scheme.is_plain_hash = true;
        changed.verifies().then(|| {
            format!(
                "The sender hashes the secret together with the text, which is no HMAC. Set plain_hash to {algorithm} in place of \
                 algorithm and signed to {}. This is weaker than an HMAC: if the sender offers one, use that.",
                quoted(&changed.scheme.written(&template))
            )
        })
    })
}
