//! Names in JSON that some parsers take for another: Go's `encoding/json`, for one, ignores their case.

/// Whether a parser that ignores case could read `name` as `field`, which is ASCII.
pub(crate) fn may_match(name: &str, field: &str) -> bool {
    if name.is_ascii() {
        return name.eq_ignore_ascii_case(field);
    }
    // Both mappings, one after the other, fold all letters that fold to ASCII. U+0130 becomes `i` with a dot above, which
    // some parsers drop.
    let folded =
        name.chars().flat_map(char::to_lowercase).flat_map(char::to_uppercase).filter(|&letter| letter != '\u{307}');
    folded.eq(field.chars().map(|letter| letter.to_ascii_uppercase()))
}
