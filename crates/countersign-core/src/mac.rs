//! Stage 4, mac: computes the HMAC of a message (RFC 2104).

use crate::algorithm::Algorithm;
use crate::digest::Digest;
use crate::hash::{Hash, Md5, Sha1, Sha224, Sha256, Sha384, Sha512};
use crate::key::{ChainingPair, HmacHash, Key};
use crate::tag::{MAX_TAG, Tag};

/// The MAC of a message, which is the concatenation of `parts`. Zeros if `key` is a token.
///
/// With `WIPE`, nothing from which other tags could be computed stays on the stack. Verification does not wipe: it
/// would take two percent of the time for a short body, and the key itself stays in memory anyway.
#[inline]
pub(crate) fn mac<const WIPE: bool>(key: &Key, parts: &[&[u8]]) -> Tag {
    match key.algorithm() {
        Some(Algorithm::Md5) => mac_with::<Md5, 64, WIPE>(key, parts),
        Some(Algorithm::Sha1) => mac_with::<Sha1, 64, WIPE>(key, parts),
        Some(Algorithm::Sha224) => mac_with::<Sha224, 64, WIPE>(key, parts),
        Some(Algorithm::Sha256) => mac_with::<Sha256, 64, WIPE>(key, parts),
        Some(Algorithm::Sha384) => mac_with::<Sha384, 128, WIPE>(key, parts),
        Some(Algorithm::Sha512) => mac_with::<Sha512, 128, WIPE>(key, parts),
        None => Tag::empty(),
    }
}

#[inline]
fn mac_with<H: HmacHash<BLOCK>, const BLOCK: usize, const WIPE: bool>(key: &Key, parts: &[&[u8]]) -> Tag {
    let Some(pair) = H::chaining_pair(key) else { return Tag::empty() };
    let mut macs = Macs::with_one_key(pair);
    match parts {
        [whole] => macs.inner.update_aligned(whole),
        parts => parts.iter().for_each(|part| macs.update(part)),
    }
    let tag = macs.finish().next();
    if WIPE {
        macs.wipe();
    }
    tag.unwrap_or_else(Tag::empty)
}

/// The MACs of one message under up to `KEYS` keys, computed incrementally.
pub(crate) struct Macs<H: HmacHash<BLOCK>, const BLOCK: usize, const KEYS: usize> {
    inner: Digest<H, BLOCK, KEYS>,
    outer: [H::State; KEYS],
}

impl<H: HmacHash<BLOCK>, const BLOCK: usize> Macs<H, BLOCK, 1> {
    /// Starts the MAC under one key.
    #[inline]
    pub(crate) fn with_one_key(pair: &ChainingPair<H, BLOCK>) -> Self {
        Self { inner: Digest::resume([pair.inner], 1, BLOCK as u64), outer: [pair.outer] }
    }
}

impl<H: HmacHash<BLOCK>, const BLOCK: usize, const KEYS: usize> Macs<H, BLOCK, KEYS> {
    /// Starts a MAC for each of `pairs`, the first `KEYS` of them.
    #[inline]
    pub(crate) fn with_keys<'k>(pairs: impl IntoIterator<Item = &'k ChainingPair<H, BLOCK>>) -> Self
    where
        H: 'k,
    {
        let (mut inner, mut outer, mut used) = ([H::INITIAL; KEYS], [H::INITIAL; KEYS], 0_usize);
        for ((inner, outer), pair) in inner.iter_mut().zip(&mut outer).zip(pairs) {
            (*inner, *outer) = (pair.inner, pair.outer);
            used = used.wrapping_add(1);
        }
        Self { inner: Digest::resume(inner, used, BLOCK as u64), outer }
    }

    /// Hashes more of the message.
    #[inline]
    pub(crate) fn update(&mut self, body: &[u8]) {
        self.inner.update(body);
    }

    /// Ends the message and returns the tags, in the order of the keys.
    #[inline]
    pub(crate) fn finish(&mut self) -> impl Iterator<Item = Tag> {
        let states = self.inner.finish();
        states.iter().zip(&self.outer).map(|(inner, outer)| outer_hash::<H, BLOCK>(inner, *outer))
    }

    pub(crate) fn wipe(&mut self) {
        self.inner.wipe();
        self.outer.iter_mut().for_each(zeroize::Zeroize::zeroize);
    }
}

/// The outer hash of HMAC: one block that contains the inner hash.
#[inline]
fn outer_hash<H: Hash<BLOCK>, const BLOCK: usize>(inner: &H::State, mut outer: H::State) -> Tag {
    let mut block = H::OUTER_BLOCK;
    H::write_hash(inner, &mut block);
    H::compress(&mut outer, &[block]);
    let mut bytes = [0; MAX_TAG];
    H::write_hash(&outer, &mut bytes);
    Tag::new(bytes)
}
