//! Why an event, or an element of one, is no row.

use std::fmt;

/// The most rows that one event can make.
pub const ROWS_MAX: usize = 10_000;
/// The most bytes of a body once it is decoded: 64 MiB.
pub const DECODED_BYTES_MAX: usize = 64 << 20;
/// How many objects and arrays may be open at the deepest place of a row's JSON.
pub const DEPTH_MAX: usize = 512;
/// The most digits of a number.
pub const DIGITS_MAX: usize = 1_000;
/// The most keys of an unpacked object, and fields of a form.
pub const KEYS_MAX: usize = 100_000;

/// An event, or an element of one, that cannot become a row. It is kept with its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The place of the element; 0 for a whole event.
    pub index: u32,
    /// Why.
    pub reason: Reason,
    /// Where and what, for a person.
    pub detail: String,
    /// The bytes of the element, or the body of the event as it was received.
    pub raw: Vec<u8>,
}

/// Why there is no row, with a fixed name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// `unknown_encoding`: Content-Encoding names none of gzip, deflate, zstd and br, or several.
    UnknownEncoding,
    /// `not_decodable`: the body is not what Content-Encoding says.
    NotDecodable,
    /// `too_large`: more than [`DECODED_BYTES_MAX`] once decoded.
    TooLarge,
    /// `invalid_utf8`: an unpacked body, or a field of its form, is not UTF-8.
    InvalidUtf8,
    /// `not_json`: an unpacked body is not JSON.
    NotJson,
    /// `not_an_object`: an unpacked element has no keys.
    NotAnObject,
    /// `empty_array`: the body is an array without elements, so there is nothing to make a row of.
    EmptyArray,
    /// `too_many_rows`: more elements than [`ROWS_MAX`].
    TooManyRows,
    /// `too_deep`: deeper than [`DEPTH_MAX`].
    TooDeep,
    /// `too_many_digits`: a number with more than [`DIGITS_MAX`].
    TooManyDigits,
    /// `too_many_keys`: more than [`KEYS_MAX`] keys in an unpacked object, or fields in a form.
    TooManyKeys,
    /// `duplicate_key`: a key that stands twice in an unpacked object.
    DuplicateKey,
    /// `schema_frozen`: `schema_policy` is `freeze`, and a column would be needed that is not there.
    SchemaFrozen,
    /// `refused`: the destination refuses this row, and others not.
    Refused,
}

impl Reason {
    /// As it stands in the table of dead letters.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UnknownEncoding => "unknown_encoding",
            Self::NotDecodable => "not_decodable",
            Self::TooLarge => "too_large",
            Self::InvalidUtf8 => "invalid_utf8",
            Self::NotJson => "not_json",
            Self::NotAnObject => "not_an_object",
            Self::EmptyArray => "empty_array",
            Self::TooManyRows => "too_many_rows",
            Self::TooDeep => "too_deep",
            Self::TooManyDigits => "too_many_digits",
            Self::TooManyKeys => "too_many_keys",
            Self::DuplicateKey => "duplicate_key",
            Self::SchemaFrozen => "schema_frozen",
            Self::Refused => "refused",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A reason with what a person is told, before it is known whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unfit {
    pub(crate) reason: Reason,
    pub(crate) detail: String,
}

impl Unfit {
    pub(crate) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    pub(crate) fn letter(self, index: u32, raw: &[u8]) -> DeadLetter {
        DeadLetter { index, reason: self.reason, detail: self.detail, raw: raw.to_vec() }
    }
}
