//! The other direction: the tag that a sender would send.

use core::fmt;

use crate::algorithm::Algorithm;
use crate::hash::{Md5, Sha1, Sha224, Sha256, Sha384, Sha512};
use crate::key::{Key, Keyed};
use crate::mac::{Macs, Message};
use crate::tag::{MAX_TAG, Tag};

/// A tag made by [`Key::sign`], to be sent.
///
/// It has no `PartialEq`: never verify by comparing it with what was received. A
/// [`Verifier`](crate::Verifier) does that in constant time.
#[derive(Clone)]
pub struct SignedTag {
    bytes: [u8; MAX_TAG],
    length: usize,
}

impl SignedTag {
    /// The bytes, as many as the algorithm's [`tag_len`](Algorithm::tag_len).
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl fmt::Debug for SignedTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedTag(…)")
    }
}

impl Key {
    /// The tag of a message, given in `parts` that follow each other without a gap. `None` if this is a token.
    #[must_use]
    pub fn sign(&self, parts: &[&[u8]]) -> Option<SignedTag> {
        self.sign_message(parts)
    }

    pub(crate) fn sign_message(&self, message: &(impl Message + ?Sized)) -> Option<SignedTag> {
        let algorithm = self.algorithm()?;
        let tag = match algorithm {
            Algorithm::Md5 => tag::<Md5, 64>(self, message),
            Algorithm::Sha1 => tag::<Sha1, 64>(self, message),
            Algorithm::Sha224 => tag::<Sha224, 64>(self, message),
            Algorithm::Sha256 => tag::<Sha256, 64>(self, message),
            Algorithm::Sha384 => tag::<Sha384, 128>(self, message),
            Algorithm::Sha512 => tag::<Sha512, 128>(self, message),
        }?;
        let (mut bytes, length) = ([0; MAX_TAG], algorithm.tag_len());
        tag.copy_to(&mut bytes, length);
        Some(SignedTag { bytes, length })
    }
}

fn tag<H: Keyed<BLOCK>, const BLOCK: usize>(key: &Key, message: &(impl Message + ?Sized)) -> Option<Tag> {
    let mut macs = Macs::<H, BLOCK, 1>::one(H::pair(key)?);
    message.feed(&mut macs);
    let tag = macs.finish().next();
    macs.wipe();
    tag
}
