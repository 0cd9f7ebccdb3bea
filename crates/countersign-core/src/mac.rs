//! Stage 4, mac: the tags that the secrets make of a message, and their comparison with those received.

use subtle::Choice;

use crate::algorithm::Algorithm;
use crate::compare::Matches;
use crate::delivery::Headers;
use crate::digest::Digest;
use crate::hash::{Hash, Md5, Sha1, Sha224, Sha256, Sha384, Sha512};
use crate::key::{Key, Keyed, Pair};
use crate::secret_set::SecretSet;
use crate::tag::{MAX_TAG, Tag};
use crate::template::Signed;

/// What is signed.
pub(crate) trait Message {
    /// Feeds all of it to the MACs.
    fn feed<H: Keyed<BLOCK>, const BLOCK: usize, const KEYS: usize>(&self, macs: &mut Macs<H, BLOCK, KEYS>);
}

/// The whole message in one piece.
impl Message for [u8] {
    #[inline]
    fn feed<H: Keyed<BLOCK>, const BLOCK: usize, const KEYS: usize>(&self, macs: &mut Macs<H, BLOCK, KEYS>) {
        macs.inner.absorb(self);
    }
}

/// Slices that follow each other without a gap.
impl Message for [&[u8]] {
    fn feed<H: Keyed<BLOCK>, const BLOCK: usize, const KEYS: usize>(&self, macs: &mut Macs<H, BLOCK, KEYS>) {
        for part in self {
            macs.update(part);
        }
    }
}

/// The same, as a scheme says.
impl<D: Headers + ?Sized> Message for Signed<'_, '_, D> {
    #[inline]
    fn feed<H: Keyed<BLOCK>, const BLOCK: usize, const KEYS: usize>(&self, macs: &mut Macs<H, BLOCK, KEYS>) {
        self.each(|part| macs.update(part));
    }
}

/// What was received.
pub(crate) trait Received {
    /// Compares a tag of ours with all that was received. Nothing matches if `bar` is not 0.
    fn matches(&self, ours: &Tag, bar: u64) -> Choice;
}

impl Received for Tag {
    #[inline]
    fn matches(&self, ours: &Tag, bar: u64) -> Choice {
        ours.matches(self, bar)
    }
}

/// One of several tags is enough. All are compared.
impl Received for [Tag] {
    fn matches(&self, ours: &Tag, bar: u64) -> Choice {
        self.iter().fold(Choice::from(0), |any, tag| any | ours.matches(tag, bar))
    }
}

/// Compares `received` with the tag of `message` under every usable key of `algorithm`.
#[inline]
pub(crate) fn check<M: Message + ?Sized, R: Received + ?Sized>(
    keys: &[Key],
    usable: SecretSet,
    algorithm: Algorithm,
    message: &M,
    received: &R,
) -> Matches {
    match algorithm {
        Algorithm::Md5 => check_with::<M, R, Md5, 64>(keys, usable, message, received),
        Algorithm::Sha1 => check_with::<M, R, Sha1, 64>(keys, usable, message, received),
        Algorithm::Sha224 => check_with::<M, R, Sha224, 64>(keys, usable, message, received),
        Algorithm::Sha256 => check_with::<M, R, Sha256, 64>(keys, usable, message, received),
        Algorithm::Sha384 => check_with::<M, R, Sha384, 128>(keys, usable, message, received),
        Algorithm::Sha512 => check_with::<M, R, Sha512, 128>(keys, usable, message, received),
    }
}

#[inline]
fn check_with<M: Message + ?Sized, R: Received + ?Sized, H: Keyed<BLOCK>, const BLOCK: usize>(
    keys: &[Key],
    usable: SecretSet,
    message: &M,
    received: &R,
) -> Matches {
    let mut matches = Matches::none();
    for (pair, bar) in keys.iter().filter_map(H::pair).zip(usable.bars()) {
        let mut macs = Macs::one(pair);
        message.feed(&mut macs);
        for ours in macs.finish() {
            matches.note(received.matches(&ours, bar));
        }
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

    /// Compares the tags with what was received, in the order of the keys.
    pub(crate) fn check<R: Received + ?Sized>(&mut self, received: &R, usable: SecretSet) -> Matches {
        let mut matches = Matches::none();
        for (ours, bar) in self.finish().zip(usable.bars()) {
            matches.note(received.matches(&ours, bar));
        }
        matches
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
