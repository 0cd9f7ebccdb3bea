//! Comma-separated lists of names in the texts of a scheme.

/// Returns the names in a list, trimmed.
#[inline]
pub(crate) fn split_list(list: &str) -> impl Iterator<Item = &str> {
    // An array, not a single `char`: the standard library searches for a single character with code that can panic, as
    // far as the linker can tell. `scripts/test-cortex-m` checks that the linked image contains no such code.
    list.split([',']).map(str::trim)
}
