//! What stands behind the signature.

use countersign_core::{Encoding, Format, Scheme as CoreScheme};

use super::case::Case;
use crate::printable::quoted;

/// The longest mark that is proposed; a longer one could be a part of a signature, which is never shown.
const MAX_MARK: usize = 4;

pub(super) fn extra_suffix(case: &Case<'_>) -> Option<String> {
    let (CoreScheme::Hmac(scheme), Some(value)) = (&case.scheme.core, case.signature()) else { return None };
    if !matches!(scheme.format, Format::Bare | Format::Labelled | Format::Prefixed { .. }) {
        return None;
    }
    let is_letter = |byte: u8| {
        byte.is_ascii_alphanumeric() || (scheme.encoding != Encoding::HexaDecimal && b"+/-_=".contains(&byte))
    };
    // Behind the prefix, if there is one: each mark may be the end.
    let mut ends = (1..value.len()).filter(|at| is_letter(value[at - 1]) && !is_letter(value[*at]));
    ends.by_ref().take(8).find_map(|at| {
        let (signature, rest) = value.split_at_checked(at)?;
        case.with_signature(signature.to_vec()).verifies().then(|| {
            let length = rest.iter().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
            let mark = rest.get(..length.min(MAX_MARK)).and_then(|mark| str::from_utf8(mark).ok()).unwrap_or_default();
            format!(
                "Something stands behind the signature that is no part of it. Set signature.until to {}, the text where it begins.",
                quoted(mark)
            )
        })
    })
}
