//! Verifies one piece of a batch: the claims of all its deliveries, then their MACs in lanes, then their verdicts.
//!
//! The deliveries that the fast path can handle come first, in short loops; the general code verifies the rest.

use std::slice;
use std::time::SystemTime;

use countersign_core::hazmat::Claim;
use countersign_core::{Delivery, Headers, Rejection};
use countersign_lanes::{Lanes, Mac, Message};

use crate::batch::Verdict;
use crate::verifier::Verifier;

/// The fields of a delivery that the fast path reads.
pub(super) struct FastItem<'a> {
    pub(super) verifier: &'a Verifier,
    /// The line of the signature header, if there is exactly one such header with one line.
    pub(super) signature: Option<&'a [u8]>,
    pub(super) body: &'a &'a [u8],
}

/// All fields of a delivery. `H` is its headers, or a reference to them.
pub(super) struct Item<'a, H> {
    pub(super) verifier: &'a Verifier,
    pub(super) method: &'a str,
    pub(super) url: &'a str,
    pub(super) headers: H,
    pub(super) body: &'a [u8],
    pub(super) now: SystemTime,
}

/// Verifies deliveries and writes their verdicts to `verdicts`, in the same order.
pub(super) fn verify<'a, T, H, D: Headers + ?Sized>(
    lanes: Lanes,
    batch: &'a [T],
    verdicts: &mut [Verdict],
    fast_item: impl Fn(&'a T) -> FastItem<'a>,
    item: impl Fn(&'a T) -> Item<'a, H>,
    headers: impl Fn(&H) -> &D,
) {
    let remaining = verify_fast(lanes, batch, verdicts, fast_item);
    if remaining.is_empty() {
        return;
    }
    let items: Vec<_> = remaining.iter().filter_map(|index| batch.get(*index)).map(item).collect();
    let mut results = vec![Err(Rejection::MissingSignature); items.len()];
    verify_fully(lanes, &items, &mut results, headers);
    for (index, result) in remaining.into_iter().zip(results) {
        if let Some(verdict) = verdicts.get_mut(index) {
            *verdict = result;
        }
    }
}

/// Verifies the deliveries that the fast path can handle: only the body is signed, and the signature has one of the most
/// common forms. Returns the indexes of all other deliveries, whose verdicts it does not change.
#[inline(never)]
fn verify_fast<'a, T>(
    lanes: Lanes,
    batch: &'a [T],
    verdicts: &mut [Verdict],
    fast_item: impl Fn(&'a T) -> FastItem<'a>,
) -> Vec<usize> {
    let mut claims = vec![Claim::empty(); batch.len()];
    let (mut messages, mut remaining) = (Vec::with_capacity(batch.len()), Vec::new());
    for (index, (delivery, claim)) in batch.iter().zip(&mut claims).enumerate() {
        let FastItem { verifier, signature, body } = fast_item(delivery);
        if !signature.is_some_and(|signature| verifier.claim_fast(lanes, signature, claim)) {
            remaining.push(index);
            continue;
        }
        let parts = slice::from_ref(body);
        match claim.only_key() {
            Some(key) => messages.push(Message { key, parts }),
            None => messages.extend(claim.keys().map(|key| Message { key, parts })),
        }
    }
    judge(lanes, &claims, &messages, verdicts);
    remaining
}

/// Verifies deliveries of all kinds.
#[inline(never)]
fn verify_fully<H, D: Headers + ?Sized>(
    lanes: Lanes,
    items: &[Item<'_, H>],
    verdicts: &mut [Verdict],
    headers_of: impl Fn(&H) -> &D,
) {
    let mut claims = vec![Claim::empty(); items.len()];
    let mut parts: Vec<&[u8]> = Vec::with_capacity(items.len());
    // For each claim, the index in `parts` at which its parts end.
    let mut ends = Vec::with_capacity(items.len());
    for (Item { verifier, method, url, headers, body, now }, (claim, verdict)) in
        items.iter().zip(claims.iter_mut().zip(&mut *verdicts))
    {
        let start = parts.len();
        let delivery = Delivery { method, url, headers: headers_of(headers), body };
        if let Err(result) = verifier.claim(lanes, &delivery, *now, claim, |part| parts.push(part)) {
            *verdict = result;
            *claim = Claim::empty();
            parts.truncate(start);
        }
        ends.push(parts.len());
    }
    let (mut messages, mut start) = (Vec::with_capacity(items.len()), 0);
    for (claim, end) in claims.iter().zip(ends) {
        let parts = parts.get(start..end).unwrap_or_default();
        start = end;
        messages.extend(claim.keys().map(|key| Message { key, parts }));
    }
    judge(lanes, &claims, &messages, verdicts);
}

/// Computes the MACs of `messages`, one for each key of each claim, and writes the verdicts of the claims that have keys.
fn judge(lanes: Lanes, claims: &[Claim<'_>], messages: &[Message<'_>], verdicts: &mut [Verdict]) {
    let mut macs = vec![Mac::empty(); messages.len()];
    lanes.mac_batch(messages, &mut macs);
    let mut macs = &macs[..];
    for (claim, verdict) in claims.iter().zip(verdicts) {
        let Some((claim_macs, rest)) = macs.split_at_checked(claim.count()) else { return };
        macs = rest;
        match claim_macs {
            // An empty claim: its verdict needs no MAC, or the general code finds it.
            [] => {}
            [mac] => *verdict = claim.judge([mac]),
            several => *verdict = claim.judge(several),
        }
    }
}
