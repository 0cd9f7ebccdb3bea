//! The answer to the handshake of a sender.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_core::{Delivery, Encoding, Headers};

use crate::handshake::{Body, Handshake};
use crate::secret::Secret;
use crate::verifier::Verifier;

impl Verifier {
    /// The answer, if this request is the handshake that the scheme describes. Ask before [`verify`](Self::verify): most such
    /// requests are not signed, and none is an event. `now` is as for `verify`.
    ///
    /// Where the sender signs the request, only an authentic one is answered. The text to be repeated or signed must have the
    /// form of a token: 1 to 512 letters, digits and `-._~+/`, and `=` where it is repeated only. No answer is therefore the
    /// signature of a JSON object, a JSON array or a form.
    #[must_use]
    pub fn handshake<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>, now: SystemTime) -> Option<Handshake> {
        let rule = self.handshake.as_deref()?;
        let challenge = rule.challenge(delivery)?;
        if rule.is_signed && self.verify(delivery, now).is_err() {
            return None;
        }
        let mac = match rule.hmac {
            None => String::new(),
            Some(encoding) => {
                let tag = self.sign_challenge(challenge.as_bytes(), now)?;
                match encoding {
                    Encoding::HexaDecimal => const_hex::encode(tag.as_bytes()),
                    _ => STANDARD.encode(tag.as_bytes()),
                }
            }
        };
        let fill = |template: &str| template.replace("{challenge}", &challenge).replace("{hmac}", &mac);
        let mut headers: Vec<_> = rule.headers.iter().map(|(name, value)| (name.clone(), fill(value))).collect();
        let (content_type, body) = match &rule.body {
            Body::Empty => (None, String::new()),
            Body::Text(template) => (Some("text/plain"), fill(template)),
            Body::Json(fields) => {
                let quoted = |text: &str| serde_json::Value::from(text).to_string();
                let fields: Vec<_> =
                    fields.iter().map(|(name, value)| format!("{}:{}", quoted(name), quoted(&fill(value)))).collect();
                (Some("application/json"), format!("{{{}}}", fields.join(",")))
            }
        };
        if let Some(content_type) = content_type
            && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Content-Type"))
        {
            headers.insert(0, ("Content-Type".to_owned(), content_type.to_owned()));
        }
        let secret = rule.is_secret.then(|| Secret::new(challenge.as_bytes()));
        Some(Handshake { status: rule.status, headers, body, secret })
    }

    /// Whether the sender signs its handshake, so that only an authentic request can be one.
    #[cfg(feature = "tower")]
    pub(crate) fn signs_handshake(&self) -> bool {
        self.handshake.as_ref().is_some_and(|rule| rule.is_signed)
    }
}
