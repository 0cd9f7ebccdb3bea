//! A delivery of which only the signature is known.

use crate::delivery::Headers;

/// The one header line of a caller who has looked up the signature.
pub(super) struct OnlySignature<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a [u8],
}

impl Headers for OnlySignature<'_> {
    #[inline]
    fn lines<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        // Nearly always the very same text.
        let same = core::ptr::eq(self.name, name) || self.name.eq_ignore_ascii_case(name);
        same.then_some(self.value).into_iter()
    }
}
