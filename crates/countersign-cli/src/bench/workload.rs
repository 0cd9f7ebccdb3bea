//! What is verified while the time is taken: deliveries of one algorithm and one length.

use std::hint::black_box;

use countersign::{
    Algorithm, ConfigError, Encoding, Message, Rejection, Secret, Signer, Verdict, Verifier, verify_batch,
};

/// How many bytes a batch has, as far as the limits of its length let it: more than fits the nearest caches.
const BATCH_BYTES: usize = 2 << 20;

/// Deliveries with their signatures, all of them authentic.
pub(super) struct Workload {
    pub(super) algorithm: Algorithm,
    pub(super) size: usize,
    verifier: Verifier,
    /// All bodies, one behind the other.
    bodies: Vec<u8>,
    signatures: Vec<String>,
}

impl Workload {
    pub(super) fn new(algorithm: Algorithm, size: usize) -> Result<Self, ConfigError> {
        // Nobody is authenticated with it.
        let secret = || Secret::new("the secret of a measurement");
        let encoding = Encoding::HexaDecimal;
        let (signer, verifier) =
            (Signer::hmac(algorithm, encoding, secret())?, Verifier::hmac(algorithm, encoding, secret())?);
        let count = (BATCH_BYTES / size).clamp(16, 512);
        let bodies: Vec<u8> = (b' '..=b'~').cycle().take(count * size).collect();
        let signatures =
            bodies.chunks(size).map(|body| signer.signature(&Message::new(body))).collect::<Result<_, _>>()?;
        Ok(Self { algorithm, size, verifier, bodies, signatures })
    }

    /// How many deliveries a batch has.
    pub(super) fn batch(&self) -> usize {
        self.signatures.len()
    }

    /// Verifies the first delivery so many times; whether it was authentic each time.
    pub(super) fn one_by_one(&self, times: u32) -> bool {
        let (signature, body) = (self.signatures[0].as_bytes(), &self.bodies[..self.size]);
        (0..times).all(|_| self.verifier.verify_signature(black_box(signature), black_box(body)).is_ok())
    }

    /// Verifies all deliveries at once so many times; whether all were authentic each time.
    pub(super) fn in_batches(&self, times: u32) -> bool {
        let items: Vec<_> = self.items().collect();
        let mut verdicts = self.no_verdicts();
        (0..times).all(|_| {
            verify_batch(black_box(&items), &mut verdicts);
            black_box(&verdicts).iter().all(Result::is_ok)
        })
    }

    /// What is wrong with a verdict, if one is: nothing that is wrong shall be measured.
    pub(super) fn wrong_verdict(&self) -> Option<&'static str> {
        if !self.one_by_one(1) || !self.in_batches(1) {
            return Some("an authentic delivery was rejected");
        }
        let forged = self.signatures[0].bytes().rev().collect::<Vec<u8>>();
        if self.verifier.verify_signature(&forged, &self.bodies[..self.size]).is_ok() {
            return Some("a forged delivery was taken for authentic");
        }
        let mut items: Vec<_> = self.items().collect();
        items[0].1 = &forged;
        let mut verdicts = self.no_verdicts();
        verify_batch(&items, &mut verdicts);
        let as_they_are = verdicts.iter().enumerate().all(|(at, verdict)| verdict.is_ok() == (at != 0));
        (!as_they_are).then_some("a forged delivery in a batch was not the one that was rejected")
    }

    fn items(&self) -> impl Iterator<Item = (&Verifier, &[u8], &[u8])> {
        self.signatures
            .iter()
            .zip(self.bodies.chunks(self.size))
            .map(|(signature, body)| (&self.verifier, signature.as_bytes(), body))
    }

    fn no_verdicts(&self) -> Vec<Verdict> {
        vec![Err(Rejection::Mismatch); self.batch()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_verdict_is_seen() {
        let mut work = Workload::new(Algorithm::Sha256, 100).unwrap();
        assert_eq!((work.wrong_verdict(), work.batch()), (None, 512));
        work.bodies[0] ^= 1;
        assert_eq!(work.wrong_verdict(), Some("an authentic delivery was rejected"));
        work.bodies[0] ^= 1;
        // A signature that reads the same from both ends is no forgery when it is turned round.
        work.verifier = Verifier::token(Secret::new("aa")).unwrap();
        work.signatures.fill("aa".to_owned());
        assert_eq!(work.wrong_verdict(), Some("a forged delivery was taken for authentic"));
    }

    #[test]
    fn a_batch_is_neither_small_nor_huge() {
        for (size, count) in [(1, 512), (4096, 512), (65_536, 32), (1 << 20, 16)] {
            assert_eq!(Workload::new(Algorithm::Md5, size).unwrap().batch(), count);
        }
    }
}
