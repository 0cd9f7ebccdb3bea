//! Limits on the bytes that buffered bodies take together: those of a layer, those of an endpoint, and small ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The most bytes of a body that counts as small.
pub(crate) const SMALL_BODY: u64 = 64 * 1024;

/// A budget, shared by all that take from it. `None` if there is no limit.
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

    /// Takes bytes. Returns `false`, and takes none, if there are not as many.
    fn take(&self, bytes: u64) -> bool {
        let Some(counter) = &self.0 else { return true };
        let add = |used: u64| used.checked_add(bytes).filter(|used| *used <= counter.limit);
        counter.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
    }

    fn give_back(&self, bytes: u64) {
        if let Some(counter) = &self.0 {
            counter.used.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

/// What the bodies of a layer take from.
#[derive(Clone, Debug, Default)]
pub(crate) struct LayerBudget {
    pub(crate) all: BodyBudget,
    /// For small bodies alone. `None` if they take from `all`.
    pub(crate) small: Option<BodyBudget>,
}

impl LayerBudget {
    /// The share of one body, of which nothing has arrived yet, to an endpoint with this budget of its own.
    pub(crate) fn empty_share(&self, endpoint: &BodyBudget) -> BudgetShare {
        BudgetShare { layer: self.clone(), endpoint: endpoint.clone(), bytes: 0, is_small: self.small.is_some() }
    }
}

/// The bytes that one body takes of the budgets. They are given back when it is dropped.
#[derive(Debug)]
pub(crate) struct BudgetShare {
    layer: LayerBudget,
    endpoint: BodyBudget,
    bytes: u64,
    /// Whether the bytes are of the budget for small bodies.
    is_small: bool,
}

impl BudgetShare {
    /// Whether one of the budgets has a limit.
    pub(crate) fn is_limited(&self) -> bool {
        self.layer.all.0.is_some() || self.endpoint.0.is_some()
    }

    fn of_layer(&self) -> &BodyBudget {
        if self.is_small { self.layer.small.as_ref().unwrap_or(&self.layer.all) } else { &self.layer.all }
    }

    /// Grows the share to `bytes`. Returns `false`, and leaves the share as it is, if a budget does not have them.
    pub(crate) fn try_grow_to(&mut self, bytes: usize) -> bool {
        let bytes = self.bytes.max(bytes as u64);
        if !self.endpoint.take(bytes - self.bytes) {
            return false;
        }
        let has_grown = if self.is_small && (bytes > SMALL_BODY || !self.of_layer().take(bytes - self.bytes)) {
            // It is not small, or there is no room among the small ones: all of it moves to the other budget.
            let moves = self.layer.all.take(bytes);
            if moves {
                self.of_layer().give_back(self.bytes);
                self.is_small = false;
            }
            moves
        } else {
            self.is_small || self.layer.all.take(bytes - self.bytes)
        };
        if has_grown {
            self.bytes = bytes;
        } else {
            self.endpoint.give_back(bytes - self.bytes);
        }
        has_grown
    }
}

impl Drop for BudgetShare {
    fn drop(&mut self) {
        self.of_layer().give_back(self.bytes);
        self.endpoint.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(budget: &BodyBudget) -> u64 {
        budget.0.as_ref().unwrap().used.load(Ordering::Relaxed)
    }

    const SMALL: usize = 64 * 1024;

    #[test]
    fn small_bodies_have_room_of_their_own() {
        let small = BodyBudget::new(100_000);
        let layer = LayerBudget { all: BodyBudget::new(200_000), small: Some(small.clone()) };
        let endpoint = BodyBudget::default();
        let mut large = layer.empty_share(&endpoint);
        assert!(large.try_grow_to(1000));
        assert_eq!((used(&small), used(&layer.all)), (1000, 0));
        // As it grows, all of it moves.
        assert!(large.try_grow_to(150_000));
        assert_eq!((used(&small), used(&layer.all)), (0, 150_000));
        // Small ones are not kept out by it, and take from both.
        let mut others = [(); 3].map(|()| layer.empty_share(&endpoint));
        assert_eq!(others.each_mut().map(|share| share.try_grow_to(50_000)), [true; 3]);
        assert_eq!((used(&small), used(&layer.all)), (100_000, 200_000));
        let mut refused = layer.empty_share(&endpoint);
        assert!(!refused.try_grow_to(1) && !others[0].try_grow_to(SMALL));
        drop((large, others, refused));
        assert_eq!((used(&small), used(&layer.all)), (0, 0));
    }

    #[test]
    fn an_endpoint_takes_no_more_than_its_own() {
        let layer = LayerBudget { all: BodyBudget::new(1000), small: None };
        let (one, other) = (BodyBudget::new(300), BodyBudget::new(300));
        let mut shares = [&one, &one, &other].map(|endpoint| layer.empty_share(endpoint));
        assert_eq!(shares.each_mut().map(|share| share.try_grow_to(200)), [true, false, true]);
        assert_eq!((used(&one), used(&other), used(&layer.all)), (200, 200, 400));
        // What the layer does not have is not taken of the endpoint either.
        let tight = LayerBudget { all: BodyBudget::new(100), small: None };
        assert!(!tight.empty_share(&one).try_grow_to(101));
        assert_eq!(used(&one), 200);
        drop(shares);
        assert_eq!((used(&one), used(&layer.all)), (0, 0));
    }
}
