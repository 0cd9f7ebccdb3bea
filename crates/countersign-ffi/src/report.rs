//! What a constructor reports: a status, and a text for the person who configures it.

use std::ffi::c_char;
use std::fmt;
use std::mem::MaybeUninit;

use countersign::ConfigError;

use crate::handle::{self, Kind};
use crate::pointer::{self, Unreadable};
use crate::status::{Status, boundary};

/// The caller's buffer for a text that the library writes, such as why a configuration is refused.
///
/// Before the call, set `data` to room for `capacity` bytes (NULL if `capacity` is 0). The library writes UTF-8
/// followed by a NUL, never more than `capacity` bytes in total, and sets `length`. If the text does not fit, it is cut
/// off at the end of a character, but `length` is that of the whole text. So it was cut off exactly if `length >=
/// capacity`, and `length + 1` bytes are enough for the next try. 1024 bytes hold nearly every text. Texts name fields,
/// lines and what is allowed, and never show a secret.
#[derive(Debug)]
#[repr(C)]
pub struct Text {
    /// Where to write. It remains the caller's.
    pub data: *mut c_char,
    /// How many bytes may be written there, including the NUL.
    pub capacity: usize,
    /// Set by the library: the length of the whole text in bytes, without the NUL. 0 if there is no text.
    pub length: usize,
}

/// Why something could not be made.
#[derive(Debug)]
pub(crate) struct Fault {
    status: Status,
    message: String,
}

impl Fault {
    pub(crate) fn argument(message: impl Into<String>) -> Self {
        Self { status: Status::InvalidArgument, message: message.into() }
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self { status: Status::InvalidConfig, message: message.into() }
    }

    /// Adds which of several secrets it concerns.
    pub(crate) fn of(self, index: usize) -> Self {
        Self { message: format!("secrets[{index}]: {}", self.message), ..self }
    }
}

impl From<ConfigError> for Fault {
    fn from(error: ConfigError) -> Self {
        Self { status: error.kind().into(), message: error.to_string() }
    }
}

/// Adds the name of the argument.
pub(crate) trait Named<T> {
    fn named(self, argument: impl fmt::Display) -> Result<T, Fault>;
}

impl<T> Named<T> for Result<T, Unreadable> {
    fn named(self, argument: impl fmt::Display) -> Result<T, Fault> {
        self.map_err(|unreadable| Fault::argument(format!("{argument} {}", unreadable.message())))
    }
}

/// The caller's [`Text`], or none.
pub(crate) struct Report<'a>(Option<(&'a mut [MaybeUninit<u8>], &'a mut usize)>);

impl Report<'_> {
    /// The report to a caller, who may not want one. It begins empty.
    ///
    /// # Safety
    /// `text` is NULL, or points to a [`Text`] with as much room as it says, and nobody else uses either while the
    /// report is alive.
    pub(crate) unsafe fn to(text: *mut Text) -> Result<Self, Unreadable> {
        // SAFETY: the caller's promise is that of `optional_exclusive`.
        let Some(text) = (unsafe { pointer::optional_exclusive(text) })? else { return Ok(Self(None)) };
        // SAFETY: the caller's promise is that of `text_room`.
        let room = unsafe { pointer::text_room(text.data, text.capacity) }?;
        let mut report = Self(Some((room, &mut text.length)));
        report.write("");
        Ok(report)
    }

    /// Writes as much as there is room for, and the length of the whole message.
    pub(crate) fn write(&mut self, message: &str) {
        let Some((room, length)) = &mut self.0 else { return };
        **length = message.len();
        let Some(last) = room.len().checked_sub(1) else { return };
        let mut end = message.len().min(last);
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        for (place, byte) in room.iter_mut().zip(message.as_bytes()[..end].iter().chain(&[0])) {
            place.write(*byte);
        }
    }

    /// Writes what went wrong, if anything did.
    pub(crate) fn tell(&mut self, result: Result<(), Fault>) -> Result<(), Status> {
        result.map_err(|Fault { status, message }| {
            self.write(&message);
            status
        })
    }
}

/// The body of every function that makes a handle: `*handle` is NULL unless the status is 0.
///
/// # Safety
/// If `handle` is neither NULL nor misaligned, there is room for a pointer; `error` is as [`Report::to`] requires.
/// Nobody else uses either during the call.
pub(crate) unsafe fn construct<T: Kind>(
    handle: *mut *mut T,
    error: *mut Text,
    make: impl FnOnce() -> Result<T, Fault>,
) -> Status {
    boundary(|| {
        // SAFETY: the caller's promise is that of `place`.
        let place = unsafe { pointer::place(handle) }.map(|place| place.write(pointer::nothing()));
        // SAFETY: the caller's promise is that of `Report::to`.
        let mut report = unsafe { Report::to(error) }?;
        let outcome = place.named("the place for the handle").and_then(|place| {
            *place = handle::hand_out(make()?);
            Ok(())
        });
        report.tell(outcome)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(message: &str, capacity: usize) -> (Vec<u8>, usize) {
        let mut room = vec![0xAA_u8; capacity + 1];
        let mut text = Text { data: room.as_mut_ptr().cast(), capacity, length: 99 };
        // SAFETY: the room is as large as it says and used by nothing else.
        unsafe { Report::to(&raw mut text) }.unwrap().write(message);
        assert_eq!(room.pop(), Some(0xAA), "written over the end");
        (room, text.length)
    }

    #[test]
    fn a_text_is_cut_off_at_the_end_of_a_character() {
        assert_eq!(written("aé", 5), (b"a\xC3\xA9\0\xAA".to_vec(), 3));
        assert_eq!(written("aé", 4), (b"a\xC3\xA9\0".to_vec(), 3));
        assert_eq!(written("aé", 3), (b"a\0\xAA".to_vec(), 3));
        assert_eq!(written("aé", 1), (b"\0".to_vec(), 3));
        assert_eq!(written("aé", 0), (b"".to_vec(), 3));
        assert_eq!(written("", 2), (b"\0\xAA".to_vec(), 0));
    }

    #[test]
    fn whoever_wants_no_text_gets_none() {
        // SAFETY: NULL is allowed.
        let mut report = unsafe { Report::to(pointer::nothing()) }.unwrap();
        assert_eq!(report.tell(Ok(())), Ok(()));
        assert_eq!(report.tell(Err(Fault::argument("x"))), Err(Status::InvalidArgument));
    }

    #[test]
    fn room_that_is_not_there_is_refused() {
        for (capacity, expected) in [(5, Unreadable::Null), (usize::MAX, Unreadable::Null)] {
            let mut text = Text { data: pointer::nothing(), capacity, length: 0 };
            // SAFETY: NULL is refused before anything is written.
            assert_eq!(unsafe { Report::to(&raw mut text) }.err(), Some(expected));
        }
    }
}
