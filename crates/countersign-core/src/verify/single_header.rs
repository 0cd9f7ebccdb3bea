//! Headers that consist of one line: the signature.

use crate::delivery::Headers;

/// The only header line of a delivery of which the caller passes just the signature.
pub(super) struct SingleHeader<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a [u8],
}

impl Headers for SingleHeader<'_> {
    #[inline]
    fn lines<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        // Nearly always the same string in memory, so compare pointers first.
        let is_equal = core::ptr::eq(self.name, name) || self.name.eq_ignore_ascii_case(name);
        is_equal.then_some(self.value).into_iter()
    }
}
