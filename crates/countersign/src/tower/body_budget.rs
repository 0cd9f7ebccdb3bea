//! A limit on the bytes that all buffered bodies of a layer take together.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The budget, shared by all services of a layer. `None` if there is no limit.
#[derive(Clone, Debug, Default)]
pub(crate) struct BodyBudget(Option<Arc<Counter>>);

#[derive(Debug)]
struct Counter {
    limit: u64,
    used: AtomicU64,
}

impl BodyBudget {
    pub(crate) fn new(limit: u64) -> Self {
        Self(Some(Arc::new(Counter { limit, used: AtomicU64::new(0) })))
    }

    /// The most bytes that all bodies may take together. `None` if there is no limit.
    pub(crate) fn limit(&self) -> Option<u64> {
        self.0.as_ref().map(|counter| counter.limit)
    }

    /// The share of one body, of which nothing has arrived yet.
    pub(crate) fn empty_share(&self) -> BudgetShare {
        BudgetShare { budget: self.clone(), bytes: 0 }
    }
}

/// The bytes that one body takes of the budget. They are given back when it is dropped.
#[derive(Debug)]
pub(crate) struct BudgetShare {
    budget: BodyBudget,
    bytes: u64,
}

impl BudgetShare {
    /// Whether the budget has a limit.
    pub(crate) fn is_limited(&self) -> bool {
        self.budget.0.is_some()
    }

    /// Grows the share to `bytes`. Returns `false`, and leaves the share as it is, if the budget does not have them.
    pub(crate) fn try_grow_to(&mut self, bytes: usize) -> bool {
        let Some(counter) = &self.budget.0 else { return true };
        let more = (bytes as u64).saturating_sub(self.bytes);
        let add = |used: u64| used.checked_add(more).filter(|used| *used <= counter.limit);
        let has_grown = counter.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok();
        if has_grown {
            self.bytes += more;
        }
        has_grown
    }
}

impl Drop for BudgetShare {
    fn drop(&mut self) {
        if let Some(counter) = &self.budget.0 {
            counter.used.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}
