//! Reads a scheme whose messages list what is signed: the formats `rfc9421`, `draft-cavage` and `jwt`.

use countersign_core::{Algorithm, AlgorithmRule, Encoding, Format, HmacScheme, Scheme as CoreScheme, SecretForm};

use super::Scheme;
use super::fields::{belongs_beside_signature, locate, read_tolerance};
use crate::error::ConfigError;
use crate::json::{Node, Object};
use crate::message_format::{Cavage, HashClaim, Jwt, MessageFormat, Rfc9421, SentAt, Syntax, TimeField, is_field_name};

/// The formats, by their names in a scheme.
pub(super) const FORMATS: [(&str, Kind); 3] =
    [("rfc9421", Kind::Rfc9421), ("draft-cavage", Kind::Cavage), ("jwt", Kind::Jwt)];

/// The fields of `signature` in all of these formats.
pub(super) fn signature_fields() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().flat_map(|(_, kind)| kind.fields()).copied()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Rfc9421,
    Cavage,
    Jwt,
}

impl Kind {
    /// The fields of `signature`.
    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Rfc9421 => &["header", "format", "components", "label", "tag", "key_id", "authority"],
            Self::Cavage => &["header", "format", "components", "key_id"],
            Self::Jwt => &["header", "format", "body_hash", "url_hash", "claims"],
        }
    }

    fn encoding(self) -> Encoding {
        match self {
            Self::Rfc9421 | Self::Cavage => Encoding::Base64,
            Self::Jwt => Encoding::Base64Url,
        }
    }

    /// The algorithms for which the format has a name.
    fn algorithms(self) -> &'static [(&'static str, Algorithm)] {
        const SHA_2: [(&str, Algorithm); 3] =
            [("SHA_256", Algorithm::Sha256), ("SHA_384", Algorithm::Sha384), ("SHA_512", Algorithm::Sha512)];
        const WITH_SHA_1: [(&str, Algorithm); 4] = [SHA_2[0], SHA_2[1], SHA_2[2], ("SHA_1", Algorithm::Sha1)];
        if self == Self::Cavage { &WITH_SHA_1 } else { &SHA_2 }
    }
}

const NO_HASH: &str = "the field \"body_hash\" is missing: the claim with the hash of the body; if the sender's tokens have none, say so \
     with \"covers_body\": false";

/// The format of a scheme, if it is one of these.
pub(super) fn kind(node: &Node<'_>) -> Option<Kind> {
    let format = node.descendant("signature.format")?.string().ok()?;
    FORMATS.iter().find(|(name, _)| *name == format).map(|(_, kind)| *kind)
}

/// Reads the fields about the signature.
pub(super) fn read(kind: Kind, node: &Node<'_>, object: &Object<'_>) -> Result<Scheme, ConfigError> {
    for field in ["signed", "id", "function", "key", "fields", "signed_headers", "unpack", "ambiguous", "plain_hash"] {
        if let Some(node) = object.get(field) {
            return Err(node.error("has no meaning in this format, in which the message lists what is signed"));
        }
    }
    let signature_node = node.required(object, "signature")?;
    let signature = signature_node.object_beside(kind.fields(), belongs_beside_signature)?;
    let algorithm = node.required(object, "algorithm")?.one_of(kind.algorithms())?;
    let encoding = kind.encoding();
    object.read("encoding", |node| node.one_of(&[(encoding.name(), ())]))?;
    let core = CoreScheme::Hmac(HmacScheme {
        header: signature_node.required(&signature, "header").and_then(Node::header_name)?,
        format: Format::Bare,
        algorithm: AlgorithmRule::Fixed(algorithm),
        encoding,
        signed: None,
        timestamp: None,
        id: None,
    });
    core.check().map_err(|fault| locate(node, &fault, false))?;
    let text = |field| signature.read(field, Node::non_empty_string);
    let covers_body = object.read("covers_body", Node::boolean)?.unwrap_or(true);
    let (syntax, components) = match kind {
        Kind::Rfc9421 => {
            let components =
                components(signature_node, &signature, is_rfc9421_component, covers_body.then_some("content-digest"))?;
            let rule = Rfc9421 {
                components: components.clone(),
                label: signature.read("label", read_label)?,
                tag: signature.read("tag", read_parameter)?,
                key_id: signature.read("key_id", read_parameter)?,
                authority: signature.read("authority", read_parameter)?,
            };
            (Syntax::Rfc9421(rule), components)
        }
        Kind::Cavage => {
            let components =
                components(signature_node, &signature, is_cavage_component, covers_body.then_some("digest"))?;
            (Syntax::Cavage(Cavage { components: components.clone(), key_id: text("key_id")? }), components)
        }
        Kind::Jwt => {
            let body_hash = signature.read("body_hash", |node| read_hash(node, true))?;
            if body_hash.is_some() != covers_body {
                return Err(match signature.get("body_hash") {
                    Some(node) => node.error("covers the body, so \"covers_body\" must not be false"),
                    None => signature_node.error(NO_HASH),
                });
            }
            let url_hash = signature.read("url_hash", |node| read_hash(node, false))?;
            let claims = signature.read("claims", read_claims)?.unwrap_or_default();
            (Syntax::Jwt(Jwt { body_hash, url_hash, claims }), Vec::new())
        }
    };
    let sent_at = object.read("timestamp", |node| read_sent_at(kind, node, &components))?;
    Ok(Scheme {
        accept: vec![algorithm],
        secret_form: object
            .read("secret", |node| node.one_of(&SecretForm::ALL.map(|form| (form.name(), form))))?
            .unwrap_or_default(),
        message_format: Some(Box::new(MessageFormat { syntax, sent_at, covers_body })),
        ..Scheme::without_algorithm(core)
    })
}

/// Reads the list of what a signature must cover. The hash of the body, `digest` or `content-digest`, must be among it, unless
/// the scheme says that the body is not covered.
fn components(
    signature_node: &Node<'_>,
    signature: &Object<'_>,
    is_component: fn(&str) -> bool,
    digest: Option<&str>,
) -> Result<Vec<String>, ConfigError> {
    let list = signature_node.required(signature, "components")?;
    let mut names: Vec<String> = Vec::new();
    for item in list.array()? {
        let name = item.string()?;
        if !is_component(&name) {
            return Err(
                item.error("is nothing that a signature of this format can cover; headers are written in lower case")
            );
        }
        if names.contains(&name) {
            return Err(item.error("stands twice"));
        }
        names.push(name);
    }
    if names.len() > 32 {
        return Err(list.error("more than 32 components"));
    }
    let covers_body = names.iter().any(|name| name == "digest" || name == "content-digest");
    match digest {
        Some(digest) if !names.iter().any(|name| name == digest || name == "content-digest") => Err(list.error(format!(
            "\"{digest}\" must be among the components, or the signature does not authenticate the body; if the sender signs \
             nothing of it, say so with \"covers_body\": false"
        ))),
        None if covers_body => Err(list.error("a component covers the body, so \"covers_body\" must not be false")),
        None if names.is_empty() => Err(list.error("an empty list covers nothing; name what must be signed")),
        _ => Ok(names),
    }
}

fn is_rfc9421_component(name: &str) -> bool {
    const DERIVED: [&str; 7] =
        ["@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query"];
    let parameter = name.strip_prefix("@query-param;name=\"").and_then(|rest| rest.strip_suffix('"'));
    DERIVED.contains(&name) || parameter.is_some_and(is_parameter) || is_field_name(name)
}

fn is_cavage_component(name: &str) -> bool {
    ["(request-target)", "@request-target", "(created)", "(expires)"].contains(&name) || is_field_name(name)
}

/// Whether a text can stand between quotes without escapes.
fn is_parameter(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\')
}

fn read_parameter(node: &Node<'_>) -> Result<String, ConfigError> {
    let text = node.string()?;
    if is_parameter(&text) {
        return Ok(text);
    }
    Err(node.error("must be printable ASCII characters without quotes and backslashes, and not empty"))
}

fn read_label(node: &Node<'_>) -> Result<String, ConfigError> {
    let text = node.string()?;
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.*".contains(c);
    if text.starts_with(|c: char| c.is_ascii_lowercase() || c == '*') && text.chars().all(is_letter) {
        return Ok(text);
    }
    Err(node.error("must be a label of a dictionary: lower-case letters, digits and _-.*, and a letter or * first"))
}

/// Reads the claim with a hash.
fn read_hash(node: &Node<'_>, of_body: bool) -> Result<HashClaim, ConfigError> {
    let fields: &[&str] = if of_body {
        &["claim", "algorithm", "encoding", "absent_if_empty"]
    } else {
        &["claim", "algorithm", "encoding"]
    };
    let object = node.object(fields)?;
    Ok(HashClaim {
        claim: node.required(&object, "claim").and_then(Node::non_empty_string)?,
        algorithm: node
            .required(&object, "algorithm")?
            .one_of(&Algorithm::ALL.map(|algorithm| (algorithm.name(), algorithm)))?,
        encoding: node
            .required(&object, "encoding")?
            .one_of(&Encoding::ALL.map(|encoding| (encoding.name(), encoding)))?,
        absent_if_empty: object.read("absent_if_empty", Node::boolean)?.unwrap_or(false),
    })
}

/// Reads the claims with the texts that they must have.
fn read_claims(node: &Node<'_>) -> Result<Vec<(String, String)>, ConfigError> {
    node.open_object()?.into_iter().map(|(name, value)| Ok((name, value.string()?))).collect()
}

/// Reads where the time of sending is, and the tolerance. The time must be among what is signed.
fn read_sent_at(kind: Kind, node: &Node<'_>, components: &[String]) -> Result<SentAt, ConfigError> {
    const DATE: &str = "header:Date";
    let object = node.object(&["from", "unit", "tolerance"])?;
    let from = node.required(&object, "from")?;
    let places: &[(&str, TimeField)] = match kind {
        Kind::Rfc9421 | Kind::Cavage => &[("signature:created", TimeField::Created), (DATE, TimeField::Date)],
        Kind::Jwt => &[("signature:iat", TimeField::IssuedAt), ("signature:nbf", TimeField::NotBefore)],
    };
    let field = from.one_of(places)?;
    let unit = if field == TimeField::Date { "http_date" } else { "s" };
    node.required(&object, "unit")?.one_of(&[(unit, ())])?;
    let name = match (kind, field) {
        (_, TimeField::Date) => Some("date"),
        (Kind::Cavage, TimeField::Created) => Some("(created)"),
        _ => None,
    };
    if let Some(name) = name
        && !components.iter().any(|component| component == name)
    {
        return Err(
            from.error(format!("\"{name}\" is not among signature.components, so anyone could write it; add it there"))
        );
    }
    Ok(SentAt { field, tolerance: object.read("tolerance", read_tolerance)? })
}
