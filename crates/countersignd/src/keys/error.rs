//! Why a request is not taken for one of a key, and why a key was not made.

use std::fmt;

use super::KEYS_MAX;
use crate::metadata::MetadataError;

/// Why a request is not taken for one of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It says nothing of a key.
    Missing,
    /// What it says cannot be read.
    Malformed,
    /// There is no such key, or its secret is another one. It is not said which.
    Unknown,
    /// The secret is right, and the key has ended.
    Expired,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => {
                "the header Authorization is missing: send HTTP Basic with key and secret, as curl -u KEY:SECRET does"
            }
            Self::Malformed => "the header Authorization must be, once, \"Basic \" and the base64 of KEY:SECRET",
            Self::Unknown => {
                "this key does not exist, or its secret is another one: countersignd key list names the keys"
            }
            Self::Expired => "this key has expired: countersignd key create makes another one",
        })
    }
}

impl std::error::Error for Refusal {}

/// Why a key was not made.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeyError {
    /// No group can have this name.
    Group(String),
    /// It would have ended before it began.
    Past,
    /// There are too many.
    TooMany,
    /// The metadata has failed.
    Metadata(MetadataError),
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(group) => {
                write!(f, "the group {group:?} cannot be: a group has 1 to 64 letters, digits and characters of _-.")
            }
            Self::Past => f.write_str("the time at which the key expires is in the past"),
            Self::TooMany => write!(f, "there are {KEYS_MAX} keys, and no more are allowed: delete some first"),
            Self::Metadata(_) => f.write_str("cannot store the key"),
        }
    }
}

impl std::error::Error for KeyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Metadata(error) => Some(error),
            _ => None,
        }
    }
}

impl From<MetadataError> for KeyError {
    fn from(error: MetadataError) -> Self {
        Self::Metadata(error)
    }
}
