//! The head of a request as it is stored: method, URL, the headers that are kept, and what was found out about them.
//!
//! | bytes | content |
//! |---|---|
//! | 1 | version of the encoding: 1 |
//! | 2 + n | method |
//! | 4 + n | URL |
//! | 2 + n | the sender's id of the delivery; empty if there is none |
//! | 2 | number of headers |
//! | 2 + n, 4 + n | name and value of each |
//!
//! Numbers are little-endian; n is the number before it.

/// A head, as it is read from an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// The method.
    pub method: &'a str,
    /// The URL: path and query as the sender wrote them.
    pub url: &'a str,
    /// The sender's id of the delivery.
    pub sender_id: Option<&'a str>,
    headers: &'a [u8],
    count: u16,
}

const VERSION: u8 = 1;

/// How many bytes the headers and the lengths of a usual head have at most. Such a head is allocated once.
const USUAL_BYTES: usize = 400;

/// Encodes a head. Texts are cut off by nothing: HTTP bounds them below what the lengths can say.
pub fn encode<'a>(
    method: &str,
    url: &str,
    sender_id: Option<&str>,
    headers: impl Iterator<Item = (&'a str, &'a [u8])>,
) -> Vec<u8> {
    let id_bytes = sender_id.map_or(0, str::len);
    let mut bytes = Vec::with_capacity(method.len() + url.len() + id_bytes + USUAL_BYTES);
    bytes.push(VERSION);
    short(&mut bytes, method.as_bytes());
    long(&mut bytes, url.as_bytes());
    short(&mut bytes, sender_id.unwrap_or_default().as_bytes());
    let count_at = bytes.len();
    bytes.extend_from_slice(&[0, 0]);
    let mut count: u16 = 0;
    for (name, value) in headers.take(usize::from(u16::MAX)) {
        short(&mut bytes, name.as_bytes());
        long(&mut bytes, value);
        count += 1;
    }
    bytes[count_at..count_at + 2].copy_from_slice(&count.to_le_bytes());
    bytes
}

fn short(bytes: &mut Vec<u8>, text: &[u8]) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&text[..usize::from(length)]);
}

fn long(bytes: &mut Vec<u8>, text: &[u8]) {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&text[..length as usize]);
}

impl<'a> Head<'a> {
    /// Decodes a head; none if it is not one, or of a later version.
    #[must_use]
    pub fn decode(bytes: &'a [u8]) -> Option<Self> {
        let (&VERSION, mut rest) = bytes.split_first()? else { return None };
        let method = take_text(&mut rest, 2)?;
        let url = take_text(&mut rest, 4)?;
        let sender_id = Some(take_text(&mut rest, 2)?).filter(|id| !id.is_empty());
        let (count, headers) = rest.split_first_chunk()?;
        Some(Self { method, url, sender_id, headers, count: u16::from_le_bytes(*count) })
    }

    /// The headers that were kept, in the order in which they arrived.
    pub fn headers(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        let mut rest = self.headers;
        (0..self.count).map_while(move |_| Some((take_text(&mut rest, 2)?, take(&mut rest, 4)?)))
    }
}

fn take<'a>(rest: &mut &'a [u8], length_bytes: usize) -> Option<&'a [u8]> {
    let (length, after) = rest.split_at_checked(length_bytes)?;
    let length = length.iter().rev().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
    let (taken, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

fn take_text<'a>(rest: &mut &'a [u8], length_bytes: usize) -> Option<&'a str> {
    std::str::from_utf8(take(rest, length_bytes)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        let headers = [("content-type", &b"application/json"[..]), ("x", b"\xff\x00"), ("empty", b"")];
        let bytes = encode("POST", "/webhooks/1?a=b", Some("evt_1"), headers.into_iter());
        let head = Head::decode(&bytes).unwrap();
        assert_eq!((head.method, head.url, head.sender_id), ("POST", "/webhooks/1?a=b", Some("evt_1")));
        assert!(head.headers().eq(headers));
        let bytes = encode("GET", "/", None, std::iter::empty());
        assert_eq!(Head::decode(&bytes).unwrap().sender_id, None);
        assert_eq!(Head::decode(&[]), None);
        assert_eq!(Head::decode(&[2, 0, 0]), None);
    }
}
