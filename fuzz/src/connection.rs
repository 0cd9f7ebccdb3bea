//! Claims: no text makes the reader of connections panic. It takes valid JSON only, and blames the syntax only where
//! serde_json does. What it reads is what stands there. A secret changes nothing of what is shown, so that no error
//! can hold it. Where an HMAC connection is accepted, its signer and its verifier agree.

use std::time::{Duration, SystemTime};

use countersign::{ConfigError, Connection, Delivery, Message, Rejection};
use serde::de::IgnoredAny;
use serde_json::Value;

/// The fields whose content may not be shown, in a whole request and in a bare `config`.
const HIDDEN: [&str; 3] = ["auth_secret", "secrets/0", "blob_sas_url"];

/// Reads `data` as a connection.
pub fn run(data: &[u8]) -> Option<u8> {
    let text = str::from_utf8(data).ok()?;
    let value = serde_json::from_str::<Value>(text).ok();
    let connection = Connection::from_json(text);

    if let Err(error) = &connection {
        let blamed = error.message().starts_with("not valid JSON");
        // `Value` refuses some well-formed texts, such as those nested too deeply; `IgnoredAny` looks at syntax alone.
        assert!(blamed || serde_json::from_str::<IgnoredAny>(text).is_ok(), "syntax not blamed: {error}");
        assert!(!blamed || value.is_none(), "syntax blamed: {error}");
        let lines = 1 + text.matches('\n').count();
        assert!(error.line().is_none_or(|line| (1..=lines).contains(&line)), "no such line: {error}");
    }
    if let Ok(connection) = &connection {
        agrees(connection, value.as_ref().expect("accepted, so it is valid JSON"));
        works(connection, data);
    }
    for hidden in HIDDEN.iter().flat_map(|field| [format!("/{field}"), format!("/config/{field}")]) {
        if let Some(masked) = value.as_ref().and_then(|value| masked(text, value, &hidden)) {
            assert_eq!(shown(text), shown(&masked), "{hidden} is shown");
        }
    }
    let verifier = connection.and_then(|connection| connection.verifier());
    Some(verifier.map_or_else(|error| error.kind().code(), |_| 0))
}

/// What was read is what serde_json reads.
fn agrees(connection: &Connection, value: &Value) {
    let config = value.get("config").unwrap_or(value);
    let text = |field| config.get(field).and_then(Value::as_str);
    assert_eq!(connection.request.is_some(), value.get("config").is_some());
    assert_eq!(connection.config.schema.as_deref(), text("schema"));
    assert_eq!(connection.config.table.as_deref(), text("table"));
    assert_eq!(connection.config.auth_header_key.as_deref(), text("auth_header_key"));
    let listed = config.get("secrets").and_then(Value::as_array).map_or(0, Vec::len);
    assert_eq!(connection.config.secrets.len(), listed + usize::from(text("auth_secret").is_some()));
}

/// What the signer makes the verifier takes, for the body it was made for. A preset may need more than this message has.
fn works(connection: &Connection, body: &[u8]) {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_614_265_330);
    let message = Message { url: "https://example.com/in", id: "msg_1", now, ..Message::new(body) };
    let (Ok(verifier), Ok(signer)) = (connection.verifier(), connection.signer(None)) else { return };
    let Ok(lines) = signer.headers(&message) else { return };
    if connection.config.scheme.is_some() && verifier.header() == "additionalData.hmacSignature" {
        // This signature belongs into the body.
        return;
    }
    let (method, url, headers) = (message.method, message.url, &lines[..]);
    let verdict = |body: &[u8]| verifier.verify(&Delivery { method, url, headers, body }, now);
    match verdict(body) {
        Ok(_) => assert!(verdict(&[body, b" "].concat()).is_err(), "{connection:?}"),
        // The first secret may be one that counts at another time.
        Err(rejection) => assert!(rejection == Rejection::Mismatch && dated(body), "{rejection}: {connection:?}"),
    }
}

/// Whether the text says when a secret counts.
fn dated(text: &[u8]) -> bool {
    text.windows(5).any(|name| name == b"\"not_" || name.contains(&b'\\'))
}

/// Everything that a program could print about a connection.
fn shown(text: &str) -> String {
    let told = |error: ConfigError| format!("{error} {error:?}");
    let verifier = |connection: &Connection| connection.verifier().map_or_else(told, |made| format!("{made:?}"));
    Connection::from_json(text).map_or_else(told, |connection| format!("{connection:?} {}", verifier(&connection)))
}

/// The same text with other characters in the field `hidden`. Blanks and control characters stay, since a token may
/// not hold them everywhere. A scheme may want its secret in base64 or hex, which the mask is not.
fn masked(text: &str, value: &Value, hidden: &str) -> Option<String> {
    if value.get("config").unwrap_or(value).get("scheme").is_some() {
        return None;
    }
    let secret = value.pointer(hidden)?.as_str().filter(|secret| !secret.is_empty())?;
    let mask: String = secret.chars().map(|c| if c == ' ' || c.is_ascii_control() { c } else { '\u{b7}' }).collect();
    let masked = text.replacen(secret, &mask, 1);
    // What was replaced may have been some other field.
    let other: Value = serde_json::from_str(&masked).ok()?;
    (mask != secret && other.pointer(hidden)?.as_str() == Some(&mask)).then_some(masked)
}
