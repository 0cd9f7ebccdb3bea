//! Lists in the texts of a scheme: names with commas between them.

/// The names, without the blanks around them.
#[inline]
pub(crate) fn listed(list: &str) -> impl Iterator<Item = &str> {
    // One character alone would be looked for by code of the standard library that panics, as far as a linker can tell. Then
    // nobody could see in a linked image that nothing in it panics.
    list.split([',']).map(str::trim)
}
