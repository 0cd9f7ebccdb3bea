//! The machine behind the emulator, by semihosting. Without `core::fmt`, whose code would be the larger part of an image and
//! can panic.

use core::ffi::CStr;

use cortex_m_semihosting::{debug, nr, syscall, syscall1};

/// A file of the host.
#[derive(Debug)]
pub struct File(usize);

impl File {
    /// Opens a file for reading; `None` if there is none.
    #[must_use]
    pub fn open(name: &CStr) -> Option<Self> {
        // SAFETY: the call reads the name, whose length is given.
        let handle = unsafe { syscall!(OPEN, name.as_ptr(), nr::open::R_BINARY, name.count_bytes()) };
        (handle != usize::MAX).then_some(Self(handle))
    }

    /// Fills all of `room`; `None` at the end of the file.
    pub fn read(&mut self, room: &mut [u8]) -> Option<()> {
        // SAFETY: the call writes to `room`, whose length is given.
        let missing = unsafe { syscall!(READ, self.0, room.as_mut_ptr(), room.len()) };
        (missing == 0).then_some(())
    }
}

/// Prints a text.
pub fn print(text: &str) {
    for byte in text.as_bytes() {
        // SAFETY: the call reads this one byte.
        unsafe { syscall1!(WRITEC, core::ptr::from_ref(byte)) };
    }
}

/// Prints a number.
pub fn print_number(number: usize) {
    if let Some(tens) = number.checked_div(10)
        && tens != 0
    {
        print_number(tens);
    }
    // One of ten digits.
    print("0123456789".get(number % 10..).and_then(|digits| digits.get(..1)).unwrap_or_default());
}

/// Ends the emulation.
pub fn exit(is_good: bool) -> ! {
    loop {
        debug::exit(if is_good { debug::EXIT_SUCCESS } else { debug::EXIT_FAILURE });
    }
}
