//! Reads a scheme with `"plain_hash": "SHA_256"` in place of `algorithm`: the sender hashes the secret with the text.

use countersign_core::{
    Algorithm, AlgorithmRule, Encoding, Format, HmacScheme, Scheme as CoreScheme, SecretForm, TimeUnit, Tolerance,
};

use super::Scheme;
use super::fields::{locate, read_tolerance};
use crate::error::ConfigError;
use crate::json::{Node, Object};
use crate::plain_hash::{Part, PlainHash, parse};
use crate::special::Special;

/// The field that makes a scheme one of this kind.
pub(super) const FIELD: &str = "plain_hash";

/// Reads the fields about the signature.
pub(super) fn read(node: &Node<'_>, object: &Object<'_>) -> Result<Scheme, ConfigError> {
    const WITHOUT_MEANING: [&str; 10] = [
        "algorithm",
        "id",
        "function",
        "secret",
        "key",
        "covers_body",
        "fields",
        "signed_headers",
        "unpack",
        "ambiguous",
    ];
    for field in WITHOUT_MEANING {
        if let Some(node) = object.get(field) {
            return Err(node.error("has no meaning together with \"plain_hash\", which is no HMAC"));
        }
    }
    let kind = node.required(object, FIELD)?;
    let algorithm = kind.one_of(&Algorithm::ALL.map(|algorithm| (algorithm.name(), algorithm)))?;
    let signature_node = node.required(object, "signature")?;
    let signature = signature_node.object(&["header", "format", "prefix"])?;
    let is_prefixed =
        signature.read("format", |node| node.one_of(&[("bare", false), ("prefixed", true)]))?.unwrap_or(false);
    let format = match (is_prefixed, signature.get("prefix")) {
        (true, _) => {
            let prefix = signature_node.required(&signature, "prefix").and_then(Node::string)?;
            Format::Prefixed { prefix, separator: None }
        }
        (false, Some(prefix)) => return Err(prefix.error("has a meaning only with format prefixed")),
        (false, None) => Format::Bare,
    };
    let encoding = Encoding::ALL.map(|encoding| (encoding.name(), encoding));
    let core = CoreScheme::Hmac(HmacScheme {
        header: signature_node.required(&signature, "header").and_then(Node::header_name)?,
        format,
        algorithm: AlgorithmRule::Fixed(algorithm),
        encoding: node.required(object, "encoding")?.one_of(&encoding)?,
        signed: None,
        timestamp: None,
        id: None,
    });
    core.check().map_err(|fault| locate(node, &fault, false))?;
    let signed = node.required(object, "signed")?;
    let parts = signed.string().and_then(|text| parse(&text).map_err(|fault| signed.error(fault)))?;
    let (timestamp, tolerance) = object.read("timestamp", read_timestamp)?.unzip();
    let (is_signed, tolerance) = (parts.contains(&Part::Timestamp), tolerance.flatten());
    match (is_signed, &timestamp, object.get("timestamp")) {
        (true, None, _) => {
            return Err(signed.error("{timestamp} needs a timestamp.from that says where it stands"));
        }
        (false, Some(_), Some(node)) if tolerance.is_some() => {
            return Err(node.error(
                "the timestamp is not signed ({timestamp} is not part of signed), so anyone could write it; a tolerance over \
                 it would check nothing",
            ));
        }
        _ => {}
    }
    let is_signature_header = |name: &str| core.headers().any(|header| header.eq_ignore_ascii_case(name));
    let reads_signature = |part: &Part| matches!(part, Part::Header(name) if is_signature_header(name));
    if parts.iter().any(reads_signature) || timestamp.as_ref().is_some_and(|(name, _)| is_signature_header(name)) {
        return Err(signed.error("the signature's header cannot be a part of what is signed"));
    }
    let special = Special::PlainHash(PlainHash { algorithm, parts, timestamp, tolerance });
    Ok(Scheme {
        accept: vec![algorithm],
        secret_form: SecretForm::Utf8,
        special: Some(Box::new(special)),
        ..Scheme::without_algorithm(core)
    })
}

/// Reads the header of the timestamp with its unit, and the tolerance.
#[allow(clippy::type_complexity, reason = "two values that are used at once")]
fn read_timestamp(node: &Node<'_>) -> Result<((String, TimeUnit), Option<Tolerance>), ConfigError> {
    let object = node.object(&["from", "unit", "tolerance"])?;
    let from = node.required(&object, "from")?;
    let text = from.string()?;
    let Some(name) = text.strip_prefix("header:").filter(|name| countersign_core::http_header::is_name(name)) else {
        return Err(from.error("a plain hash takes a timestamp from a header only: header:NAME"));
    };
    // A date without a zone does not show where it ends.
    let units = [TimeUnit::Seconds, TimeUnit::Milliseconds, TimeUnit::Rfc3339].map(|unit| (unit.name(), unit));
    let unit = node.required(&object, "unit")?.one_of(&units)?;
    Ok(((name.to_owned(), unit), object.read("tolerance", read_tolerance)?))
}
