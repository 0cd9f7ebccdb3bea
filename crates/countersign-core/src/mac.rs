//! Stage 3, mac: the tags that the secrets make of a body, and their comparison with the one received.

use crate::algorithm::Algorithm;
use crate::compare::Matches;
use crate::digest::Digest;
use crate::hash::{Hash, Md5, Sha1, Sha224, Sha256, Sha384, Sha512};
use crate::key::{Key, Keyed, Pair};
use crate::tag::{MAX_TAG, Tag};

/// Compares `tag` with the tag of `body` under every key of `algorithm`.
#[inline]
pub(crate) fn check(keys: &[Key], algorithm: Algorithm, body: &[u8], tag: &Tag) -> Matches {
    match algorithm {
        Algorithm::Md5 => check_with::<Md5, 64>(keys, body, tag),
        Algorithm::Sha1 => check_with::<Sha1, 64>(keys, body, tag),
        Algorithm::Sha224 => check_with::<Sha224, 64>(keys, body, tag),
        Algorithm::Sha256 => check_with::<Sha256, 64>(keys, body, tag),
        Algorithm::Sha384 => check_with::<Sha384, 128>(keys, body, tag),
        Algorithm::Sha512 => check_with::<Sha512, 128>(keys, body, tag),
    }
}

#[inline]
fn check_with<H: Keyed<BLOCK>, const BLOCK: usize>(keys: &[Key], body: &[u8], tag: &Tag) -> Matches {
    let mut matches = Matches::none();
    for pair in keys.iter().filter_map(H::pair) {
        let mut macs = Macs::one(pair);
        macs.update(body);
        macs.check(tag, &mut matches);
    }
    matches
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

    /// Compares the tags with `tag`, in the order of the keys.
    #[inline]
    pub(crate) fn check(&mut self, tag: &Tag, matches: &mut Matches) {
        for ours in self.finish() {
            matches.note(ours.matches(tag, H::ALGORITHM.tag_len()));
        }
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
