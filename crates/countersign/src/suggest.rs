//! Suggests the known name that a person most likely meant, and decides whether an error may repeat what was typed.

use std::fmt::Write as _;

use crate::printable::quoted;

/// The name in `known` that is closest to `typed`, if it is close enough to be a typing error.
///
/// Case, spaces, `_` and `-` are ignored, so `sha-256` finds `SHA_256`. Digits must match: `SHA_3` does not find
/// `SHA_1`.
pub(crate) fn nearest<'k>(typed: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> Option<&'k str> {
    let typed = plain(typed);
    if let Some(name) = synonym(&typed, known.clone()) {
        return Some(name);
    }
    let length = typed.chars().count();
    let allowed = (length / 3).clamp(1, 4);
    let near = known.clone().into_iter();
    near
        // Much longer or shorter names are not compared: for a megabyte that would take seconds.
        .filter(|name| plain(name).chars().count().abs_diff(length) <= allowed)
        .filter(|name| has_digits_of(&plain(name), &typed))
        .map(|name| (strsim::damerau_levenshtein(&typed, &plain(name)), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
        .or_else(|| only_beginning(&typed, known))
}

/// The only name that begins with it, such as `HEXA_DECIMAL` for `hex`.
fn only_beginning<'k>(typed: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    const SHORTEST: usize = 3;
    let completes = |name: &str| {
        let rest = plain(name).strip_prefix(typed).map(str::to_owned);
        // Digits are not guessed.
        rest.is_some_and(|rest| !(typed.ends_with(is_digit) && rest.starts_with(is_digit)))
    };
    let mut begin = known.into_iter().filter(|name| typed.len() >= SHORTEST && completes(name));
    let first = begin.next()?;
    begin.next().is_none().then_some(first)
}

/// Names that are not similar to the intended one, both in the form of [`plain`].
const SYNONYMS: &[(&str, &str)] = &[
    // The encodings, as other libraries and RFC 4648 call them.
    ("hex", "hexadecimal"),
    ("base16", "hexadecimal"),
    ("b64", "base64"),
    ("urlsafe", "base64url"),
    ("base64urlsafe", "base64url"),
];

fn synonym<'k>(typed: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let typed = typed.strip_prefix("hmac").filter(|rest| !rest.is_empty()).unwrap_or(typed);
    let meant = SYNONYMS.iter().find(|(other, _)| *other == typed).map_or(typed, |(_, meant)| meant);
    known.into_iter().find(|name| plain(name) == meant)
}

/// Whether each digit of `typed` is one of `name` too, whatever their order: one may be missing or in another place,
/// but not all may be missing.
fn has_digits_of(name: &str, typed: &str) -> bool {
    let count = |text: &str, digit: char| text.chars().filter(|c| *c == digit).count();
    typed.contains(is_digit) == name.contains(is_digit)
        && ('0'..='9').all(|digit| count(typed, digit) <= count(name, digit))
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// `; did you mean "…"?`, or nothing.
pub(crate) fn did_you_mean<'k>(typed: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> String {
    let mut text = String::new();
    if let Some(name) = nearest(typed, known) {
        let _ = write!(text, "; did you mean \"{name}\"?");
    }
    text
}

/// `found "…"` for what is almost a known name. Any other text is not repeated: if two arguments or fields were swapped, it
/// is a secret.
pub(crate) fn found<'k>(typed: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> String {
    match nearest(typed, known) {
        Some(_) => format!("found {}", quoted(typed)),
        None if typed.is_empty() => "found an empty text".to_owned(),
        None => "found another text, which is not repeated here, since it could be a secret".to_owned(),
    }
}

/// Whether an error may repeat the name of an unknown field: if it is almost a known name, or consists of letters and `_`, as
/// names of fields do and few secrets.
pub(crate) fn may_name_a_field<'k>(typed: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> bool {
    const LONGEST: usize = 32;
    let is_plain = typed.len() <= LONGEST && typed.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    is_plain || nearest(typed, known).is_some()
}

/// The name in lower case, without spaces and marks between words.
pub(crate) fn plain(name: &str) -> String {
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
        let encodings = ["BASE64", "HEXA_DECIMAL", "BASE64_URL"];
        for typed in ["hex", "HEX", "hexadecimal", "base16", "hexa"] {
            assert_eq!(nearest(typed, encodings), Some("HEXA_DECIMAL"), "{typed}");
        }
        assert_eq!(nearest("base64url", encodings), Some("BASE64_URL"));
        assert_eq!(nearest("b64", encodings), Some("BASE64"));
        assert_eq!(nearest("base", ["BASE64", "BASE64_URL"]), None);
        assert_eq!(nearest("auth", known), None);
        assert_eq!(nearest(&"auth_secret".repeat(1_000_000), known), None);
    }

    #[test]
    fn another_number_is_another_algorithm() {
        let known = ["MD5", "SHA_1", "SHA_224", "SHA_256", "SHA_384", "SHA_512", "INFER_FROM_HEADER"];
        for (typed, meant) in [
            ("sha256", Some("SHA_256")),
            ("SHA-265", Some("SHA_256")),
            ("sha25", Some("SHA_256")),
            ("hmac-sha512", Some("SHA_512")),
            ("md-5", Some("MD5")),
            ("SHA_3", None),
            ("sha3-256", None),
            ("SHA_512_256", None),
            ("sha2", None),
            ("md4", None),
            ("sha", None),
        ] {
            assert_eq!(nearest(typed, known), meant, "{typed}");
        }
    }
}
