//! The `_id` of an event. It is computed once, when the event is received, and stored with it.
//!
//! `dedupe` says what makes two deliveries of a connection one event:
//!
//! | `dedupe` | two deliveries have one `_id` if |
//! |---|---|
//! | `auto`, the default | the sender gives them one id, and their bodies are equal. Without an id: never |
//! | `id` | the sender gives them one id, and the MAC covers it. Without such an id: never |
//! | `body` | their bodies are equal |
//! | `off` | never |
//!
//! What never repeats is a UUID of version 7. All others are of version 8 (RFC 9562, section 5.8): SHA-256 over the parts, each with
//! its length before it as 8 bytes, big-endian. With `auto` the first half depends on connection and id, the second on the body too:
//! so a repetition has the same `_id` everywhere, and an event that has the id of another, but another body, the same first half.

use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// What makes two deliveries one event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dedupe {
    /// The same id and the same body.
    #[default]
    Auto,
    /// The same id, if the MAC covers it.
    Id,
    /// The same body.
    Body,
    /// Nothing.
    Off,
}

/// The id that the sender gives a delivery.
#[derive(Clone, Copy, Debug)]
pub struct SenderId<'a> {
    /// Its text.
    pub text: &'a str,
    /// Whether the MAC covers it.
    pub is_signed: bool,
}

/// The `_id` of a delivery to the connection with this API id. `new` makes the id of what never repeats.
pub fn event_id(
    dedupe: Dedupe,
    connection: &str,
    sender_id: Option<SenderId<'_>>,
    body: &[u8],
    new: impl FnOnce() -> Uuid,
) -> Uuid {
    let connection = connection.as_bytes();
    match (dedupe, sender_id) {
        (Dedupe::Auto, Some(id)) => {
            let id = id.text.as_bytes();
            join(digest(&[connection, id]), digest(&[connection, id, &Sha256::digest(body)]))
        }
        (Dedupe::Id, Some(id)) if id.is_signed => {
            let whole = digest(&[connection, id.text.as_bytes()]);
            join(whole, whole)
        }
        (Dedupe::Body, _) => {
            let whole = digest(&[connection, &Sha256::digest(body)]);
            join(whole, whole)
        }
        (Dedupe::Auto, None) | (Dedupe::Id | Dedupe::Off, _) => new(),
    }
}

/// Whether two ids of version 8 are of one sender's id with different bodies.
#[must_use]
pub fn is_conflict(a: Uuid, b: Uuid) -> bool {
    a.get_version_num() == 8 && a != b && a.as_bytes()[..8] == b.as_bytes()[..8]
}

/// SHA-256 over the parts, each with its length before it.
fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// The first 60 free bits from the beginning of one digest, the last 62 from the end of the other.
fn join(first: [u8; 32], last: [u8; 32]) -> Uuid {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&first[..8]);
    bytes[8..].copy_from_slice(&last[24..]);
    // 48 bits, the version, 12 bits; the variant, 62 bits.
    let high = u64::from_be_bytes(first[..8].try_into().expect("8 bytes"));
    bytes[..6].copy_from_slice(&high.to_be_bytes()[..6]);
    let middle = (high >> 4) & 0x0fff;
    bytes[6..8].copy_from_slice(&(0x8000 | u16::try_from(middle).expect("12 bits")).to_be_bytes());
    bytes[8] = bytes[8] & 0x3f | 0x80;
    Uuid::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn signed(text: &str) -> SenderId<'_> {
        SenderId { text, is_signed: true }
    }

    fn id(dedupe: Dedupe, connection: &str, sender_id: Option<SenderId<'_>>, body: &[u8]) -> Uuid {
        event_id(dedupe, connection, sender_id, body, Uuid::nil)
    }

    /// Expected values by Python's hashlib and arithmetic on whole numbers.
    #[test]
    fn ids_are_what_another_program_computes() {
        let auto = id(Dedupe::Auto, "speedy_otter", Some(signed("evt_1")), b"{}");
        assert_eq!(auto.to_string(), EXPECTED_AUTO);
        assert_eq!(id(Dedupe::Id, "speedy_otter", Some(signed("evt_1")), b"{}").to_string(), EXPECTED_ID);
        assert_eq!(id(Dedupe::Body, "speedy_otter", None, b"{}").to_string(), EXPECTED_BODY);
        assert_eq!((auto.get_version_num(), auto.get_variant()), (8, uuid::Variant::RFC4122));
    }

    const EXPECTED_AUTO: &str = "8b02eccc-51bf-8118-8b69-f82426ed4fb6";
    const EXPECTED_ID: &str = "8b02eccc-51bf-8118-a8f9-bd905dda83e9";
    const EXPECTED_BODY: &str = "39ec9c59-a177-89b9-833c-8686753a03c5";

    #[test]
    fn what_is_one_event() {
        let a = id(Dedupe::Auto, "c", Some(signed("1")), b"x");
        assert_eq!(a, id(Dedupe::Auto, "c", Some(SenderId { text: "1", is_signed: false }), b"x"));
        for other in [
            id(Dedupe::Auto, "d", Some(signed("1")), b"x"),
            id(Dedupe::Auto, "c", Some(signed("2")), b"x"),
            // The lengths before the parts tell where one ends.
            id(Dedupe::Auto, "c1", Some(signed("")), b"x"),
        ] {
            assert_ne!(a, other);
            assert!(!is_conflict(a, other));
        }
        let conflict = id(Dedupe::Auto, "c", Some(signed("1")), b"y");
        assert!(a != conflict && is_conflict(a, conflict) && !is_conflict(a, a));
        assert_eq!(id(Dedupe::Id, "c", Some(signed("1")), b"x"), id(Dedupe::Id, "c", Some(signed("1")), b"y"));
        assert_ne!(id(Dedupe::Body, "c", Some(signed("1")), b"x"), id(Dedupe::Body, "c", Some(signed("1")), b"y"));
        assert_eq!(id(Dedupe::Body, "c", Some(signed("1")), b"x"), id(Dedupe::Body, "c", Some(signed("2")), b"x"));
        // What never repeats gets a new one.
        let unsigned = Some(SenderId { text: "1", is_signed: false });
        for (dedupe, sender_id) in
            [(Dedupe::Auto, None), (Dedupe::Id, None), (Dedupe::Id, unsigned), (Dedupe::Off, unsigned)]
        {
            assert_eq!(id(dedupe, "c", sender_id, b"x"), Uuid::nil(), "{dedupe:?}");
        }
    }
}
