//! Batch verification. The MACs of many deliveries are computed together, in SIMD lanes.

mod piece;

use std::num::NonZero;
use std::thread;
use std::time::SystemTime;

use countersign_core::{Delivery, Headers, Rejection, Verified};
use countersign_lanes::Lanes;

use crate::verifier::Verifier;
use piece::{FastItem, Item};

/// The result of the verification of one delivery.
pub type Verdict = Result<Verified, Rejection>;

/// How many deliveries are verified together. Their intermediate results fit into the cache.
const PIECE: usize = 256;

/// The most threads that a [`Batch`] starts. It is more than machines have cores, and low enough that an operating system
/// does not refuse to start them.
pub const MAX_THREADS: usize = 1024;

/// A batch with fewer deliveries is verified one by one, which is then faster according to `benches/benches/batch`.
const MIN_FOR_LANES: usize = 4;

/// Verifies each `(verifier, signature, body)` of a batch, as [`Verifier::verify_signature`] does, and writes its verdict
/// to the same index of `verdicts`. A large batch takes a fraction of the time of single verifications.
///
/// An element of `verdicts` without a delivery becomes an error; a delivery without an element of `verdicts` is not
/// verified. All elements are set to an error before the verification begins, so that a panic leaves no old verdict there.
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

/// Settings of batch verification: the instruction sets and the number of threads.
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
    /// Uses all instruction sets of the processor, and only the calling thread.
    #[must_use]
    pub fn new() -> Self {
        Self { lanes: Lanes::detect(), threads: NonZero::<usize>::MIN }
    }

    /// Sets the instruction sets.
    #[must_use]
    pub fn lanes(self, lanes: Lanes) -> Self {
        Self { lanes, ..self }
    }

    /// Sets the number of threads; more than [`MAX_THREADS`] count as that many. Each batch starts its own threads, so
    /// several threads are faster only for batches that take milliseconds.
    #[must_use]
    pub fn threads(self, threads: NonZero<usize>) -> Self {
        let threads = threads.min(NonZero::<usize>::MIN.saturating_add(MAX_THREADS - 1));
        Self { threads, ..self }
    }

    /// Does the same as [`verify_batch`], with these settings.
    #[inline]
    pub fn verify_signatures(&self, batch: &[(&Verifier, &[u8], &[u8])], verdicts: &mut [Verdict]) {
        if batch.len() < MIN_FOR_LANES {
            return one_by_one(batch, verdicts, |(verifier, signature, body)| {
                verifier.verify_signature(signature, body)
            });
        }
        let now = if batch.iter().any(|(verifier, ..)| verifier.needs_clock()) {
            SystemTime::now()
        } else {
            SystemTime::UNIX_EPOCH
        };
        self.verify_in_pieces(batch, verdicts, |batch, verdicts| {
            piece::verify(
                self.lanes,
                batch,
                verdicts,
                |(verifier, signature, body)| FastItem { verifier, signature: Some(signature), body },
                |(verifier, signature, body)| {
                    let headers = verifier.signature_headers(signature);
                    Item { verifier, method: "", url: "", headers, body, now }
                },
                |headers| headers,
            );
        });
    }

    /// Verifies each `(verifier, delivery, now)` of a batch, as [`Verifier::verify`] does, and writes its verdict to the
    /// same index of `verdicts`.
    ///
    /// An element of `verdicts` without a delivery becomes an error; a delivery without an element of `verdicts` is not
    /// verified.
    pub fn verify<H: Headers + Sync + ?Sized>(
        &self,
        batch: &[(&Verifier, Delivery<'_, H>, SystemTime)],
        verdicts: &mut [Verdict],
    ) {
        if batch.len() < MIN_FOR_LANES {
            return one_by_one(batch, verdicts, |(verifier, delivery, now)| verifier.verify(delivery, *now));
        }
        self.verify_in_pieces(batch, verdicts, |batch, verdicts| {
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

    /// Distributes a batch over the threads, in pieces of [`PIECE`] deliveries; `verify` writes the verdicts of a piece.
    fn verify_in_pieces<T: Sync>(
        &self,
        batch: &[T],
        verdicts: &mut [Verdict],
        verify: impl Fn(&[T], &mut [Verdict]) + Sync,
    ) {
        let verdicts = reset_verdicts(batch, verdicts);
        let run = |batch: &[T], verdicts: &mut [Verdict]| {
            for (batch, verdicts) in batch.chunks(PIECE).zip(verdicts.chunks_mut(PIECE)) {
                verify(batch, verdicts);
            }
        };
        // Each thread gets the same number of whole pieces, except for the last.
        let per_thread = verdicts.len().div_ceil(PIECE).div_ceil(self.threads.get()) * PIECE;
        if per_thread == 0 || verdicts.len() <= per_thread {
            return run(batch, verdicts);
        }
        thread::scope(|scope| {
            for (batch, verdicts) in batch.chunks(per_thread).zip(verdicts.chunks_mut(per_thread)) {
                scope.spawn(|| run(batch, verdicts));
            }
        });
    }
}

#[inline]
fn one_by_one<T>(batch: &[T], verdicts: &mut [Verdict], verify: impl Fn(&T) -> Verdict) {
    for (item, verdict) in batch.iter().zip(reset_verdicts(batch, verdicts)) {
        *verdict = verify(item);
    }
}

/// Sets all verdicts to an error and returns those that belong to a delivery. If the caller catches a panic, for example of
/// its own `Headers`, then no old `Ok` can be mistaken for the verdict of a delivery of this batch.
#[inline]
fn reset_verdicts<'v, T>(batch: &[T], verdicts: &'v mut [Verdict]) -> &'v mut [Verdict] {
    verdicts.fill(Err(Rejection::MissingSignature));
    let count = batch.len().min(verdicts.len());
    &mut verdicts[..count]
}
