//! Limits on the bytes that buffered bodies take together: those of a layer, those of an endpoint, and small ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The most bytes of a body that counts as small.
pub(crate) const SMALL_BODY: u64 = 64 * 1024;

/// Of a budget whose room for small bodies is not set, this part is that room.
const SMALL_PART: u64 = 8;

/// A budget, shared by all that take from it. `None` if there is no limit.
#[derive(Clone, Debug, Default)]
pub(crate) struct BodyBudget(Option<Counter>);

#[derive(Clone, Debug)]
struct Counter {
    limit: u64,
    used: Arc<AtomicU64>,
}

impl BodyBudget {
    pub(crate) fn new(limit: u64) -> Self {
        Self(Some(Counter { limit, used: Arc::default() }))
    }

    /// Sets another limit. The bytes that are taken stay taken.
    fn set_limit(&mut self, limit: u64) {
        match &mut self.0 {
            Some(counter) => counter.limit = limit,
            None => *self = Self::new(limit),
        }
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
    /// Of those in `all`, the bytes of bodies that were not verified yet.
    pub(crate) unverified: BodyBudget,
    /// What `all` and a room for small bodies that the operator did not set have together.
    total: Option<u64>,
    is_small_set: bool,
}

impl LayerBudget {
    /// Whether there is a budget for all bodies of the layer.
    pub(crate) fn is_set(&self) -> bool {
        self.total.is_some()
    }

    /// Sets the bytes of all bodies together, of which each has up to `limit`.
    pub(crate) fn set_total(&mut self, total: u64, limit: u64) {
        self.total = Some(total);
        self.all = BodyBudget::new(total);
        if !self.is_small_set {
            self.small = None;
        }
        self.divide(limit);
    }

    /// Sets the room for small bodies, beside that of all.
    pub(crate) fn set_small(&mut self, bytes: u64) {
        self.is_small_set = true;
        self.small = Some(BodyBudget::new(bytes));
        if let Some(total) = self.total {
            self.all.set_limit(total);
        }
    }

    /// Keeps a part of the budget for small bodies, unless the operator has set their room. What is left always has room
    /// for the largest body, of `limit` bytes.
    pub(crate) fn divide(&mut self, limit: u64) {
        let Some(total) = self.total.filter(|_| !self.is_small_set) else { return };
        let room = (total / SMALL_PART).min(total.saturating_sub(limit));
        if room < SMALL_BODY {
            self.small = None;
            self.all.set_limit(total);
        } else {
            self.small.get_or_insert_default().set_limit(room);
            self.all.set_limit(total - room);
        }
    }

    /// The share of one body, of which nothing has arrived yet, to an endpoint with this budget of its own.
    pub(crate) fn empty_share(self: &Arc<Self>, endpoint: &BodyBudget) -> BudgetShare {
        let is_small = self.small.is_some();
        BudgetShare { layer: Arc::clone(self), endpoint: endpoint.clone(), bytes: 0, is_small, is_verified: false }
    }
}

/// The bytes that one body takes of the budgets. They are given back when it is dropped.
#[derive(Debug)]
pub(crate) struct BudgetShare {
    layer: Arc<LayerBudget>,
    endpoint: BodyBudget,
    bytes: u64,
    /// Whether the bytes are of the budget for small bodies.
    is_small: bool,
    /// Whether the body is whole and was verified. It grows no more.
    is_verified: bool,
}

impl BudgetShare {
    /// Whether one of the budgets has a limit.
    pub(crate) fn is_limited(&self) -> bool {
        self.layer.all.0.is_some() || self.endpoint.0.is_some()
    }

    /// Grows the share to `bytes`. Returns `false`, and leaves the share as it is, if a budget does not have them.
    pub(crate) fn try_grow_to(&mut self, bytes: usize) -> bool {
        let bytes = self.bytes.max(bytes as u64);
        let more = bytes - self.bytes;
        if !self.endpoint.take(more) {
            return false;
        }
        let stays_small = self.is_small && bytes <= SMALL_BODY;
        if stays_small && self.layer.small.as_ref().is_some_and(|small| small.take(more)) {
            self.bytes = bytes;
            return true;
        }
        // What is not small, or has no room among the small ones, moves as a whole.
        let from_all = if self.is_small { bytes } else { more };
        if !self.layer.all.take(from_all) {
            self.endpoint.give_back(more);
            return false;
        }
        if !self.layer.unverified.take(from_all) {
            self.layer.all.give_back(from_all);
            self.endpoint.give_back(more);
            return false;
        }
        self.leave_small();
        self.bytes = bytes;
        true
    }

    /// Gives back what the body takes of the budget for unverified ones. It is whole, and grows no more.
    pub(crate) fn set_verified(&mut self) {
        if !self.is_small && !self.is_verified {
            self.layer.unverified.give_back(self.bytes);
        }
        self.is_verified = true;
    }

    /// Gives back what the share takes of the budget for small bodies.
    fn leave_small(&mut self) {
        if let Some(small) = self.layer.small.as_ref().filter(|_| self.is_small) {
            small.give_back(self.bytes);
        }
        self.is_small = false;
    }
}

impl Drop for BudgetShare {
    fn drop(&mut self) {
        self.set_verified();
        if self.is_small {
            self.leave_small();
        } else {
            self.layer.all.give_back(self.bytes);
        }
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
        let all = BodyBudget::new(200_000);
        let layer = Arc::new(LayerBudget { all, small: Some(small.clone()), ..LayerBudget::default() });
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
        let layer = Arc::new(LayerBudget { all: BodyBudget::new(1000), ..LayerBudget::default() });
        let (one, other) = (BodyBudget::new(300), BodyBudget::new(300));
        let mut shares = [&one, &one, &other].map(|endpoint| layer.empty_share(endpoint));
        assert_eq!(shares.each_mut().map(|share| share.try_grow_to(200)), [true, false, true]);
        assert_eq!((used(&one), used(&other), used(&layer.all)), (200, 200, 400));
        // What the layer does not have is not taken of the endpoint either.
        let tight = Arc::new(LayerBudget { all: BodyBudget::new(100), ..LayerBudget::default() });
        assert!(!tight.empty_share(&one).try_grow_to(101));
        assert_eq!(used(&one), 200);
        drop(shares);
        assert_eq!((used(&one), used(&layer.all)), (0, 0));
    }
    #[test]
    fn what_is_not_verified_takes_no_more_than_its_part() {
        let (all, unverified, small) = (BodyBudget::new(1_000_000), BodyBudget::new(500_000), BodyBudget::new(64_000));
        let layer = Arc::new(LayerBudget {
            all: all.clone(),
            small: Some(small.clone()),
            unverified: unverified.clone(),
            ..LayerBudget::default()
        });
        let endpoint = BodyBudget::default();
        let mut verified = layer.empty_share(&endpoint);
        assert!(verified.try_grow_to(400_000));
        let mut waiting = layer.empty_share(&endpoint);
        // It is refused although the budget has room, and takes nothing.
        assert!(!waiting.try_grow_to(200_000));
        assert_eq!((used(&all), used(&unverified), used(&small)), (400_000, 400_000, 0));
        verified.set_verified();
        assert!(waiting.try_grow_to(200_000));
        assert_eq!((used(&all), used(&unverified)), (600_000, 200_000));
        // Small ones have room of their own, and are not counted.
        let mut little = layer.empty_share(&endpoint);
        assert!(little.try_grow_to(60_000));
        assert_eq!((used(&unverified), used(&small)), (200_000, 60_000));
        little.set_verified();
        drop((verified, waiting, little));
        assert_eq!((used(&all), used(&unverified), used(&small)), (0, 0, 0));
    }

    #[test]
    fn a_part_of_the_budget_is_for_small_bodies() {
        let limits =
            |layer: &LayerBudget| (layer.small.as_ref().and_then(BodyBudget::limit), layer.all.limit().unwrap());
        let mut layer = Arc::new(LayerBudget::default());
        Arc::make_mut(&mut layer).set_total(8 << 20, 1 << 20);
        assert_eq!(limits(&layer), (Some(1 << 20), 7 << 20));
        // Large bodies have filled what is theirs: small ones still fit, and large ones do not.
        let endpoint = BodyBudget::default();
        let mut large = [(); 7].map(|()| layer.empty_share(&endpoint));
        assert!(large.iter_mut().all(|share| share.try_grow_to(1 << 20)));
        let mut small = [(); 16].map(|()| layer.empty_share(&endpoint));
        assert!(small.iter_mut().all(|share| share.try_grow_to(SMALL)));
        assert!(!small[0].try_grow_to(SMALL + 1) && !layer.empty_share(&endpoint).try_grow_to(1));
        // A raised limit leaves less for small ones, and at last nothing. What is taken stays taken.
        for (limit, expected) in [
            ((8 << 20) - 100_000, (Some(100_000), (8 << 20) - 100_000)),
            ((8 << 20) - 60_000, (None, 8 << 20)),
            (9 << 20, (None, 8 << 20)),
            (1 << 20, (Some(1 << 20), 7 << 20)),
        ] {
            Arc::make_mut(&mut layer).divide(limit);
            assert_eq!(limits(&layer), expected);
            assert_eq!(used(&layer.all), 7 << 20);
        }
        // A room that the operator has set is beside the budget, in whatever order.
        Arc::make_mut(&mut layer).set_small(1000);
        assert_eq!(limits(&layer), (Some(1000), 8 << 20));
        let mut layer = LayerBudget::default();
        layer.set_small(1000);
        layer.set_total(8 << 20, 1 << 20);
        assert_eq!(limits(&layer), (Some(1000), 8 << 20));
    }
}
