//! The values that C holds pointers to. Each has a mark before it, which says what kind it is and that it was not
//! freed.
//!
//! Using a freed handle is undefined behaviour, and no mark can change that: the memory may have been reused. But it is
//! a common mistake (secrets are changed while a worker verifies), and the worst answer to it would be "authentic". As
//! long as the memory is not reused, the mark is cleared, and every call returns 64.

use std::mem::{MaybeUninit, offset_of};
use std::ops::Deref;
use std::ptr;
use std::sync::atomic::{Ordering, fence};

use zeroize::Zeroize as _;

use crate::pointer::{self, Unreadable};

/// A type that C has handles of.
pub(crate) trait Kind {
    /// A number that no pointer, length or text equals, and no other kind has.
    const MARK: u64;
}

/// A value that was handed out. C's pointers point here, whatever type they are declared with.
#[repr(C)]
struct Marked<T> {
    mark: u64,
    /// Initialised as long as the mark is there.
    value: MaybeUninit<T>,
}

/// A handle that was alive when it was checked.
pub(crate) struct Alive<'a, T>(&'a Marked<T>);

impl<T> Clone for Alive<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Alive<'_, T> {}

impl<'a, T: Kind> Alive<'a, T> {
    /// The value.
    #[inline]
    pub(crate) fn get(self) -> &'a T {
        // SAFETY: the mark was there, and by the contract of `shared` nobody frees the handle during `'a`.
        unsafe { self.0.value.assume_init_ref() }
    }

    /// Checks again, before a call reports success. If the handle was freed meanwhile, which breaks the contract, its
    /// keys were wiped, and everybody knows a wiped key.
    #[inline]
    pub(crate) fn still(self) -> Result<(), Unreadable> {
        // The value must be read before the mark is.
        fence(Ordering::Acquire);
        self.check()
    }

    #[inline]
    fn check(self) -> Result<(), Unreadable> {
        // SAFETY: it points to a mark. The read is volatile so that it is done each time.
        let mark = unsafe { ptr::read_volatile(&raw const self.0.mark) };
        if mark == T::MARK { Ok(()) } else { Err(Unreadable::NotAlive) }
    }
}

impl<T: Kind> Deref for Alive<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.get()
    }
}

/// A handle that several threads may use.
///
/// # Safety
/// If `pointer` is neither NULL nor misaligned, it came from [`hand_out`] and was not taken back, and nobody changes
/// the value or takes it back during `'a`.
#[inline]
pub(crate) unsafe fn shared<'a, T: Kind>(pointer: *const T) -> Result<Alive<'a, T>, Unreadable> {
    // SAFETY: that is the caller's promise, and the value itself may be anything.
    let alive = Alive(unsafe { pointer::shared(pointer.cast::<Marked<T>>()) }?);
    alive.check().map(|()| alive)
}

/// A handle that one thread uses.
///
/// # Safety
/// As for [`shared`], and nobody else uses it during `'a`.
#[inline]
pub(crate) unsafe fn exclusive<'a, T: Kind>(pointer: *mut T) -> Result<&'a mut T, Unreadable> {
    // SAFETY: that is the caller's promise.
    unsafe { shared(pointer) }?;
    // SAFETY: as above; the mark is there, so the value is too.
    Ok(unsafe { pointer::exclusive(pointer.cast::<Marked<T>>())?.value.assume_init_mut() })
}

/// Hands a value to C, to be given back to [`take_back`] once.
pub(crate) fn hand_out<T: Kind>(value: T) -> *mut T {
    Box::into_raw(Box::new(Marked { mark: T::MARK, value: MaybeUninit::new(value) })).cast()
}

/// A kind whose first members C may read. C's pointer points to a `Shown`: the mark, and then these members.
///
/// # Safety
/// Both types are `repr(C)`. `Shown` has a `u64`, and then the first members of this type, each [`value_offset`] bytes
/// further on than here.
pub(crate) unsafe trait Readable: Kind {
    /// How C declares it.
    type Shown;
}

/// Where a value begins in what is handed out.
pub(crate) const fn value_offset<T>() -> usize {
    offset_of!(Marked<T>, value)
}

/// As [`hand_out`], for C to read.
pub(crate) fn show<T: Readable>(value: T) -> *mut T::Shown {
    hand_out(value).cast()
}

/// As [`take_back`], for a value that [`show`] handed out.
///
/// # Safety
/// As for [`take_back`].
pub(crate) unsafe fn take_back_shown<T: Readable>(pointer: *mut T::Shown) {
    // SAFETY: that is the caller's promise.
    unsafe { take_back::<T>(pointer.cast()) };
}

/// Drops a value that [`hand_out`] handed out. Ignores NULL and anything without a mark.
///
/// # Safety
/// `pointer` is NULL, or came from [`hand_out`] and was not taken back since; nobody uses it any more.
pub(crate) unsafe fn take_back<T: Kind>(pointer: *mut T) {
    // SAFETY: that is the caller's promise.
    let Ok(value) = (unsafe { exclusive(pointer) }) else { return };
    let value = ptr::from_mut(value);
    let place = pointer.cast::<Marked<T>>();
    // Volatile, because the memory is about to be freed, and a compiler may leave out a write that nobody reads. And
    // first of all, so that a call that comes too late finds no mark while the keys are wiped. SAFETY: the mark was
    // there, so this came from `hand_out`, and only the caller uses it.
    unsafe { ptr::write_volatile(&raw mut (*place).mark, 0) };
    fence(Ordering::SeqCst);
    // SAFETY: as above; without its mark no call treats it as alive, so it is dropped once.
    unsafe { value.drop_in_place() };
    // What it did not use may hold what was left on the stack when it was moved here. SAFETY: as above; any bytes may be there.
    unsafe { (*place).value.zeroize() };
    // SAFETY: it came from `Box::into_raw`. The value in it is not dropped again, since it may be anything.
    drop(unsafe { Box::from_raw(place) });
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;

    struct Counted(Rc<Cell<u32>>);

    impl Kind for Counted {
        const MARK: u64 = 0x7e57_0000_0000_0001;
    }

    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }

    impl Kind for u64 {
        const MARK: u64 = 0x7e57_0000_0000_0002;
    }

    #[test]
    fn what_is_handed_out_is_dropped_once() {
        let drops = Rc::new(Cell::new(0));
        let handle = hand_out(Counted(Rc::clone(&drops)));
        // SAFETY: the handle was just made, and is taken back once.
        unsafe {
            assert_eq!(shared(handle).map(|alive| alive.get().0.get()), Ok(0));
            assert!(shared(handle).is_ok_and(|alive| alive.still().is_ok()));
            take_back(handle);
        }
        assert_eq!(drops.get(), 1);
        // SAFETY: NULL is ignored.
        unsafe { take_back::<Counted>(pointer::nothing()) };
    }

    #[test]
    fn another_kind_is_refused_and_not_freed() {
        let handle = hand_out(7_u64);
        let drops = hand_out(Counted(Rc::default()));
        // SAFETY: both are alive, and the marks distinguish the kinds.
        unsafe {
            assert_eq!(shared(handle.cast::<Counted>()).err(), Some(Unreadable::NotAlive));
            assert_eq!(exclusive(handle.cast::<Counted>()).err(), Some(Unreadable::NotAlive));
            take_back(handle.cast::<Counted>());
            assert_eq!(exclusive(handle), Ok(&mut 7));
            take_back(handle);
            take_back(drops);
        }
    }

    #[test]
    fn a_handle_that_loses_its_mark_is_not_alive_any_more() {
        let handle = hand_out(7_u64);
        // SAFETY: the memory is kept until the end.
        unsafe {
            let alive = shared(handle).unwrap();
            let mark = &raw mut (*handle.cast::<Marked<u64>>()).mark;
            ptr::write_volatile(mark, 0);
            assert_eq!(alive.still(), Err(Unreadable::NotAlive));
            assert_eq!(shared(handle).err(), Some(Unreadable::NotAlive));
            // Nothing happens.
            take_back(handle);
            ptr::write_volatile(mark, u64::MARK);
            take_back(handle);
        }
    }
}
