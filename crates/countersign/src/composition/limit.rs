//! How much of a delivery is read before it is known to be authentic.

/// The most fields that a query, form, JSON object or XML body may have. Senders use some dozens; PHP has the same limit for
/// a form.
pub(super) const MAX_FIELDS: usize = 1000;
