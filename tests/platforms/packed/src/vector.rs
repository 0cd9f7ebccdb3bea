//! One verifier, one delivery, and the verdict that must come out.

use arrayvec::ArrayVec;
use countersign_core::{Algorithm, MAX_SECRETS};
use serde::{Deserialize, Serialize};

use crate::judge::Verdict;
use crate::scheme::Scheme;

/// A list with its room, which no vector of the corpus needs more of.
pub type List<T, const ROOM: usize> = ArrayVec<T, ROOM>;

/// A vector. All texts are borrowed from the bytes that it was read from.
#[derive(Debug, Deserialize, Serialize)]
pub struct Vector<'a> {
    /// Unique in the corpus.
    pub id: &'a str,
    /// How the sender proves who it is.
    #[serde(borrow)]
    pub scheme: Scheme<'a>,
    /// The algorithms that are accepted, as indices into the core's list.
    pub accept: List<u8, { Algorithm::ALL.len() }>,
    /// The secrets; one more than there may be, so that the core can refuse them.
    #[serde(borrow)]
    pub secrets: List<Secret<'a>, { MAX_SECRETS + 1 }>,
    /// How the secrets are written, as an index into the core's list.
    pub secret_form: u8,
    /// The method, or nothing.
    pub method: &'a str,
    /// The URL, or nothing.
    pub url: &'a str,
    /// The header lines.
    #[serde(borrow)]
    pub headers: List<(&'a str, &'a [u8]), 128>,
    /// The body.
    pub body: &'a [u8],
    /// The moment at which it came, in milliseconds since 1970.
    pub now: i64,
    /// The verdict that must come out.
    pub expected: Verdict,
}

/// A secret as the operator was given it, and from when to when it counts, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Secret<'a> {
    /// Its text.
    pub text: &'a [u8],
    /// The first moment.
    pub not_before: Option<i64>,
    /// The last moment.
    pub not_after: Option<i64>,
}

impl Secret<'_> {
    pub(crate) fn counts(&self, now: i64) -> bool {
        self.not_before.is_none_or(|moment| moment <= now) && self.not_after.is_none_or(|moment| now <= moment)
    }
}

impl<'a> Vector<'a> {
    /// Writes it into the front of `room`; `None` if there is too little.
    #[must_use]
    pub fn write<'r>(&self, room: &'r mut [u8]) -> Option<&'r [u8]> {
        postcard::to_slice(self, room).ok().map(|written| &*written)
    }

    /// Reads what [`write`](Self::write) has written; `None` if it is something else.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}
