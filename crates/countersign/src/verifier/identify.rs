//! What recognises a message that comes again: its identity, and the id of its delivery.

use countersign_core::{Delivery, Headers, Identity, Rejection, SecretSet, Timestamp};

use crate::delivery_id::DeliveryId;
use crate::function::WithSignature;
use crate::verifier::Verifier;

impl Verifier {
    /// Returns the identity of a message that this verifier has accepted: the hash of its id if that is signed, else of the
    /// whole signed text, whichever secret has signed it. `None` if nothing is signed.
    ///
    /// `delivery` holds the whole body that was verified. Without it, as after a [`Stream`](crate::Stream), the identity is
    /// that of a message with an empty body: if the sender signs no id, different messages then have one identity, and a
    /// memory of identities loses all but the first. [`begin_identified`](crate::Streaming::begin_identified)
    /// identifies a body that arrives in pieces.
    #[must_use]
    pub fn identify<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) -> Option<Identity> {
        if let Some(format) = &self.message_format {
            return format.identify(&self.core, delivery);
        }
        let Some(rewriter) = &self.rewriter else {
            // The same type of headers as below, so that the core's long code is compiled once for both.
            let headers = WithSignature { signature: None, parts: &[], headers: delivery.headers };
            let Delivery { method, url, body, .. } = *delivery;
            return self.core.identify(&Delivery { method, url, headers: &headers, body });
        };
        if !rewriter.finds_signature() {
            self.core.check_head(&delivery.head()).ok()?;
        }
        // Finds the text that was signed.
        let rewritten = rewriter.rewrite(delivery).ok()?;
        let deliveries = rewritten.deliveries(delivery, self.header());
        let signed = deliveries.iter().find(|delivery| self.was_signed(delivery))?;
        self.core.identify(&signed)
    }

    /// Whether a rewritten delivery is authentic, at whatever time it was sent.
    fn was_signed<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) -> bool {
        let verdict = self.verify_rewritten(SecretSet::ALL, delivery, Timestamp::from_seconds(0));
        matches!(verdict, Ok(_) | Err(Rejection::Expired | Rejection::FromFuture))
    }

    /// The id by which a repetition of this delivery is recognised, if the scheme says where its sender puts one (`id_from`) and
    /// it is there. Whether the delivery is authentic is not looked at; call [`verify`](Self::verify) first.
    ///
    /// Unlike [`identify`](Self::identify) it reads ids that are not signed too, in headers, in the query of the URL and in JSON
    /// and form bodies, and says whether the MAC covers the id. In a body with a `Content-Encoding` no id is looked for. A
    /// header, parameter or JSON name that occurs twice, a value of another kind than text or number, and a value with
    /// control characters or longer than [`MAX_DELIVERY_ID`](crate::MAX_DELIVERY_ID) bytes are no id.
    #[must_use]
    pub fn delivery_id<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) -> Option<DeliveryId> {
        self.id_places.find(delivery)
    }
}
