//! Verification of a body that arrives in pieces.

use core::fmt;

use crate::algorithm::Algorithm;
use crate::compare::Comparison;
use crate::hash::{Md5, Sha1, Sha224, Sha256, Sha384, Sha512};
use crate::key::{Key, Keyed};
use crate::mac::Macs;
use crate::rejection::Rejection;
use crate::setup::MAX_SECRETS;
use crate::tag::Tags;
use crate::verdict::Verified;

/// A verification in progress, from [`Streaming::begin`](crate::Streaming::begin).
///
/// It holds what it needs of the verifier, about 2.2 KiB, and nothing of the body but an unfinished block.
#[must_use = "a delivery is authentic only if `finish` says so"]
pub struct Stream(State);

#[expect(clippy::large_enum_variant, reason = "there is no heap to put the large one on")]
enum State {
    /// The verdict does not depend on the body: a token, or nothing is checked.
    Decided(Verified),
    InProgress {
        macs: AnyMacs,
        comparison: Comparison<Tags>,
    },
}

enum AnyMacs {
    Md5(Macs<Md5, 64, MAX_SECRETS>),
    Sha1(Macs<Sha1, 64, MAX_SECRETS>),
    Sha224(Macs<Sha224, 64, MAX_SECRETS>),
    Sha256(Macs<Sha256, 64, MAX_SECRETS>),
    Sha384(Macs<Sha384, 128, MAX_SECRETS>),
    Sha512(Macs<Sha512, 128, MAX_SECRETS>),
}

/// Runs `$body` with `$macs` bound to whichever it is.
macro_rules! with_macs {
    ($any:expr, $macs:ident => $body:expr) => {
        match $any {
            AnyMacs::Md5($macs) => $body,
            AnyMacs::Sha1($macs) => $body,
            AnyMacs::Sha224($macs) => $body,
            AnyMacs::Sha256($macs) => $body,
            AnyMacs::Sha384($macs) => $body,
            AnyMacs::Sha512($macs) => $body,
        }
    };
}

impl Stream {
    pub(crate) fn decided(verified: Verified) -> Self {
        Self(State::Decided(verified))
    }

    /// Starts with the parts of the message that stand before the body.
    pub(crate) fn new(keys: &[Key], before_body: &[&[u8]], comparison: Comparison<Tags>) -> Self {
        let mut macs = match comparison.algorithm {
            Algorithm::Md5 => AnyMacs::Md5(begin(keys)),
            Algorithm::Sha1 => AnyMacs::Sha1(begin(keys)),
            Algorithm::Sha224 => AnyMacs::Sha224(begin(keys)),
            Algorithm::Sha256 => AnyMacs::Sha256(begin(keys)),
            Algorithm::Sha384 => AnyMacs::Sha384(begin(keys)),
            Algorithm::Sha512 => AnyMacs::Sha512(begin(keys)),
        };
        with_macs!(&mut macs, macs => before_body.iter().for_each(|part| macs.update(part)));
        Self(State::InProgress { macs, comparison })
    }

    /// Accepts the next piece of the body, of any length.
    pub fn update(&mut self, chunk: &[u8]) {
        if let State::InProgress { macs, .. } = &mut self.0 {
            with_macs!(macs, macs => macs.update(chunk));
        }
    }

    /// Decides, now that the body is whole.
    ///
    /// # Errors
    /// [`Rejection::Mismatch`] if the body is not the one that was signed; [`Rejection::Expired`] or
    /// [`Rejection::FromFuture`] if it is, but was not sent just before the moment at which the stream began.
    pub fn finish(mut self) -> Result<Verified, Rejection> {
        match &mut self.0 {
            State::Decided(verified) => Ok(*verified),
            State::InProgress { macs, comparison } => with_macs!(macs, macs => comparison.judge(macs.finish())),
        }
    }
}

fn begin<H: Keyed<BLOCK>, const BLOCK: usize>(keys: &[Key]) -> Macs<H, BLOCK, MAX_SECRETS> {
    Macs::new(keys.iter().filter_map(H::pair))
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let State::InProgress { macs, .. } = &mut self.0 {
            with_macs!(macs, macs => macs.wipe());
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}
