//! How much of a delivery is read before it is known to be authentic.

/// The most fields that a query, form, JSON object or XML body may have. Senders use some dozens; PHP has the same limit for
/// a form.
pub(super) const MAX_FIELDS: usize = 1000;

/// How long a packed body may be unpacked, in bytes, if it is `packed` bytes long: a hundred times that, or 1 MiB if that is
/// more, and never more than 32 MiB.
///
/// A body is unpacked before its signature can be judged, and the formats pack blanks a thousand to one. JSON of equal events
/// stays below the ratio, or below the mebibyte.
pub(super) fn max_unpacked(packed: usize) -> usize {
    packed.saturating_mul(100).clamp(1 << 20, 32 << 20)
}
