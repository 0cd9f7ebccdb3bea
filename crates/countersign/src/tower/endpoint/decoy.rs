//! Work whose outcome is known, so that a sender cannot tell by the time how far a delivery got.

use countersign_core::{Delivery, Encoding, Headers, Stream};

use crate::secret::Secret;
use crate::verifier::Verifier;

/// A verifier that hashes bodies as another does, and takes none of them.
pub(crate) struct Decoy {
    verifier: Verifier,
    /// In the right form, so that it comes to a comparison.
    signature: String,
}

impl Decoy {
    /// One that costs what a wrong signature costs `verifier`. `None` if that makes no MAC.
    pub(crate) fn of(verifier: &Verifier) -> Option<Self> {
        let (algorithm, secrets) = verifier.cost()?;
        let secrets = vec![Secret::new("decoy"); secrets];
        let verifier = Verifier::hmac(algorithm, Encoding::HexaDecimal, secrets).ok()?;
        Some(Self { verifier, signature: "00".repeat(algorithm.tag_len()) })
    }

    /// Does with a delivery what `verifier` does with one whose signature is wrong: makes of it what is signed, and hashes that.
    pub(crate) fn judge<H: Headers + ?Sized>(&self, verifier: &Verifier, delivery: &Delivery<'_, H>) {
        // What comes out does not matter, but the compiler must not know that.
        verifier.each_signed(delivery, |body| {
            let _ = std::hint::black_box(self.verifier.verify_signature(self.signature.as_bytes(), body));
        });
    }

    /// Begins to hash a body that comes in pieces. What comes out must not be taken for a verdict.
    pub(crate) fn begin(&self) -> Option<Stream> {
        self.verifier.streaming().ok()?.begin_signature(self.signature.as_bytes()).ok()
    }
}
