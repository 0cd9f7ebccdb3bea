//! The known name that a person most likely meant.

use std::fmt::Write as _;

/// The one of `known` that is nearest to `typed`, if it is near enough to be a slip of the hand.
///
/// Case, blanks, `_` and `-` do not count, so that `sha-256` finds `SHA_256`.
pub(crate) fn nearest<'k>(typed: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let typed = plain(typed);
    let length = typed.chars().count();
    let allowed = (length / 3).clamp(1, 4);
    known
        .into_iter()
        // What is much longer or shorter is not compared, which for a megabyte would take seconds.
        .filter(|name| plain(name).chars().count().abs_diff(length) <= allowed)
        .map(|name| (strsim::damerau_levenshtein(&typed, &plain(name)), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// `; did you mean "…"?`, or nothing.
pub(crate) fn did_you_mean<'k>(typed: &str, known: impl IntoIterator<Item = &'k str>) -> String {
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
        assert_eq!(nearest(&"auth_secret".repeat(1_000_000), known), None);
    }
}
