//! Deliveries whose body was signed before it was packed: their MACs are computed while the body is unpacked.

use countersign_core::{Delivery, Headers, Rejection, SecretSet, Timestamp, Verified};

use crate::function::WithSignature;
use crate::rewriter::Rewriter;
use crate::verifier::Verifier;

impl Verifier {
    /// Verifies a delivery whose body is packed, without the unpacked body in memory: it can be a hundred times as long as
    /// what an unknown sender has sent. `None` if the body is not packed, and for schemes that need more than the body as it
    /// is, at the end of the signed text: [`Rewriter::rewrite`] unpacks for them.
    ///
    /// The verdict is that on the rewritten delivery, and the faults of the packed body come first too. The head has been
    /// checked.
    pub(super) fn verify_packed<H: Headers + ?Sized>(
        &self,
        rewriter: &Rewriter,
        secrets: SecretSet,
        delivery: &Delivery<'_, H>,
        now: Timestamp,
    ) -> Option<Result<Verified, Rejection>> {
        let composition = rewriter.only_unpacks().filter(|_| self.signs() && self.secret_text.is_none())?;
        let streaming = self.core.streaming().ok()?;
        // The same type of headers as for rewritten deliveries, so that the core's long code is compiled once for both.
        let headers = WithSignature { signature: None, parts: &[], headers: delivery.headers };
        let Delivery { method, url, .. } = *delivery;
        let without_body = Delivery { method, url, headers: &headers, body: &[] };
        // It begins when there is something to hash, since most bodies are not packed.
        let begin = || streaming.begin_using(secrets, &without_body.head(), now);
        let mut stream = None;
        let is_packed = composition.unpack(delivery, |piece| {
            if let Ok(stream) = stream.get_or_insert_with(begin) {
                stream.update(piece);
            }
        });
        match is_packed {
            Ok(false) => None,
            Ok(true) => Some(stream.unwrap_or_else(begin).and_then(countersign_core::Stream::finish)),
            Err(rejection) => Some(Err(rejection)),
        }
    }
}
