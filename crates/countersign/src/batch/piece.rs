//! A piece of a batch: what each delivery claims, all MACs in lanes, what is true of it.
//!
//! The deliveries that look as usual come first, in loops that are short for having nothing else to do; then the others.

use std::slice;
use std::time::SystemTime;

use countersign_core::hazmat::Claim;
use countersign_core::{Delivery, Headers, Rejection};
use countersign_lanes::{Lanes, Mac, Message};

use crate::batch::Verdict;
use crate::verifier::Verifier;

/// A delivery as far as it is looked at when it looks as usual.
pub(super) struct FastItem<'a> {
    pub(super) verifier: &'a Verifier,
    /// The one line of the signature's header, if there is one header and one line.
    pub(super) signature: Option<&'a [u8]>,
    pub(super) body: &'a &'a [u8],
}

/// All of a delivery, with its headers or a place where they are found.
pub(super) struct Item<'a, H> {
    pub(super) verifier: &'a Verifier,
    pub(super) method: &'a str,
    pub(super) url: &'a str,
    pub(super) headers: H,
    pub(super) body: &'a [u8],
    pub(super) now: SystemTime,
}

/// Verifies deliveries, and puts the verdicts into `verdicts`, in the same order.
pub(super) fn verify<'a, T, H, D: Headers + ?Sized>(
    lanes: Lanes,
    batch: &'a [T],
    verdicts: &mut [Verdict],
    fast_item: impl Fn(&'a T) -> FastItem<'a>,
    item: impl Fn(&'a T) -> Item<'a, H>,
    headers: impl Fn(&H) -> &D,
) {
    let others = verify_fast(lanes, batch, verdicts, fast_item);
    if others.is_empty() {
        return;
    }
    let items: Vec<_> = others.iter().filter_map(|at| batch.get(*at)).map(item).collect();
    let mut known = vec![Err(Rejection::MissingSignature); items.len()];
    verify_fully(lanes, &items, &mut known, headers);
    for (at, known) in others.into_iter().zip(known) {
        if let Some(verdict) = verdicts.get_mut(at) {
            *verdict = known;
        }
    }
}

/// Verifies deliveries that sign their body alone and have a signature that looks as usual. Gives the places of the others,
/// whose verdicts are left as they are.
#[inline(never)]
fn verify_fast<'a, T>(
    lanes: Lanes,
    batch: &'a [T],
    verdicts: &mut [Verdict],
    fast_item: impl Fn(&'a T) -> FastItem<'a>,
) -> Vec<usize> {
    let mut claims = vec![Claim::empty(); batch.len()];
    let (mut messages, mut others) = (Vec::with_capacity(batch.len()), Vec::new());
    for (at, (delivery, claim)) in batch.iter().zip(&mut claims).enumerate() {
        let FastItem { verifier, signature, body } = fast_item(delivery);
        if !signature.is_some_and(|signature| verifier.claim_fast(lanes, signature, claim)) {
            others.push(at);
            continue;
        }
        let parts = slice::from_ref(body);
        match claim.only_key() {
            Some(key) => messages.push(Message { key, parts }),
            None => messages.extend(claim.keys().map(|key| Message { key, parts })),
        }
    }
    judge(lanes, &claims, &messages, verdicts);
    others
}

/// Verifies deliveries of all kinds.
#[inline(never)]
fn verify_fully<H, D: Headers + ?Sized>(
    lanes: Lanes,
    items: &[Item<'_, H>],
    verdicts: &mut [Verdict],
    find: impl Fn(&H) -> &D,
) {
    let mut claims = vec![Claim::empty(); items.len()];
    let mut parts: Vec<&[u8]> = Vec::with_capacity(items.len());
    // For each claim, where its parts end.
    let mut ends = Vec::with_capacity(items.len());
    for (Item { verifier, method, url, headers, body, now }, (claim, verdict)) in
        items.iter().zip(claims.iter_mut().zip(&mut *verdicts))
    {
        let before = parts.len();
        let delivery = Delivery { method, url, headers: find(headers), body };
        if let Err(known) = verifier.claim(lanes, &delivery, *now, claim, |part| parts.push(part)) {
            *verdict = known;
            *claim = Claim::empty();
            parts.truncate(before);
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

/// Makes the MACs and compares: the verdicts of all claims that have messages, which is one for each key.
fn judge(lanes: Lanes, claims: &[Claim<'_>], messages: &[Message<'_>], verdicts: &mut [Verdict]) {
    let mut macs = vec![Mac::empty(); messages.len()];
    lanes.mac_batch(messages, &mut macs);
    let mut macs = &macs[..];
    for (claim, verdict) in claims.iter().zip(verdicts) {
        let Some((own, rest)) = macs.split_at_checked(claim.count()) else { return };
        macs = rest;
        match own {
            // The verdict is given elsewhere.
            [] => {}
            [mac] => *verdict = claim.judge([mac]),
            several => *verdict = claim.judge(several),
        }
    }
}
