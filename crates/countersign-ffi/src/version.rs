//! The version of the library.

use std::ffi::{CStr, c_char};

use crate::panic::boundary_or;

/// The number of the binary interface that this header describes. It increases when a program built with an older
/// header would no longer work; new functions and new status numbers do not change it.
pub const COUNTERSIGN_ABI_NUMBER: u32 = 1;

const VERSION: &CStr = {
    let Ok(version) = CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) else {
        panic!("a version holds no NUL")
    };
    version
};

/// Like `COUNTERSIGN_VERSION_NUMBER` in the header: one byte each for minor and patch.
const VERSION_NUMBER: u32 = number(env!("CARGO_PKG_VERSION_MAJOR")) << 16
    | byte(env!("CARGO_PKG_VERSION_MINOR")) << 8
    | byte(env!("CARGO_PKG_VERSION_PATCH"));

const fn number(digits: &str) -> u32 {
    match u32::from_str_radix(digits, 10) {
        Ok(number) => number,
        Err(_) => panic!("a part of a version is a number"),
    }
}

const fn byte(digits: &str) -> u32 {
    let number = number(digits);
    assert!(number < 256, "the next field would be overrun");
    number
}

/// The number of the binary interface of the library that is loaded. If it is not `COUNTERSIGN_ABI_NUMBER`, the program
/// was built with a header of another version.
#[unsafe(no_mangle)]
pub extern "C" fn countersign_abi_number() -> u32 {
    boundary_or(COUNTERSIGN_ABI_NUMBER, || COUNTERSIGN_ABI_NUMBER)
}

/// The version of the library that is loaded, such as `0.1.0`.
///
/// Returns a NUL-terminated text that lives as long as the program. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn countersign_version() -> *const c_char {
    boundary_or(VERSION.as_ptr(), || VERSION.as_ptr())
}

/// The version of the library that is loaded as one number, which increases with it: major * 65536 + minor * 256 +
/// patch.
#[unsafe(no_mangle)]
pub extern "C" fn countersign_version_number() -> u32 {
    boundary_or(VERSION_NUMBER, || VERSION_NUMBER)
}
