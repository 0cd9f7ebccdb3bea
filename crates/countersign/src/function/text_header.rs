//! Names of the headers that stand in place of the texts of a rewriter: `~0`, `~1` and so on, in the core's scheme.

/// How these names begin. A scheme with a composition cannot name a header that begins so.
const START: char = '~';

/// The name of the header in place of the text `number`.
pub(crate) fn name(number: usize) -> String {
    format!("{START}{number}")
}

/// The number of the text in place of which the header `name` stands.
pub(crate) fn number(name: &str) -> Option<usize> {
    name.strip_prefix(START)?.parse().ok()
}

/// Whether a name is kept for such headers.
pub(crate) fn is_reserved(name: &str) -> bool {
    name.starts_with(START)
}
