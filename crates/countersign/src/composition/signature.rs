//! Where the signature or token is, and what is around it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_core::{Delivery, Headers, Rejection};

use super::place::Place;
use crate::function::Signatures;
use crate::header_line::single_line;

/// The most groups of pairs in a signature header.
const MAX_GROUPS: usize = 16;

/// Where the signature is, and what is around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    /// Its place, if that is not a header.
    pub(super) place: Option<Place>,
    /// The header, or the name under which the core looks for the signature.
    pub(super) header: String,
    /// The encoding around the text of the signature.
    pub(super) wrapped_in: Option<Wrapping>,
    /// What stands between two groups of pairs.
    pub(super) group_separator: Option<u8>,
    /// What stands behind the text of the signature, before something that is no part of it.
    pub(super) until: Option<String>,
}

/// An encoding around the text of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrapping {
    Base64,
}

impl Signature {
    /// Whether the core finds the signature in its header by itself.
    pub(super) fn is_plain(&self) -> bool {
        self.place.is_none() && self.wrapped_in.is_none() && self.group_separator.is_none() && self.until.is_none()
    }

    /// Whether none of the headers that can hold the signature is there. `false` for another place.
    pub(super) fn is_absent<H: Headers + ?Sized>(&self, headers: &H) -> bool {
        let mut names = self.header.split(',').map(str::trim).filter(|name| !name.is_empty());
        self.place.is_none() && names.all(|name| headers.lines(name).next().is_none())
    }

    /// The signatures of a delivery.
    ///
    /// # Errors
    /// `missing_signature` if there is none; `malformed_encoding` if it is not wrapped as the scheme says;
    /// `malformed_signature` for more than 16 groups, and if it does not end as the scheme says; the faults of its place.
    pub(super) fn find<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) -> Result<Signatures, Rejection> {
        if self.is_plain() {
            return Ok(Signatures::InHeaders);
        }
        let value = match &self.place {
            Some(place) => place.value(delivery)?.map(std::borrow::Cow::into_owned),
            None => single_line(delivery.headers, &self.header)?.map(<[u8]>::to_vec),
        };
        let value = value.ok_or(Rejection::MissingSignature)?;
        let value = match &self.until {
            None => value,
            Some(end) => before(value, end.as_bytes()).ok_or(Rejection::MalformedSignature)?,
        };
        let value = match self.wrapped_in {
            None => value,
            Some(Wrapping::Base64) => STANDARD.decode(value).map_err(|_| Rejection::MalformedEncoding)?,
        };
        let Some(separator) = self.group_separator else { return Ok(Signatures::Found(vec![value])) };
        let groups = groups(&value, separator);
        if groups.len() > MAX_GROUPS { Err(Rejection::MalformedSignature) } else { Ok(Signatures::Found(groups)) }
    }

    /// Writes a signature as the sender does.
    pub(super) fn wrap(&self, value: String) -> String {
        let value = match self.wrapped_in {
            None => value,
            Some(Wrapping::Base64) => STANDARD.encode(value),
        };
        value + self.until.as_deref().unwrap_or_default()
    }
}

/// What stands before the first `end`; `None` if that is not there.
fn before(mut value: Vec<u8>, end: &[u8]) -> Option<Vec<u8>> {
    let length = value.windows(end.len()).position(|window| window == end)?;
    value.truncate(length);
    Some(value)
}

/// The groups of a header value. A blank beside another separator stands inside a group: blanks around pairs have no
/// meaning.
fn groups(value: &[u8], separator: u8) -> Vec<Vec<u8>> {
    let mut groups: Vec<Vec<u8>> = vec![Vec::new()];
    for piece in value.split(|&byte| byte == separator).filter(|piece| !piece.is_empty()) {
        let is_inside = |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b',' | b';'));
        match groups.last_mut() {
            Some(last) if last.is_empty() || is_inside(last.last()) || is_inside(piece.first()) => {
                last.extend_from_slice(piece);
            }
            _ => groups.push(piece.to_vec()),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_separated_by_blanks_that_are_not_beside_a_comma() {
        let read = |value: &str| {
            let text = |group: Vec<u8>| String::from_utf8_lossy(&group).into_owned();
            groups(value.as_bytes(), b' ').into_iter().map(text).collect::<Vec<_>>()
        };
        assert_eq!(read("t=1,v1=a t=2,v1=b"), ["t=1,v1=a", "t=2,v1=b"]);
        assert_eq!(read("t=1, v1=a  t=2 ,v1=b"), ["t=1,v1=a", "t=2,v1=b"]);
        assert_eq!(read("t=1,v1=a"), ["t=1,v1=a"]);
        assert_eq!(read(""), [""]);
    }
}
