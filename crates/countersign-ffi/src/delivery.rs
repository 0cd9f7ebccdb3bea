//! A delivery as C passes it.

use std::ffi::{c_char, c_void};
use std::slice;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign::Headers;

use crate::panic::boundary_or;
use crate::pointer::{self, Promised, Unreadable};
use crate::report::{Fault, Named};
use crate::status::Status;
use crate::verdict::Verdict;

/// One header line: its name, and its value as received, which need not be text. Neither needs a NUL at its end.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Header {
    /// The name. Names are compared without case.
    pub name: *const c_char,
    /// The length of the name in bytes.
    pub name_length: usize,
    /// The value.
    pub value: *const c_void,
    /// The length of the value in bytes.
    pub value_length: usize,
}

impl Header {
    /// No line.
    pub(crate) const NOTHING: Self =
        Self { name: std::ptr::null(), name_length: 0, value: std::ptr::null(), value_length: 0 };

    /// Name and value.
    ///
    /// # Safety
    /// As for [`Delivery::read`].
    unsafe fn read<'a>(&self) -> Result<(&'a [u8], &'a [u8]), Unreadable> {
        // SAFETY: that is the caller's promise.
        unsafe { Ok((pointer::bytes(self.name, self.name_length)?, pointer::bytes(self.value, self.value_length)?)) }
    }

    /// A line that this library made, whose texts end with a NUL that is not part of their length.
    pub(crate) fn of(name: &[u8], value: &[u8]) -> Self {
        Self {
            name: pointer::lend(name),
            name_length: name.len().saturating_sub(1),
            value: pointer::lend(value),
            value_length: value.len().saturating_sub(1),
        }
    }
}

/// One HTTP request from a sender. Fill it with zeros, then set what is known: a pointer whose length is 0 may be NULL.
/// Everything remains the caller's and is only read, during the call.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Delivery {
    /// The request method, such as `POST`. Read by schemes that sign it and by `countersign_handshake_new`; one that is
    /// not UTF-8 matches no signature and no handshake.
    pub method: *const c_char,
    /// The length of the method in bytes; 0 if it is not known.
    pub method_length: usize,
    /// The URL that the sender called, with scheme and host. Read by schemes that sign it; `countersign_delivery_id` and
    /// `countersign_handshake_new` read its query. One that is not UTF-8 matches no signature and has no query.
    pub url: *const c_char,
    /// The length of the URL in bytes; 0 if it is not known.
    pub url_length: usize,
    /// The header lines, in order of arrival. A line that the verifier does not need is checked only if the delivery is
    /// rejected. If such a line cannot be used (NULL with a length), the status is then 64.
    pub headers: *const Header,
    /// How many header lines.
    pub header_count: usize,
    /// The raw body: not parsed, not decoded, not printed again.
    pub body: *const c_void,
    /// The length of the body in bytes.
    pub body_length: usize,
}

impl Delivery {
    /// The delivery for the Rust library, after checking each of its own pointers.
    ///
    /// # Safety
    /// Each pointer in it, and in its header lines, that is neither NULL nor misaligned, and whose length is not 0,
    /// points to as many valid values as its length says; nobody changes those during `'a`.
    #[allow(clippy::inline_always, reason = "a call hands the result over in memory, and then waits for it there")]
    #[inline(always)]
    pub(crate) unsafe fn read<'a>(&self) -> Result<countersign::Delivery<'a, Lines>, Unreadable> {
        // SAFETY: the caller's promise holds for each of the pointers, and is that of `Lines`.
        unsafe {
            Ok(countersign::Delivery {
                method: pointer::received_text(self.method, self.method_length)?,
                url: pointer::received_text(self.url, self.url_length)?,
                headers: Lines::of(pointer::array(self.headers, self.header_count)?),
                body: pointer::bytes(self.body, self.body_length)?,
            })
        }
    }
}

impl Delivery {
    /// Checks that method and URL are text. A message to be signed must have such.
    ///
    /// # Safety
    /// As for [`read`](Self::read).
    pub(crate) unsafe fn check_text(&self) -> Result<(), Fault> {
        // SAFETY: that is the caller's promise.
        unsafe {
            pointer::text(self.method, self.method_length).named("the message's method")?;
            pointer::text(self.url, self.url_length).named("the message's url")?;
        }
        Ok(())
    }
}

/// Header lines from C, not copied. A line is checked when it is needed: most never are, and checking all of them was a
/// third of what a call costs more than in Rust. A line that cannot be read has no name; one whose value cannot be read
/// has an empty value. So [`answer`](Lines::answer) checks all of them if a delivery is rejected.
pub(crate) type Lines = Promised<Header>;

// SAFETY: the memory that the lines lead to is only read, and nobody changes it as long as they are borrowed; that is
// the contract of `Lines::of`.
unsafe impl Sync for Lines {}

impl Lines {
    /// Names and values, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Result<(&[u8], &[u8]), Unreadable>> {
        // SAFETY: that is the contract of `Lines::of`.
        self.items().iter().map(|header| unsafe { header.read() })
    }

    /// The verdict on a delivery with these lines.
    ///
    /// # Errors
    /// The delivery was rejected, and a line cannot be read.
    #[inline]
    pub(crate) fn answer(&self, verdict: countersign::Verdict) -> Result<Verdict, Status> {
        if verdict.is_err() {
            self.check()?;
        }
        Ok(Verdict::of(verdict))
    }

    /// Checks every line.
    ///
    /// # Errors
    /// The fault of the first line that cannot be read.
    #[cold]
    pub(crate) fn check(&self) -> Result<(), Unreadable> {
        self.iter().try_for_each(|line| line.map(|_| ()))
    }
}

impl Headers for Lines {
    #[inline]
    fn lines<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n [u8]> {
        Called { rest: self.items().iter(), name }
    }
}

/// The values of the lines with this name. A filter would do the same, but would not be inlined.
struct Called<'a> {
    rest: slice::Iter<'a, Header>,
    name: &'a str,
}

impl<'a> Iterator for Called<'a> {
    type Item = &'a [u8];

    #[allow(clippy::inline_always, reason = "a call for each line costs more than most lines do")]
    #[inline(always)]
    fn next(&mut self) -> Option<&'a [u8]> {
        for header in self.rest.by_ref() {
            // Most names already differ in length. The rest are compared as the core compares pairs.
            if header.name_length == self.name.len() {
                // SAFETY: that is the contract of `Lines::of`.
                let (name, value) = unsafe {
                    (pointer::bytes(header.name, header.name_length), pointer::bytes(header.value, header.value_length))
                };
                if name.is_ok_and(|name| [(name, b"")].lines(self.name).next().is_some()) {
                    return Some(value.unwrap_or_default());
                }
            }
        }
        None
    }
}

/// Converts milliseconds since 1970 to a time of this system.
pub(crate) fn moment(milliseconds: i64) -> Result<SystemTime, Unreadable> {
    let apart = Duration::from_millis(milliseconds.unsigned_abs());
    let moment = if milliseconds < 0 { UNIX_EPOCH.checked_sub(apart) } else { UNIX_EPOCH.checked_add(apart) };
    moment.ok_or(Unreadable::OutOfRange)
}

/// The time of this system's clock, in milliseconds since 1970. Pass it as `now_ms` for a delivery that has just
/// arrived.
#[unsafe(no_mangle)]
pub extern "C" fn countersign_now_ms() -> i64 {
    boundary_or(0, || {
        let milliseconds = |apart: Duration| i64::try_from(apart.as_millis()).unwrap_or(i64::MAX);
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => milliseconds(since),
            Err(before) => -milliseconds(before.duration()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_on_both_sides_of_1970() {
        assert_eq!(moment(0), Ok(UNIX_EPOCH));
        assert_eq!(moment(1500), Ok(UNIX_EPOCH + Duration::from_millis(1500)));
        assert_eq!(moment(-1500), Ok(UNIX_EPOCH - Duration::from_millis(1500)));
    }

    #[test]
    fn lines_are_found_by_name_in_order() {
        let header = |name: &'static str, value: &'static [u8]| Header {
            name: name.as_ptr().cast(),
            name_length: name.len(),
            value: value.as_ptr().cast(),
            value_length: value.len(),
        };
        let headers = [header("X-Sign", b"1"), header("Y", b"2"), header("x-SIGN", b"\xff")];
        // SAFETY: everything that they point to is valid.
        let lines = unsafe { Lines::of(&headers) };
        assert_eq!(lines.lines("x-sign").collect::<Vec<_>>(), [&b"1"[..], b"\xff"]);
        assert_eq!(lines.lines("X").count(), 0);
    }
}
