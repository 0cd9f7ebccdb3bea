//! How many bytes of bodies a layer holds at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Shared by all services of a layer. `None` for as many as come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Budget(Option<Arc<Account>>);

#[derive(Debug)]
struct Account {
    most: u64,
    held: AtomicU64,
}

impl Budget {
    pub(crate) fn new(most: u64) -> Self {
        Self(Some(Arc::new(Account { most, held: AtomicU64::new(0) })))
    }

    /// How many there are at most.
    pub(crate) fn most(&self) -> Option<u64> {
        self.0.as_ref().map(|account| account.most)
    }

    /// For a body of which nothing came yet.
    pub(crate) fn hold(&self) -> Held {
        Held { budget: self.clone(), bytes: 0 }
    }
}

/// The bytes of one body, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    budget: Budget,
    bytes: u64,
}

impl Held {
    /// Whether there is any bound.
    pub(crate) fn is_bounded(&self) -> bool {
        self.budget.0.is_some()
    }

    /// Takes as many more as make `bytes` in all. `false` if there are not as many left.
    pub(crate) fn raise(&mut self, bytes: usize) -> bool {
        let Some(account) = &self.budget.0 else { return true };
        let bytes = (bytes as u64).saturating_sub(self.bytes);
        let more = |held: u64| held.checked_add(bytes).filter(|held| *held <= account.most);
        let is_given = account.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        if is_given {
            self.bytes += bytes;
        }
        is_given
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(account) = &self.budget.0 {
            account.held.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}
