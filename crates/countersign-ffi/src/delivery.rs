//! A delivery as C hands it over.

use std::ffi::{c_char, c_void};
use std::slice;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign::Headers;

use crate::panic::boundary_or;
use crate::pointer::{self, Unreadable};

/// One header line: its name, and its value as it came, which need not be text. Neither needs a NUL at its end.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Header {
    /// The name. Names compare without case.
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

    /// What is wrong with a line that looks wrong. (NULL is good enough for nothing at all.)
    #[cold]
    fn check(&self) -> Result<(), Unreadable> {
        let Self { name, name_length, value, value_length } = *self;
        if (name.is_null() && name_length > 0) || (value.is_null() && value_length > 0) {
            return Err(Unreadable::Null);
        }
        if isize::try_from(name_length | value_length).is_err() { Err(Unreadable::TooLong) } else { Ok(()) }
    }

    /// # Safety
    /// As [`pointer::seen`].
    #[inline]
    unsafe fn name<'a>(&self) -> &'a [u8] {
        // SAFETY: that is the caller's promise.
        unsafe { pointer::seen(self.name, self.name_length) }
    }

    /// # Safety
    /// As [`pointer::seen`].
    #[inline]
    unsafe fn value<'a>(&self) -> &'a [u8] {
        // SAFETY: that is the caller's promise.
        unsafe { pointer::seen(self.value, self.value_length) }
    }

    /// A line of this library's own, whose texts end with a NUL that does not count.
    pub(crate) fn of(name: &str, value: &str) -> Self {
        Self {
            name: pointer::lend(name),
            name_length: name.len().saturating_sub(1),
            value: pointer::lend(value),
            value_length: value.len().saturating_sub(1),
        }
    }
}

/// One HTTP request from a sender. Fill it with zeros, then set what is known: a pointer whose length is 0 may be NULL.
/// All of it stays the caller's and is only read, during the call.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Delivery {
    /// The request method, such as `POST`, in UTF-8. Read only by schemes that sign it.
    pub method: *const c_char,
    /// The length of the method in bytes; 0 if it is not known.
    pub method_length: usize,
    /// The URL as the sender called it, with scheme and host, in UTF-8. Read only by schemes that sign it.
    pub url: *const c_char,
    /// The length of the URL in bytes; 0 if it is not known.
    pub url_length: usize,
    /// The header lines, in order of arrival.
    pub headers: *const Header,
    /// How many header lines.
    pub header_count: usize,
    /// The raw body: not parsed, not decoded, not printed again.
    pub body: *const c_void,
    /// The length of the body in bytes.
    pub body_length: usize,
}

/// A delivery of which every pointer has been looked at.
pub(crate) struct Received<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: &'a str,
    pub(crate) lines: Lines<'a>,
    pub(crate) body: &'a [u8],
}

impl<'a> Received<'a> {
    /// # Safety
    /// Each pointer in `delivery` that is neither NULL nor misaligned, and whose length is not 0, leads to as much as
    /// its length says; nobody changes that during `'a`.
    #[allow(clippy::inline_always, reason = "a call hands the result over in memory, and then waits for it there")]
    #[inline(always)]
    pub(crate) unsafe fn read(delivery: &Delivery) -> Result<Self, Unreadable> {
        // SAFETY: the caller's promise holds for each of the pointers.
        unsafe {
            Ok(Self {
                method: pointer::text(delivery.method, delivery.method_length)?,
                url: pointer::text(delivery.url, delivery.url_length)?,
                lines: Lines::read(delivery.headers, delivery.header_count)?,
                body: pointer::bytes(delivery.body, delivery.body_length)?,
            })
        }
    }

    #[inline]
    pub(crate) fn view(&self) -> countersign::Delivery<'_, Lines<'a>> {
        countersign::Delivery { method: self.method, url: self.url, headers: &self.lines, body: self.body }
    }
}

/// Header lines of C. That they can be read was seen when this was made, so no copy of them is needed.
#[derive(Clone, Copy)]
pub(crate) struct Lines<'a>(&'a [Header]);

// SAFETY: the memory that the lines lead to is only read, and nobody changes it during `'a`: whoever made this promised so.
unsafe impl Sync for Lines<'_> {}

impl<'a> Lines<'a> {
    /// # Safety
    /// As for [`Received::read`].
    #[allow(clippy::inline_always, reason = "as above")]
    #[inline(always)]
    unsafe fn read(headers: *const Header, count: usize) -> Result<Self, Unreadable> {
        // SAFETY: the caller's promise is that of `array`.
        let headers: &[Header] = unsafe { pointer::array(headers, count) }?;
        // Every line of every delivery goes through here, so there is no branch in it: the highest bit of `nulls` says
        // that a pointer is NULL, that of `lengths` that a length is too long.
        let (mut nulls, mut lengths) = (0, 0);
        for header in headers {
            let (name, value) = (header.name.addr(), header.value.addr());
            nulls |= (name.wrapping_sub(1) & !name) | (value.wrapping_sub(1) & !value);
            lengths |= header.name_length | header.value_length;
        }
        if isize::try_from(nulls | lengths).is_err() {
            headers.iter().try_for_each(Header::check)?;
        }
        Ok(Self(headers))
    }

    /// Names and values, in order.
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.0.iter().map(|header| {
            // SAFETY: `read` was promised, and has seen, that names and values can be read during `'a`.
            unsafe { (header.name(), header.value()) }
        })
    }
}

impl Headers for Lines<'_> {
    #[inline]
    fn lines<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n [u8]> {
        Called { rest: self.0.iter(), name }
    }
}

/// The values of the lines with this name. A filter would do the same, and would not be compiled in place.
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
            // Most names differ in their length already. The rest is compared as the core compares pairs.
            if header.name_length == self.name.len() {
                // SAFETY: `Lines::read` was promised, and has seen, that names and values can be read during `'a`.
                let line = unsafe { (header.name(), header.value()) };
                if [line].lines(self.name).next().is_some() {
                    return Some(line.1);
                }
            }
        }
        None
    }
}

/// A moment in milliseconds since 1970, as this system's clock has it.
pub(crate) fn moment(milliseconds: i64) -> Result<SystemTime, Unreadable> {
    let apart = Duration::from_millis(milliseconds.unsigned_abs());
    let moment = if milliseconds < 0 { UNIX_EPOCH.checked_sub(apart) } else { UNIX_EPOCH.checked_add(apart) };
    moment.ok_or(Unreadable::OutOfRange)
}

/// The time of this system's clock, in milliseconds since 1970: what to give as `now_ms` for a delivery that has just
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
        // SAFETY: the headers live longer than the lines.
        let lines = unsafe { Lines::read(headers.as_ptr(), headers.len()) }.unwrap();
        assert_eq!(lines.lines("x-sign").collect::<Vec<_>>(), [&b"1"[..], b"\xff"]);
        assert_eq!(lines.lines("X").count(), 0);
    }
}
