//! What the handler finds in the extensions of the request.

pub(crate) mod authentic;
pub(crate) mod decision;
