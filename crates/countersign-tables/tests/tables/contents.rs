//! Events that are loaded, and what is found afterwards, wherever the tables are.

use std::collections::BTreeMap;

use countersign_tables::Event;

use super::json::Json;

/// An event that owns its parts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Delivery {
    pub(crate) content_type: Option<&'static str>,
    pub(crate) content_encoding: Option<&'static str>,
    pub(crate) is_query: bool,
    pub(crate) body: Vec<u8>,
}

impl Delivery {
    pub(crate) fn new(body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::default() }
    }
}

/// A key of a row.
pub(crate) type Key = (String, i64);

/// What is in the two tables.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Contents {
    /// `event` of a packed row.
    pub(crate) packed: BTreeMap<Key, String>,
    /// The members of an unpacked row.
    pub(crate) unpacked: BTreeMap<Key, BTreeMap<Vec<u16>, Json>>,
    /// Reason and bytes of a dead letter.
    pub(crate) letters: BTreeMap<Key, (String, Vec<u8>)>,
}

pub(crate) fn id(number: u64) -> [u8; 16] {
    // Not in the order of the numbers.
    (u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 64 | u128::from(number)).to_be_bytes()
}

pub(crate) fn id_text(number: u64) -> String {
    let hex = format!("{:032x}", u128::from_be_bytes(id(number)));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

pub(crate) fn event(seq: u64, delivery: &Delivery) -> Event<'_> {
    Event {
        seq,
        id: id(seq),
        received_at: 1_764_374_400_000_000 + i64::try_from(seq).unwrap(),
        content_type: delivery.content_type,
        content_encoding: delivery.content_encoding,
        is_query: delivery.is_query,
        body: &delivery.body,
    }
}
