//! Makes references from C's pointers, and pointers for C. Only this file and `handle.rs` do so.
//!
//! Every function here checks what can be checked: NULL, alignment, and lengths that no object can have. Only the
//! caller can know that a pointer points to the right values and that nobody changes them meanwhile. So these functions
//! are unsafe, and the exported functions state that contract in their documentation.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::{ptr, slice, str};

use crate::status::Status;

/// What is wrong with an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    Null,
    Misaligned,
    TooLong,
    NotUtf8,
    OutOfRange,
    NotAlive,
}

impl Unreadable {
    /// What follows the name of the argument in an error text.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Null => "is NULL",
            Self::Misaligned => "is not aligned as its type demands",
            Self::TooLong => "is longer than any object can be",
            Self::NotUtf8 => "is not valid UTF-8",
            Self::OutOfRange => "is a moment that this system cannot count",
            Self::NotAlive => "was freed, or is a handle of another kind",
        }
    }
}

impl From<Unreadable> for Status {
    fn from(_: Unreadable) -> Self {
        Self::InvalidArgument
    }
}

/// Whether `count` values may lie at `pointer`, and `count` is not 0. Nothing is read.
#[inline]
pub(crate) fn check<T>(pointer: *const T, count: usize) -> Result<(), Unreadable> {
    // No object is larger than half of the address space, and none extends past its end. NULL minus one is the largest
    // address of all, so one comparison checks both.
    let size = count.checked_mul(size_of::<T>()).filter(|&size| isize::try_from(size).is_ok());
    match size {
        Some(size) if pointer.addr().wrapping_sub(1) < usize::MAX - size && pointer.is_aligned() => Ok(()),
        _ => Err(fault(pointer)),
    }
}

/// Why nothing can lie at `pointer`.
#[cold]
fn fault<T>(pointer: *const T) -> Unreadable {
    if pointer.is_null() {
        Unreadable::Null
    } else if !pointer.is_aligned() {
        Unreadable::Misaligned
    } else {
        Unreadable::TooLong
    }
}

/// # Safety
/// If `pointer` is neither NULL nor misaligned, a valid `T` lies there, which nobody changes during `'a`.
#[inline]
pub(crate) unsafe fn shared<'a, T>(pointer: *const T) -> Result<&'a T, Unreadable> {
    check(pointer, 1)?;
    // SAFETY: it is neither NULL nor misaligned; the rest is the caller's promise.
    Ok(unsafe { &*pointer })
}

/// As [`shared`], where NULL means that there is none.
///
/// # Safety
/// As [`shared`].
#[inline]
pub(crate) unsafe fn optional<'a, T>(pointer: *const T) -> Result<Option<&'a T>, Unreadable> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise is that of `shared`.
    unsafe { shared(pointer) }.map(Some)
}

/// # Safety
/// If `pointer` is neither NULL nor misaligned, a valid `T` lies there, which nobody else uses during `'a`.
#[inline]
pub(crate) unsafe fn exclusive<'a, T>(pointer: *mut T) -> Result<&'a mut T, Unreadable> {
    check(pointer, 1)?;
    // SAFETY: it is neither NULL nor misaligned; the rest is the caller's promise.
    Ok(unsafe { &mut *pointer })
}

/// As [`exclusive`], where NULL means that there is none.
///
/// # Safety
/// As [`exclusive`].
#[inline]
pub(crate) unsafe fn optional_exclusive<'a, T>(pointer: *mut T) -> Result<Option<&'a mut T>, Unreadable> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise is that of `exclusive`.
    unsafe { exclusive(pointer) }.map(Some)
}

/// A place to write to, which need not be initialised.
///
/// # Safety
/// If `pointer` is neither NULL nor misaligned, there is room for a `T`, which nobody else uses during `'a`.
#[inline]
pub(crate) unsafe fn place<'a, T>(pointer: *mut T) -> Result<&'a mut MaybeUninit<T>, Unreadable> {
    // SAFETY: every content is a valid `MaybeUninit`; the rest is the caller's promise.
    unsafe { exclusive(pointer.cast()) }
}

/// As [`place`], where NULL means that nothing is written.
///
/// # Safety
/// As [`place`].
#[inline]
pub(crate) unsafe fn optional_place<'a, T>(pointer: *mut T) -> Result<Option<&'a mut MaybeUninit<T>>, Unreadable> {
    // SAFETY: as in `place`.
    unsafe { optional_exclusive(pointer.cast()) }
}

/// An array; an empty one if the length is 0, whatever the pointer is.
///
/// # Safety
/// If `count` is not 0 and `pointer` neither NULL nor misaligned, `count` valid values lie there, which nobody changes
/// during `'a`.
#[inline]
pub(crate) unsafe fn array<'a, T>(pointer: *const T, count: usize) -> Result<&'a [T], Unreadable> {
    if count == 0 {
        return Ok(&[]);
    }
    check(pointer, count)?;
    // SAFETY: it is neither NULL nor misaligned nor too long; the rest is the caller's promise.
    Ok(unsafe { slice::from_raw_parts(pointer, count) })
}

/// Consecutive places to write to.
///
/// # Safety
/// If `count` is not 0 and `pointer` neither NULL nor misaligned, there is room for `count` values, which nobody else
/// uses during `'a`.
#[inline]
pub(crate) unsafe fn places<'a, T>(pointer: *mut T, count: usize) -> Result<&'a mut [MaybeUninit<T>], Unreadable> {
    if count == 0 {
        return Ok(&mut []);
    }
    check(pointer, count)?;
    // SAFETY: every content is a valid `MaybeUninit`; the pointer was checked; the rest is the caller's promise.
    Ok(unsafe { slice::from_raw_parts_mut(pointer.cast(), count) })
}

/// # Safety
/// As [`array`].
#[inline]
pub(crate) unsafe fn bytes<'a, T>(pointer: *const T, length: usize) -> Result<&'a [u8], Unreadable> {
    // SAFETY: the caller's promise is that of `array`.
    unsafe { array(pointer.cast(), length) }
}

/// An array whose items contain pointers, with the promise that these are valid.
#[repr(transparent)]
pub(crate) struct Promised<T>([T]);

impl<T> Promised<T> {
    /// Records the promise, which the caller makes here.
    ///
    /// # Safety
    /// Everything that the items point to is valid, as for [`array`], and nobody changes it as long as they are
    /// borrowed.
    #[inline]
    pub(crate) unsafe fn of(items: &[T]) -> &Self {
        // SAFETY: it has the layout of its only member.
        unsafe { &*(ptr::from_ref(items) as *const Self) }
    }

    /// The items.
    #[inline]
    pub(crate) fn items(&self) -> &[T] {
        &self.0
    }
}

/// # Safety
/// As [`array`].
#[inline]
pub(crate) unsafe fn text<'a>(pointer: *const c_char, length: usize) -> Result<&'a str, Unreadable> {
    // SAFETY: the caller's promise is that of `array`.
    let bytes = unsafe { array(pointer.cast::<u8>(), length) }?;
    // Methods and URLs are short, and nearly always ASCII, which can be checked here without a call.
    if is_ascii(bytes) {
        // SAFETY: ASCII is UTF-8.
        return Ok(unsafe { str::from_utf8_unchecked(bytes) });
    }
    str::from_utf8(bytes).map_err(|_| Unreadable::NotUtf8)
}

/// A text that the sender wrote, which need not be UTF-8. If it is not, it matches no signature. That is the sender's
/// fault and not the caller's, so it must not look like an argument that cannot be used. It becomes a text that is no
/// method and no URL.
///
/// # Safety
/// As [`array`].
#[inline]
pub(crate) unsafe fn received_text<'a>(pointer: *const c_char, length: usize) -> Result<&'a str, Unreadable> {
    // SAFETY: the caller's promise is that of `text`.
    match unsafe { text(pointer, length) } {
        Err(Unreadable::NotUtf8) => Ok("\u{FFFD}"),
        read => read,
    }
}

/// Methods and short URLs are checked in two words, which may overlap; a longer text is worth a call.
#[inline]
fn is_ascii(bytes: &[u8]) -> bool {
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) if bytes.len() <= 8 => {
            (u32::from_ne_bytes(*first) | u32::from_ne_bytes(*last)) & 0x8080_8080 == 0
        }
        _ => bytes.is_ascii(),
    }
}

/// Writes `value` to every place.
pub(crate) fn fill<T: Copy>(places: &mut [MaybeUninit<T>], value: T) -> &mut [T] {
    for place in &mut *places {
        place.write(value);
    }
    // SAFETY: each of them was just written.
    unsafe { slice::from_raw_parts_mut(places.as_mut_ptr().cast(), places.len()) }
}

/// Room for a text.
///
/// # Safety
/// As [`places`].
pub(crate) unsafe fn text_room<'a>(
    pointer: *mut c_char,
    capacity: usize,
) -> Result<&'a mut [MaybeUninit<u8>], Unreadable> {
    // SAFETY: the caller's promise is that of `places`.
    unsafe { places(pointer.cast(), capacity) }
}

/// Lets C read a text for as long as its owner is alive.
pub(crate) fn lend<T>(text: &[u8]) -> *const T {
    text.as_ptr().cast()
}

/// What C gets instead of a handle that could not be made.
pub(crate) const fn nothing<T>() -> *mut T {
    ptr::null_mut()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// None of these pointers is valid, so none of them may be read.
    #[test]
    fn what_cannot_be_is_refused_before_it_is_read() {
        let odd = ptr::without_provenance_mut::<u64>(0x1001);
        let even = ptr::without_provenance_mut::<u64>(0x1000);
        // SAFETY: all of them are refused.
        unsafe {
            assert_eq!(shared::<u64>(ptr::null()).err(), Some(Unreadable::Null));
            assert_eq!(shared(odd).err(), Some(Unreadable::Misaligned));
            assert_eq!(optional(odd).err(), Some(Unreadable::Misaligned));
            assert_eq!(exclusive(odd).err(), Some(Unreadable::Misaligned));
            assert_eq!(place(odd).err(), Some(Unreadable::Misaligned));
            assert_eq!(array::<u64>(ptr::null(), 1).err(), Some(Unreadable::Null));
            assert_eq!(array(odd, 1).err(), Some(Unreadable::Misaligned));
            for count in [usize::MAX, usize::MAX / 8 + 1, isize::MAX.unsigned_abs() / 8 + 1] {
                assert_eq!(array(even, count).err(), Some(Unreadable::TooLong), "{count}");
                assert_eq!(places(even, count).err(), Some(Unreadable::TooLong), "{count}");
            }
            // The length is possible, but not at this address.
            let last = ptr::without_provenance::<u8>(usize::MAX - 8);
            assert_eq!(bytes(last, 100).err(), Some(Unreadable::TooLong));
            assert_eq!(text(ptr::null(), 1).err(), Some(Unreadable::Null));
            assert_eq!(received_text(ptr::null(), 1).err(), Some(Unreadable::Null));
        }
    }

    #[test]
    fn nothing_may_stand_at_any_address() {
        // SAFETY: nothing is read.
        unsafe {
            assert_eq!(bytes::<u8>(ptr::null(), 0), Ok(&b""[..]));
            assert_eq!(array(ptr::without_provenance::<u64>(0x1001), 0), Ok(&[][..]));
            assert_eq!(text(ptr::null(), 0), Ok(""));
            assert!(optional::<u8>(ptr::null()).is_ok_and(|none| none.is_none()));
            assert!(optional_place::<u8>(nothing()).is_ok_and(|none| none.is_none()));
        }
    }

    #[test]
    fn what_is_there_is_read() {
        let mut text_there = String::from("text");
        // SAFETY: the texts are alive.
        unsafe {
            exclusive(&raw mut text_there).unwrap().push('s');
            assert_eq!(shared(&raw const text_there).unwrap(), "texts");
            assert_eq!(text(b"abc".as_ptr().cast(), 2), Ok("ab"));
            assert_eq!(text("é!".as_ptr().cast(), 3), Ok("é!"));
            assert_eq!(text("é!".as_ptr().cast(), 1), Err(Unreadable::NotUtf8));
            assert_eq!(text(b"\xff".as_ptr().cast(), 1), Err(Unreadable::NotUtf8));
            assert_eq!(received_text(b"\xff".as_ptr().cast(), 1), Ok("\u{FFFD}"));
            assert_eq!(received_text(b"abc".as_ptr().cast(), 3), Ok("abc"));
        }
    }
}
