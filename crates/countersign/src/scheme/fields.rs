//! What the readers of all kinds of schemes share.

use countersign_core::{SchemeFault, Tolerance};

use crate::error::ConfigError;
use crate::json::Node;
use crate::printable::quoted;
use crate::suggest::plain;

/// The fields of a scheme.
pub(super) const FIELDS: &[&str] = &[
    "name",
    "signature",
    "token",
    "algorithm",
    "encoding",
    "signed",
    "timestamp",
    "id",
    "secret",
    "function",
    "key",
    "covers_body",
    "fields",
    "signed_headers",
    "unpack",
    "ambiguous",
    "id_from",
    "answer_within",
    "handshake",
    PLAIN_HASH,
];
/// The field in place of `algorithm` for a sender that hashes the secret with the text.
pub(super) const PLAIN_HASH: &str = "plain_hash";

/// Where an unknown field of `signature` belongs, if it stands one level higher.
pub(super) fn belongs_beside_signature(name: &str) -> Option<String> {
    let field = FIELDS.iter().find(|field| plain(field) == plain(name))?;
    Some(format!("; \"{field}\" belongs beside \"signature\", not in it"))
}

/// Reads a tolerance: a number of seconds, or `{"past": s, "future": s}`.
pub(crate) fn read_tolerance(node: &Node<'_>) -> Result<Tolerance, ConfigError> {
    if !node.is_object() {
        return node.number().map(Tolerance::both);
    }
    let object = node.object(&["past", "future"])?;
    let seconds = |field| node.required(&object, field).and_then(Node::number);
    Ok(Tolerance { past: seconds("past")?, future: seconds("future")? })
}

/// Converts a fault of the core to an error at its field, or at the whole scheme if the JSON does not contain the field.
/// The template of a composition is not the one that the core has checked, so its position says nothing.
pub(super) fn locate(node: &Node<'_>, fault: &SchemeFault, is_composed: bool) -> ConfigError {
    let mut message = fault.message().to_owned();
    if message.starts_with("{body} is missing") {
        message.push_str("; if the sender signs nothing of it, say so with \"covers_body\": false");
    }
    let Some(field) = node.descendant(fault.field()) else {
        return node.error(format!("{}: {message}", fault.field()));
    };
    if let (false, Some(position), Ok(text)) = (is_composed, fault.position(), field.string())
        && let Some(rest) = text.get(position..).filter(|_| position > 0 || text.starts_with(['{', '}']))
    {
        let found = rest.find('}').and_then(|end| rest.get(..=end)).unwrap_or(rest);
        message = format!("{} at character {}: {message}", quoted(found), text[..position].chars().count() + 1);
    }
    field.error(message)
}
