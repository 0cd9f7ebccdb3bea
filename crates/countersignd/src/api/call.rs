//! A request that was read, as operations need it.

use serde_json::{Map, Value};

use super::query::Query;
use crate::keys::Principal;

/// A request that was read.
pub(super) struct Call {
    pub(super) principal: Principal,
    /// The values of the names in the path.
    pub(super) names: Vec<String>,
    pub(super) query: Query,
    /// The object of the body; empty if there is none.
    pub(super) body: Map<String, Value>,
}

impl Call {
    /// The first name in the path.
    pub(super) fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }
}
