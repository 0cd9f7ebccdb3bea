//! Files of credentials of Google Cloud. Only what is no secret is read of them.

use serde::Deserialize;

/// The most bytes of an e-mail address (RFC 5321, section 4.5.3.1.3, without the angle brackets).
const EMAIL_BYTES_MAX: usize = 254;

/// Whose credentials are in a file.
#[derive(Deserialize)]
#[expect(missing_debug_implementations, reason = "what stands there may be in the wrong place")]
pub struct GoogleCredentials {
    /// Their type, such as `service_account`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// The e-mail address of the service account, if they are the key of one.
    #[serde(default)]
    pub client_email: String,
}

impl GoogleCredentials {
    /// Reads them; none if the text is no JSON object with texts in these fields.
    #[must_use]
    pub fn read(text: &[u8]) -> Option<Self> {
        // An array would be read as the fields in their order.
        if text.trim_ascii_start().first() != Some(&b'{') {
            return None;
        }
        serde_json::from_slice(text).ok()
    }

    /// The type, to be shown: in quotes, and only if it is a name.
    #[must_use]
    pub fn shown_type(&self) -> String {
        let is_name = self.kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if self.kind.is_empty() {
            "missing".to_owned()
        } else if is_name && self.kind.len() <= 64 {
            format!("{:?}", self.kind)
        } else {
            "no name of a type".to_owned()
        }
    }
}

/// Whether a text may be the e-mail address of a service account.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte))
    };
    text.len() <= EMAIL_BYTES_MAX && text.split_once('@').is_some_and(|(name, host)| is_part(name) && is_part(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_type_is_not_shown() {
        for (text, shown) in [
            (r#"{"type": "external_account"}"#, Some("\"external_account\"")),
            (" \n{}", Some("missing")),
            (r#"{"type": "-----BEGIN PRIVATE KEY-----"}"#, Some("no name of a type")),
            (r#"["planted", "planted"]"#, None),
            (r#"{"type": 1}"#, None),
            ("", None),
            ("{", None),
        ] {
            let read = GoogleCredentials::read(text.as_bytes());
            assert_eq!(read.map(|read| read.shown_type()).as_deref(), shown, "{text}");
        }
    }
}
