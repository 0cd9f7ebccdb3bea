//! Stage 4, mac: the tag that a secret makes of a message (HMAC, RFC 2104).

use crate::algorithm::Algorithm;
use crate::digest::Digest;
use crate::hash::{Hash, Md5, Sha1, Sha224, Sha256, Sha384, Sha512};
use crate::key::{Key, Keyed, Pair};
use crate::tag::{MAX_TAG, Tag};

/// The MAC of a message under `key`; zeros for a token. `parts` follow each other without a gap.
///
/// With `WIPE`, nothing from which other tags could be made stays on the stack. A verification does without: it would cost
/// two percent of a short one, and the key itself stays in memory anyway.
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
fn mac_with<H: Keyed<BLOCK>, const BLOCK: usize, const WIPE: bool>(key: &Key, parts: &[&[u8]]) -> Tag {
    let Some(pair) = H::pair(key) else { return Tag::empty() };
    let mut macs = Macs::one(pair);
    match parts {
        [whole] => macs.inner.absorb(whole),
        parts => parts.iter().for_each(|part| macs.update(part)),
    }
    let tag = macs.finish().next();
    if WIPE {
        macs.wipe();
    }
    tag.unwrap_or_else(Tag::empty)
}

/// The MACs of one message under up to `KEYS` keys, in progress.
pub(crate) struct Macs<H: Keyed<BLOCK>, const BLOCK: usize, const KEYS: usize> {
    inner: Digest<H, BLOCK, KEYS>,
    outer: [H::State; KEYS],
}

impl<H: Keyed<BLOCK>, const BLOCK: usize> Macs<H, BLOCK, 1> {
    /// Starts with one key.
    #[inline]
    pub(crate) fn one(pair: &Pair<H, BLOCK>) -> Self {
        Self { inner: Digest::resume([pair.inner], 1, BLOCK as u64), outer: [pair.outer] }
    }
}

impl<H: Keyed<BLOCK>, const BLOCK: usize, const KEYS: usize> Macs<H, BLOCK, KEYS> {
    /// Starts with each of `pairs`; what is beyond `KEYS` is left out.
    #[inline]
    pub(crate) fn new<'k>(pairs: impl IntoIterator<Item = &'k Pair<H, BLOCK>>) -> Self
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

    /// Absorbs more of the message.
    #[inline]
    pub(crate) fn update(&mut self, body: &[u8]) {
        self.inner.update(body);
    }

    /// The tags, in the order of the keys. The message is at its end with this.
    #[inline]
    pub(crate) fn finish(&mut self) -> impl Iterator<Item = Tag> {
        let states = self.inner.finish();
        states.iter().zip(&self.outer).map(|(inner, outer)| finish::<H, BLOCK>(inner, *outer))
    }

    pub(crate) fn wipe(&mut self) {
        self.inner.wipe();
        self.outer.iter_mut().for_each(zeroize::Zeroize::zeroize);
    }
}

/// The outer hash of HMAC: one block that holds the inner hash.
#[inline]
fn finish<H: Hash<BLOCK>, const BLOCK: usize>(inner: &H::State, mut outer: H::State) -> Tag {
    let mut block = H::AFTER_TAG;
    H::write(inner, &mut block);
    H::compress(&mut outer, &[block]);
    let mut bytes = [0; MAX_TAG];
    H::write(&outer, &mut bytes);
    Tag::new(bytes)
}
