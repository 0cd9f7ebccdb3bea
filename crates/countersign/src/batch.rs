//! Many deliveries at once: parse and decode each, make all MACs in lanes, compare each.

use std::num::NonZero;
use std::thread;
use std::time::SystemTime;

use countersign_core::hazmat::Claim;
use countersign_core::{Delivery, Headers, Rejection, Verified};
use countersign_lanes::{Lanes, Mac, Message};

use crate::verifier::Verifier;

/// What a verifier says of a delivery.
pub type Verdict = Result<Verified, Rejection>;

/// How many deliveries are under way at once: what is kept of them stays in the cache.
const PIECE: usize = 256;

/// So few deliveries take less time one by one, by `benches/benches/batch`.
const FEW: usize = 4;

/// Verifies each `(verifier, signature, body)` of a batch, as [`Verifier::verify_signature`] does, and puts the verdict to
/// the same place in `verdicts`. Many together take a fraction of the time that they would take one by one.
///
/// A place in `verdicts` without a delivery becomes an error; a delivery without a place gets no verdict.
///
/// ```
/// use countersign::{Algorithm, Encoding, Rejection, Secret, Verifier, verify_batch};
///
/// let secret = Secret::new("It's a Secret to Everybody");
/// let github = Verifier::hmac(Algorithm::Sha256, Encoding::HexaDecimal, secret)?;
/// let signature = &b"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"[..];
///
/// let batch = [(&github, signature, &b"Hello, World!"[..]), (&github, signature, b"Hello, World?")];
/// let mut verdicts = [Err(Rejection::MissingSignature); 2];
/// verify_batch(&batch, &mut verdicts);
/// assert!(verdicts[0].is_ok());
/// assert_eq!(verdicts[1], Err(Rejection::Mismatch));
/// # Ok::<(), countersign::ConfigError>(())
/// ```
pub fn verify_batch(batch: &[(&Verifier, &[u8], &[u8])], verdicts: &mut [Verdict]) {
    Batch::new().verify_signatures(batch, verdicts);
}

/// How batches are verified: with which instruction sets, on how many cores.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    lanes: Lanes,
    threads: NonZero<usize>,
}

impl Default for Batch {
    fn default() -> Self {
        Self::new()
    }
}

impl Batch {
    /// With all instruction sets that the processor has, in the calling thread.
    #[must_use]
    pub fn new() -> Self {
        Self { lanes: Lanes::detect(), threads: NonZero::<usize>::MIN }
    }

    /// With these instruction sets.
    #[must_use]
    pub fn lanes(self, lanes: Lanes) -> Self {
        Self { lanes, ..self }
    }

    /// On up to `threads` cores. Threads are started for each batch, so this pays for batches that take milliseconds.
    #[must_use]
    pub fn threads(self, threads: NonZero<usize>) -> Self {
        Self { threads, ..self }
    }

    /// As [`verify_batch`].
    pub fn verify_signatures(&self, batch: &[(&Verifier, &[u8], &[u8])], verdicts: &mut [Verdict]) {
        if batch.len() < FEW {
            return one_by_one(batch, verdicts, |(verifier, signature, body)| {
                verifier.verify_signature(signature, body)
            });
        }
        let now = if batch.iter().any(|(verifier, ..)| verifier.is_timed()) {
            SystemTime::now()
        } else {
            SystemTime::UNIX_EPOCH
        };
        self.share(batch, verdicts, |batch, verdicts| {
            let headers: Vec<_> = batch.iter().map(|(verifier, signature, _)| verifier.only(signature)).collect();
            let deliveries = batch.iter().zip(&headers).map(|((verifier, _, body), headers)| {
                (*verifier, Delivery { method: "", url: "", headers, body }, now)
            });
            verify_piece(self.lanes, deliveries, verdicts);
        });
    }

    /// Verifies each `(verifier, delivery, now)` of a batch, as [`Verifier::verify`] does, and puts the verdict to the same
    /// place in `verdicts`.
    ///
    /// A place in `verdicts` without a delivery becomes an error; a delivery without a place gets no verdict.
    pub fn verify<H: Headers + Sync + ?Sized>(
        &self,
        batch: &[(&Verifier, Delivery<'_, H>, SystemTime)],
        verdicts: &mut [Verdict],
    ) {
        if batch.len() < FEW {
            return one_by_one(batch, verdicts, |(verifier, delivery, now)| verifier.verify(delivery, *now));
        }
        self.share(batch, verdicts, |batch, verdicts| {
            verify_piece(
                self.lanes,
                batch.iter().map(|(verifier, delivery, now)| (*verifier, *delivery, *now)),
                verdicts,
            );
        });
    }

    /// Cuts a batch into pieces, for each of which `verify` fills in the verdicts.
    fn share<T: Sync>(&self, batch: &[T], verdicts: &mut [Verdict], verify: impl Fn(&[T], &mut [Verdict]) + Sync) {
        let (verdicts, beyond) = verdicts.split_at_mut(batch.len().min(verdicts.len()));
        beyond.fill(Err(Rejection::MissingSignature));
        let run = |batch: &[T], verdicts: &mut [Verdict]| {
            for (batch, verdicts) in batch.chunks(PIECE).zip(verdicts.chunks_mut(PIECE)) {
                verify(batch, verdicts);
            }
        };
        // Whole pieces, the same number for each thread but the last.
        let share = verdicts.len().div_ceil(PIECE).div_ceil(self.threads.get()) * PIECE;
        if share == 0 || verdicts.len() <= share {
            return run(batch, verdicts);
        }
        thread::scope(|scope| {
            for (batch, verdicts) in batch.chunks(share).zip(verdicts.chunks_mut(share)) {
                scope.spawn(|| run(batch, verdicts));
            }
        });
    }
}

#[inline]
fn one_by_one<T>(batch: &[T], verdicts: &mut [Verdict], verify: impl Fn(&T) -> Verdict) {
    for (at, verdict) in verdicts.iter_mut().enumerate() {
        *verdict = batch.get(at).map_or(Err(Rejection::MissingSignature), &verify);
    }
}

/// Verifies deliveries and puts the verdicts into `verdicts`, in the same order.
fn verify_piece<'a, H: Headers + ?Sized + 'a>(
    lanes: Lanes,
    deliveries: impl ExactSizeIterator<Item = (&'a Verifier, Delivery<'a, H>, SystemTime)>,
    verdicts: &mut [Verdict],
) {
    let count = deliveries.len();
    let mut claims = vec![Claim::empty(); count];
    let mut parts: Vec<&[u8]> = Vec::with_capacity(count);
    // For each claim, where its parts end.
    let mut ends = Vec::with_capacity(count);
    for ((verifier, delivery, now), (claim, verdict)) in deliveries.zip(claims.iter_mut().zip(&mut *verdicts)) {
        let before = parts.len();
        if let Err(known) = verifier.claim(&delivery, now, claim, |part| parts.push(part)) {
            *verdict = known;
            *claim = Claim::empty();
            parts.truncate(before);
        }
        ends.push(parts.len());
    }
    let mut messages = Vec::with_capacity(count);
    let mut start = 0;
    for (claim, end) in claims.iter().zip(ends) {
        let parts = parts.get(start..end).unwrap_or_default();
        start = end;
        messages.extend(claim.keys().map(|key| Message { key, parts }));
    }
    let mut macs = vec![Mac::empty(); messages.len()];
    lanes.mac_batch(&messages, &mut macs);
    let mut macs = macs.iter().map(Mac::as_bytes);
    for (claim, verdict) in claims.iter().zip(verdicts) {
        let wanted = claim.keys().count();
        // What has no key was judged before.
        if wanted > 0 {
            *verdict = claim.judge(macs.by_ref().take(wanted));
        }
    }
}
