//! How deep a call goes into the stack: all that is free is painted, and afterwards it is looked where paint is missing.

use core::arch::asm;

const PAINT: u32 = 0xc0de_57ac;

unsafe extern "C" {
    /// The end of everything that has a fixed place; cortex-m-rt calls it so.
    static mut __sheap: u32;
}

/// What `work` gives, and how many bytes of stack it has used; `None` if it has used all that there is, and then perhaps more.
#[inline(never)]
pub fn measure<T>(work: impl FnOnce() -> T) -> Option<(T, usize)> {
    let floor = &raw mut __sheap;
    let top: *mut u32;
    // SAFETY: it reads a register.
    unsafe { asm!("mov {}, sp", out(reg) top, options(nomem, nostack, preserves_flags)) };
    let mut at = floor;
    while at < top {
        // SAFETY: there is nothing between the end of what has a fixed place and the stack pointer, and no interrupt.
        at = unsafe {
            at.write_volatile(PAINT);
            at.add(1)
        };
    }
    let result = call(work);
    let mut at = floor;
    // SAFETY: as above.
    while at < top && unsafe { at.read_volatile() } == PAINT {
        // SAFETY: as above.
        at = unsafe { at.add(1) };
    }
    let used = top.addr().saturating_sub(at.addr());
    (at > floor).then_some((result, used))
}

/// A call of its own, so that all of its stack is below that of [`measure`].
#[inline(never)]
fn call<T>(work: impl FnOnce() -> T) -> T {
    work()
}
