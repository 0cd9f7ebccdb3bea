//! Many deliveries at once: parse and decode each, make all MACs in lanes, compare each.

mod piece;

use std::num::NonZero;
use std::thread;
use std::time::SystemTime;

use countersign_core::{Delivery, Headers, Rejection, Verified};
use countersign_lanes::Lanes;

use crate::verifier::Verifier;
use piece::{FastItem, Item};

/// What a verifier says of a delivery.
pub type Verdict = Result<Verified, Rejection>;

/// How many deliveries are under way at once: what is kept of them stays in the cache.
const PIECE: usize = 256;

/// The most threads that a [`Batch`] starts, whatever it is told: more than any machine has cores, and few enough that a system
/// which starts threads at all starts as many.
pub const MAX_THREADS: usize = 1024;

/// So few deliveries take less time one by one, by `benches/benches/batch`.
const FEW: usize = 4;

/// Verifies each `(verifier, signature, body)` of a batch, as [`Verifier::verify_signature`] does, and puts the verdict to
/// the same place in `verdicts`. Many together take a fraction of the time that they would take one by one.
///
/// A place in `verdicts` without a delivery becomes an error; a delivery without a place gets no verdict. Every place is an
/// error before the work begins, so that nothing old is left there after a panic.
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

    /// On up to `threads` cores, [`MAX_THREADS`] at the most. Threads are started for each batch, so this pays for batches that
    /// take milliseconds.
    #[must_use]
    pub fn threads(self, threads: NonZero<usize>) -> Self {
        let threads = threads.min(NonZero::<usize>::MIN.saturating_add(MAX_THREADS - 1));
        Self { threads, ..self }
    }

    /// As [`verify_batch`].
    #[inline]
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
            piece::verify(
                self.lanes,
                batch,
                verdicts,
                |(verifier, signature, body)| FastItem { verifier, signature: Some(signature), body },
                |(verifier, signature, body)| {
                    let headers = verifier.only(signature);
                    Item { verifier, method: "", url: "", headers, body, now }
                },
                |headers| headers,
            );
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
            piece::verify(
                self.lanes,
                batch,
                verdicts,
                |(verifier, delivery, _)| {
                    let signature = verifier.signature_line(delivery.headers);
                    FastItem { verifier, signature, body: &delivery.body }
                },
                |(verifier, delivery, now)| {
                    let Delivery { method, url, headers, body } = *delivery;
                    Item { verifier, method, url, headers, body, now: *now }
                },
                |headers| *headers,
            );
        });
    }

    /// Cuts a batch into pieces, for each of which `verify` fills in the verdicts.
    fn share<T: Sync>(&self, batch: &[T], verdicts: &mut [Verdict], verify: impl Fn(&[T], &mut [Verdict]) + Sync) {
        let verdicts = cleared(batch, verdicts);
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
    for (item, verdict) in batch.iter().zip(cleared(batch, verdicts)) {
        *verdict = verify(item);
    }
}

/// The places that get a verdict. All hold an error first: if the work ends early, by a panic of the caller's `Headers` for
/// example that somebody catches, then no old `Ok` is left to be read as a verdict on a delivery of this batch.
#[inline]
fn cleared<'v, T>(batch: &[T], verdicts: &'v mut [Verdict]) -> &'v mut [Verdict] {
    verdicts.fill(Err(Rejection::MissingSignature));
    let count = batch.len().min(verdicts.len());
    &mut verdicts[..count]
}
