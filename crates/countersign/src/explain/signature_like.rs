//! Whether a header that no scheme names looks like a signature or a token: by its name, or by the form of its value.

use countersign_core::MAX_VALUE;

/// Names that no sender has for itself, although presets have them.
pub(super) const GENERIC: &[&str] = &[
    "Authorization",
    "HMACSignature",
    "Signature",
    "X-HMAC",
    "X-HMAC-Signature",
    "X-Hook-Signature",
    "X-Request-Signature-SHA-256",
    "X-SHA2-Signature",
    "X-Signature",
    "X-Verify",
    "X-Webhook-Secret",
    "X-Webhook-Signature",
];

/// Whether this is the name of no single sender's header.
pub(super) fn is_generic(name: &str) -> bool {
    GENERIC.iter().any(|generic| generic.eq_ignore_ascii_case(name))
}

/// Whether the name says that it is a signature or a token, or whether the value can only be one.
pub(super) fn looks_like_signature(name: &str, value: &[u8]) -> bool {
    /// Ends of the names of what stands beside a signature, and of other hashes and random texts.
    const OTHERS: &[&str] = &[
        "-agent",
        "-alg",
        "-algo",
        "-algorithm",
        "-cookie",
        "-digest",
        "-headers",
        "-id",
        "-input",
        "-key",
        "-method",
        "-nonce",
        "-timestamp",
        "-type",
        "-version",
        "-content-sha256",
        "-none-match",
        "-md5",
    ];
    let lower = name.to_ascii_lowercase();
    let is_other = OTHERS.iter().any(|end| lower.ends_with(end))
        || ["etag", "digest", "cookie", "traceparent", "accept-signature"].contains(&lower.as_str());
    if is_other || value.trim_ascii().is_empty() || value.len() > MAX_VALUE {
        return false;
    }
    is_generic(name)
        || ["signature", "hmac"].iter().any(|word| lower.contains(word))
        || lower.ends_with("-sign")
        || value.split(|byte| b" ,;".contains(byte)).any(holds_tag)
}

/// Whether a part of a value, such as `v1=…`, has the length and the characters of a signature.
fn holds_tag(part: &[u8]) -> bool {
    let is_tag = |text: &[u8]| match text.len() {
        40 | 64 | 96 | 128 if text.iter().all(u8::is_ascii_hexdigit) => true,
        28 | 44 | 88 => {
            let padding = if text.len() == 88 { 2 } else { 1 };
            let (front, end) = text.split_at(text.len() - padding);
            end.iter().all(|byte| *byte == b'=')
                && front.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte))
        }
        _ => false,
    };
    let behind_label = part.iter().position(|byte| b"=:".contains(byte)).and_then(|at| part.get(at + 1..));
    is_tag(part) || behind_label.is_some_and(is_tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_look_like_a_signature() {
        let (hex, base64) = ("ab".repeat(32), "A".repeat(43) + "=");
        for (name, value) in [
            ("X-Acme-Signature", "x"),
            ("X-Acme-Hmac-Sha256", "x"),
            ("Acme-Sign", "x"),
            ("X-Signature", "x"),
            ("authorization", "Bearer x"),
            ("X-Acme", &hex),
            ("X-Acme", &format!("sha256={hex}")),
            ("X-Acme", &format!("t=1,v1={hex}")),
            ("X-Acme", &base64),
            ("X-Acme", &format!("v1,{base64} v1,{base64}")),
            ("X-Acme", &"ab".repeat(20)),
        ] {
            assert!(looks_like_signature(name, value.as_bytes()), "{name}: {value}");
        }
        for (name, value) in [
            ("X-Acme-Signature", " "),
            ("X-Acme-Signature-Timestamp", "1760000000"),
            ("X-Acme-Signature-Version", "1"),
            ("Signature-Input", "sig=()"),
            ("X-Request-Id", &hex),
            ("ETag", &hex),
            ("Content-Digest", &base64),
            ("X-Amz-Content-Sha256", &hex),
            ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            ("Content-Type", "application/json"),
            ("X-Acme", &format!("{hex}0")),
            ("X-Acme", &"A".repeat(44)),
            ("X-Acme", &format!("{}é=", "A".repeat(41))),
        ] {
            assert!(!looks_like_signature(name, value.as_bytes()), "{name}: {value}");
        }
    }
}
