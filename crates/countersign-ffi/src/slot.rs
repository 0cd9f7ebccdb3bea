//! A place for a value that holds keys, in which nothing is left when the value is taken away.

use std::mem::MaybeUninit;

use zeroize::Zeroize as _;

/// A value, until it is cleared; then every byte of its place is zero.
///
/// To drop the value would not be enough. A value that was moved here may have brought along what was left on the stack, where
/// keys have been, in the bytes that it does not use; and another variant of an enum that is written over it may too.
#[derive(Debug)]
pub(crate) struct Slot<T> {
    /// Initialised while it is full.
    value: MaybeUninit<T>,
    is_full: bool,
}

impl<T> Slot<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { value: MaybeUninit::new(value), is_full: true }
    }

    /// The value, if it was not cleared.
    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        // SAFETY: it is initialised while it is full.
        self.is_full.then(|| unsafe { self.value.assume_init_mut() })
    }

    /// Drops the value, and wipes its place.
    pub(crate) fn clear(&mut self) {
        if self.is_full {
            self.is_full = false;
            // SAFETY: it was full, and nothing takes it for that any more.
            unsafe { self.value.assume_init_drop() };
            self.value.zeroize();
        }
    }
}

impl<T> Drop for Slot<T> {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    struct Counted<'a>(&'a Cell<u32>);

    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }

    #[test]
    fn a_value_is_dropped_once() {
        let drops = Cell::new(0);
        let mut slot = Slot::new(Counted(&drops));
        assert!(slot.get_mut().is_some());
        slot.clear();
        assert!(slot.get_mut().is_none());
        slot.clear();
        drop(slot);
        assert_eq!(drops.get(), 1);
        drop(Slot::new(Counted(&drops)));
        assert_eq!(drops.get(), 2);
    }
}
