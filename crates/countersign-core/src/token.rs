//! TOKEN_BASED: the sender repeats a secret in a header.

use crate::compare::Matches;
use crate::header::Value;
use crate::key::{Key, token_digest};
use crate::tag::MAX_TAG;

/// Compares a header value with every token, in a time that depends on the length of the value alone.
///
/// With `bearer`, the value is also compared without its leading `Bearer ` (RFC 6750 section 2.1; the name of a scheme
/// ignores case by RFC 9110 section 11.1), so that a token may be configured with or without it.
pub(crate) fn check(keys: &[Key], value: Value<'_>, bearer: bool) -> Matches {
    let value = value.as_bytes();
    let whole = token_digest(value);
    let bare = if bearer { strip_bearer(value) } else { None }.map(token_digest);
    let mut matches = Matches::none();
    for expected in keys.iter().filter_map(Key::as_token) {
        let mut equal = whole.matches(expected, MAX_TAG);
        if let Some(bare) = &bare {
            equal |= bare.matches(expected, MAX_TAG);
        }
        matches.note(equal);
    }
    matches
}

fn strip_bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, [b' ', token @ ..]) = value.split_first_chunk::<6>()? else { return None };
    let mut token = token;
    // Spaces only: the grammar of RFC 6750 has no other blank here.
    while let [b' ', rest @ ..] = token {
        token = rest;
    }
    scheme.eq_ignore_ascii_case(b"bearer").then_some(token)
}
