//! Hashes deliveries that are rejected already, so that the response time does not show how far verification got.

use countersign_core::{Delivery, Encoding, Headers, Stream};

use crate::secret::Secret;
use crate::verifier::Verifier;

/// Takes as long as another verifier, and accepts nothing.
pub(crate) struct Decoy {
    verifier: Verifier,
    /// A signature of the right form, so that the MAC is computed and compared.
    signature: String,
}

impl Decoy {
    /// A decoy that takes as long as `verifier` takes for a wrong signature. `None` if `verifier` computes no MAC.
    pub(crate) fn for_verifier(verifier: &Verifier) -> Option<Self> {
        let (algorithm, secrets) = verifier.macs_per_mismatch()?;
        let secrets = vec![Secret::new("decoy"); secrets];
        let verifier = Verifier::hmac(algorithm, Encoding::HexaDecimal, secrets).ok()?;
        Some(Self { verifier, signature: "00".repeat(algorithm.tag_len()) })
    }

    /// Builds the signed text of a delivery as `verifier` does, and hashes it.
    pub(crate) fn hash<H: Headers + ?Sized>(&self, verifier: &Verifier, delivery: &Delivery<'_, H>) {
        // The result does not matter, but the compiler must not know that.
        verifier.for_each_hashed_body(delivery, |body| {
            let _ = std::hint::black_box(self.verifier.verify_signature(self.signature.as_bytes(), body));
        });
    }

    /// Begins to hash a body that arrives in chunks. The stream's verdict must not be used.
    pub(crate) fn begin(&self) -> Option<Stream> {
        self.verifier.streaming().ok()?.begin_signature(self.signature.as_bytes()).ok()
    }
}
