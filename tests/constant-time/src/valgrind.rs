//! What can be asked of Valgrind. The C side is `valgrind.c`.

use std::ffi::c_void;

unsafe extern "C" {
    safe fn countersign_valgrind_is_running() -> u32;
    fn countersign_valgrind_secret(start: *mut c_void, length: usize);
    fn countersign_valgrind_public(start: *const c_void, length: usize);
    fn countersign_valgrind_is_secret(start: *const c_void, length: usize) -> i32;
    safe fn countersign_valgrind_pause();
    safe fn countersign_valgrind_resume();
    safe fn countersign_valgrind_errors() -> usize;
}

pub(crate) fn is_running() -> bool {
    countersign_valgrind_is_running() != 0
}

/// Marks bytes as secret. They keep their values; the compiler thinks that they may have changed, and reads them anew.
pub(crate) fn hide(bytes: &mut [u8]) {
    // SAFETY: the bytes are there, and stay as they are.
    unsafe { countersign_valgrind_secret(bytes.as_mut_ptr().cast(), bytes.len()) }
}

/// The same for bytes that are borrowed. The compiler must know nothing of them yet.
pub(crate) fn hide_in_place(bytes: &[u8]) {
    // SAFETY: the bytes are there, and only Valgrind's notes on them change.
    unsafe { countersign_valgrind_secret(bytes.as_ptr().cast_mut().cast(), bytes.len()) }
}

/// Says that a value may be known from here on.
pub(crate) fn publish<T: ?Sized>(value: &T) {
    // SAFETY: the value is there, and stays as it is.
    unsafe { countersign_valgrind_public((&raw const *value).cast(), size_of_val(value)) }
}

/// Whether anything of a value is secret.
pub(crate) fn is_secret<T: ?Sized>(value: &T) -> bool {
    // SAFETY: the value is there, and only Valgrind looks at it.
    unsafe { countersign_valgrind_is_secret((&raw const *value).cast(), size_of_val(value)) != 0 }
}

/// Does something that may look at secrets, such as reading them from JSON. What is made of them stays secret.
pub(crate) fn unwatched<T>(work: impl FnOnce() -> T) -> T {
    countersign_valgrind_pause();
    let made = work();
    countersign_valgrind_resume();
    made
}

/// How many errors were reported so far.
pub(crate) fn errors() -> usize {
    countersign_valgrind_errors()
}
