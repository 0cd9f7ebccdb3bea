//! Lists in the texts of a scheme: names separated by commas.

/// The names of a list, without the spaces around them.
#[inline]
pub(crate) fn split_list(list: &str) -> impl Iterator<Item = &str> {
    // One character alone would be looked for by code of the standard library that panics, as far as a linker can tell. Then
    // nobody could see in a linked image that nothing in it panics.
    list.split([',']).map(str::trim)
}
