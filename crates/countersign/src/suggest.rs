//! Suggests the known name that a person most likely meant.

use std::fmt::Write as _;

/// The name in `known` that is closest to `typed`, if it is close enough to be a typing error.
///
/// Case, spaces, `_` and `-` are ignored, so `sha-256` finds `SHA_256`.
pub(crate) fn nearest<'k>(typed: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> Option<&'k str> {
    let typed = plain(typed);
    let length = typed.chars().count();
    let allowed = (length / 3).clamp(1, 4);
    let near = known.clone().into_iter();
    near
        // Much longer or shorter names are not compared: for a megabyte that would take seconds.
        .filter(|name| plain(name).chars().count().abs_diff(length) <= allowed)
        .map(|name| (strsim::damerau_levenshtein(&typed, &plain(name)), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
        .or_else(|| only_beginning(&typed, known))
}

/// The only name that begins with it, such as `HEXA_DECIMAL` for `hex`.
fn only_beginning<'k>(typed: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    const SHORTEST: usize = 3;
    let mut begin = known.into_iter().filter(|name| typed.len() >= SHORTEST && plain(name).starts_with(typed));
    let first = begin.next()?;
    begin.next().is_none().then_some(first)
}

/// `; did you mean "…"?`, or nothing.
pub(crate) fn did_you_mean<'k>(typed: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> String {
    let mut text = String::new();
    if let Some(name) = nearest(typed, known) {
        let _ = write!(text, "; did you mean \"{name}\"?");
    }
    text
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_guesses_are_not_made() {
        let known = ["auth_secret", "auth_method", "algorithm", "schema"];
        assert_eq!(nearest("auth_secert", known), Some("auth_secret"));
        assert_eq!(nearest("authMethod", known), Some("auth_method"));
        assert_eq!(nearest("Algoritm", known), Some("algorithm"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest("hex", ["BASE64", "HEXA_DECIMAL"]), Some("HEXA_DECIMAL"));
        assert_eq!(nearest("base", ["BASE64", "BASE64_URL"]), None);
        assert_eq!(nearest("auth", known), None);
        assert_eq!(nearest(&"auth_secret".repeat(1_000_000), known), None);
    }
}
