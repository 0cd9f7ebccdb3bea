//! The verification of a body that arrives in pieces, after it has begun.

use core::fmt;

use crate::algorithm::Algorithm;
use crate::compare::Comparison;
use crate::hash::{Md5, Sha1, Sha224, Sha256, Sha384, Sha512};
use crate::identity::{Identity, PartialIdentity};
use crate::key::{HmacHash, Key};
use crate::mac::Macs;
use crate::rejection::Rejection;
use crate::setup::MAX_SECRETS;
use crate::tag::Tags;
use crate::verdict::Verified;

/// A verification in progress, from [`Streaming::begin`](crate::Streaming::begin).
///
/// It contains copies of the keys it needs, about 2.2 KiB, and of the body only an incomplete block.
#[must_use = "a delivery is authentic only if `finish` says so"]
pub struct Stream {
    state: State,
    /// Beside the state, which stays where it is after it was wiped: to write a small variant over it may copy what is left on
    /// the stack to where the keys were.
    is_finished: bool,
}

#[expect(clippy::large_enum_variant, reason = "without a heap, the large variant cannot be boxed")]
enum State {
    /// The verdict does not depend on the body: token authentication, or none.
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

/// Evaluates `$body` with `$macs` bound to the content of the variant.
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
        Self { state: State::Decided(verified), is_finished: false }
    }

    /// Starts with the parts of the signed text before the body.
    pub(crate) fn new(keys: &[Key], parts_before_body: &[&[u8]], comparison: Comparison<Tags>) -> Self {
        let mut macs = match comparison.algorithm {
            Algorithm::Md5 => AnyMacs::Md5(begin(keys)),
            Algorithm::Sha1 => AnyMacs::Sha1(begin(keys)),
            Algorithm::Sha224 => AnyMacs::Sha224(begin(keys)),
            Algorithm::Sha256 => AnyMacs::Sha256(begin(keys)),
            Algorithm::Sha384 => AnyMacs::Sha384(begin(keys)),
            Algorithm::Sha512 => AnyMacs::Sha512(begin(keys)),
        };
        with_macs!(&mut macs, macs => parts_before_body.iter().for_each(|part| macs.update(part)));
        Self { state: State::InProgress { macs, comparison }, is_finished: false }
    }

    /// Hashes the next piece of the body, of any length.
    pub fn update(&mut self, chunk: &[u8]) {
        if let State::InProgress { macs, .. } = &mut self.state {
            with_macs!(macs, macs => macs.update(chunk));
        }
    }

    /// Ends the body and returns the verdict.
    ///
    /// # Errors
    /// [`Rejection::Mismatch`] if the body is not the one that was signed; [`Rejection::Expired`] or
    /// [`Rejection::FromFuture`] if it is, but the delivery was not sent shortly before the stream began.
    pub fn finish(mut self) -> Result<Verified, Rejection> {
        self.finish_in_place()
    }

    /// As [`finish`](Self::finish), for a stream in a box or another place that is freed later. `finish` takes the stream
    /// out, and a copy of its keys stays in the place that it leaves; this wipes them there.
    ///
    /// # Errors
    /// As [`finish`](Self::finish), and [`Rejection::Mismatch`] for a stream that is finished already.
    pub fn finish_in_place(&mut self) -> Result<Verified, Rejection> {
        if self.is_finished {
            return Err(Rejection::Mismatch);
        }
        self.is_finished = true;
        let verdict = match &mut self.state {
            State::Decided(verified) => Ok(*verified),
            State::InProgress { macs, comparison } => with_macs!(macs, macs => comparison.judge(macs.finish())),
        };
        self.wipe();
        verdict
    }

    fn wipe(&mut self) {
        if let State::InProgress { macs, .. } = &mut self.state {
            with_macs!(macs, macs => macs.wipe());
        }
    }
}

/// A verification in progress that also identifies the message, from
/// [`Streaming::begin_identified`](crate::Streaming::begin_identified).
///
/// It hashes the body a second time, without a key, unless the sender signs an id.
#[must_use = "a delivery is authentic only if `finish` says so"]
pub struct IdentifyingStream {
    stream: Stream,
    /// `None` if nothing is signed.
    identity: Option<PartialIdentity>,
}

impl IdentifyingStream {
    pub(crate) fn new(stream: Stream, identity: Option<PartialIdentity>) -> Self {
        Self { stream, identity }
    }

    /// Hashes the next piece of the body, of any length.
    pub fn update(&mut self, chunk: &[u8]) {
        self.stream.update(chunk);
        if let Some(identity) = &mut self.identity {
            identity.update(chunk);
        }
    }

    /// Ends the body and returns the verdict, and the identity that [`Verifier::identify`](crate::Verifier::identify) makes
    /// of the whole delivery: `None` if nothing is signed.
    ///
    /// # Errors
    /// As [`Stream::finish`].
    pub fn finish(mut self) -> Result<(Verified, Option<Identity>), Rejection> {
        self.finish_in_place()
    }

    /// As [`finish`](Self::finish), where the stream is: see [`Stream::finish_in_place`].
    ///
    /// # Errors
    /// As [`Stream::finish_in_place`].
    pub fn finish_in_place(&mut self) -> Result<(Verified, Option<Identity>), Rejection> {
        let verified = self.stream.finish_in_place()?;
        Ok((verified, self.identity.take().map(PartialIdentity::finish)))
    }
}

impl fmt::Debug for IdentifyingStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentifyingStream").finish_non_exhaustive()
    }
}

/// Starts the MACs under the keys for one hash function.
fn begin<H: HmacHash<BLOCK>, const BLOCK: usize>(keys: &[Key]) -> Macs<H, BLOCK, MAX_SECRETS> {
    Macs::with_keys(keys.iter().filter_map(H::chaining_pair))
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.wipe();
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}
