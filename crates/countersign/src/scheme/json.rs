//! Reads a scheme from JSON. Every error names the line and the field.

mod format;
mod function;
mod names;

use std::sync::Arc;

use countersign_core::{
    ALGORITHM_HEADER, Algorithm, AlgorithmRule, Encoding, Format, HmacScheme, Scheme as CoreScheme, SecretForm, Source,
    TimeUnit, TimestampRule,
};

use self::format::read_format;
use self::function::{NAMES, Named};
use self::names::headers;
use super::fields::{FIELDS, PLAIN_HASH, belongs_beside_signature, locate, read_tolerance};
use super::{DerivedKey, Scheme, message};
use crate::composition::{Composition, Draft, Place, SECRET, check_names, name_of};
use crate::delivery_id::IdPlaces;
use crate::error::ConfigError;
use crate::handshake::HandshakeRule;
use crate::json::{Node, Object};
use crate::printable::quoted;
use crate::suggest::plain;

/// Those that a token can have too.
const WITH_TOKEN: [&str; 5] = ["name", "token", "id_from", "answer_within", "handshake"];

const INFER: &str = "INFER_FROM_HEADER";

/// The fields of `signature`, but in the formats in which the message lists what is signed.
const SIGNATURE_FIELDS: &[&str] = &[
    "header",
    "from",
    "wrapped_in",
    "group_separator",
    "until",
    "format",
    "prefix",
    "separator",
    "spaced",
    "key",
    "mark",
    "version",
    "fields",
];
/// The fields of `timestamp`.
const TIMESTAMP_FIELDS: &[&str] = &["from", "unit", "tolerance"];

/// Where an unknown field of a scheme belongs, if it stands one level deeper.
fn belongs_deeper(name: &str) -> Option<String> {
    let of_message = message::signature_fields();
    let (parent, field) = SIGNATURE_FIELDS
        .iter()
        .copied()
        .chain(of_message)
        .map(|field| ("signature", field))
        .chain(TIMESTAMP_FIELDS.iter().map(|field| ("timestamp", *field)))
        .find(|(_, field)| plain(field) == plain(name))?;
    Some(format!("; did you mean \"{parent}.{field}\", that is {{\"{parent}\": {{\"{field}\": …}}}}?"))
}

/// Reads a scheme and checks that its parts fit together.
pub(super) fn read(node: &Node<'_>) -> Result<Scheme, ConfigError> {
    let object = node.object_beside(FIELDS, belongs_deeper)?;
    let name = object.read("name", Node::non_empty_string)?;
    let id_from = object.read("id_from", IdPlaces::read)?;
    let answer_within = object.read("answer_within", read_answer_within)?;
    let handshake = object.read("handshake", HandshakeRule::read)?.map(Box::new);
    if let Some(token) = object.get("token") {
        let scheme = read_token(token, &object)?;
        check_handshake(&object, handshake.as_deref(), &scheme.core, false)?;
        return Ok(Scheme { name, id_from, answer_within, handshake, ..scheme });
    }
    if let Some(kind) = message::kind(node) {
        let scheme = message::read(kind, node, &object)?;
        check_handshake(&object, handshake.as_deref(), &scheme.core, true)?;
        return Ok(Scheme { name, id_from, answer_within, handshake, ..scheme });
    }
    let signature_node = node.required(&object, "signature")?;
    let signature = signature_node.object_beside(SIGNATURE_FIELDS, belongs_beside_signature)?;
    let plain_hash = object.read(PLAIN_HASH, |node| read_plain_hash(node, &object))?;
    let (algorithm, accept) = match plain_hash {
        Some(algorithm) => (AlgorithmRule::Fixed(algorithm), vec![algorithm]),
        None => node.required(&object, "algorithm").and_then(read_algorithm)?,
    };
    let mut draft = Draft::read(&object, signature_node, &signature, headers)?;
    let timestamp = object.read("timestamp", |node| read_timestamp(node, &mut draft))?;
    let id = object
        .read("id", |node| node.required(&node.object(&["from"])?, "from").and_then(|node| source(node, &mut draft)))?;
    let core = CoreScheme::Hmac(HmacScheme {
        header: draft.header(),
        format: read_format(signature_node, &signature)?,
        algorithm,
        encoding: node
            .required(&object, "encoding")?
            .one_of(&Encoding::ALL.map(|encoding| (encoding.name(), encoding)))?,
        signed: draft.signed.clone(),
        timestamp,
        id,
    });
    if draft.is_needed() {
        check_names(node)?;
    }
    core.check().map_err(|fault| locate(node, &fault, draft.is_needed()))?;
    check_secret_text(node, &object, &core, plain_hash.is_some())?;
    let named = object.read("function", |node| node.one_of(&NAMES))?;
    if let (Some(node), true) = (object.get("function"), draft.is_needed()) {
        return Err(node.error(NO_FUNCTION));
    }
    if let (Some(node), false) =
        (signature.get("group_separator"), matches!(core_format(&core), Some(Format::Pairs { .. })))
    {
        return Err(node.error("has a meaning only with format pairs"));
    }
    check_handshake(&object, handshake.as_deref(), &core, named.is_some() || draft.is_needed())?;
    if let (Some(true), Some(node)) = (named.map(Named::needs_url), object.get("function"))
        && !object.read("signed", Node::string)?.unwrap_or_default().replace("{{", "").contains("{url}")
    {
        return Err(node.error("needs {url} in \"signed\", because this function replaces the URL there"));
    }
    let derived_key = object.read("key", read_key)?;
    if let (Some(_), Some(node)) = (derived_key, object.get("secret"))
        && node.string()? != "UTF_8"
    {
        return Err(node.error("goes with \"key\" as UTF_8 only: the text of the secret is hashed"));
    }
    let composition = match named {
        Some(Named::Composition(composition)) => Some(composition.composition(&draft.header())),
        _ => draft.finish(),
    };
    Ok(Scheme {
        name,
        core,
        accept,
        id_from,
        answer_within,
        handshake,
        space_after_separator: signature.read("spaced", Node::boolean)?.unwrap_or(false),
        message_format: None,
        is_plain_hash: plain_hash.is_some(),
        function: named.and_then(Named::function),
        composition: composition.map(Arc::new),
        derived_key,
        secret_form: object
            .read("secret", |node| node.one_of(&SecretForm::ALL.map(|form| (form.name(), form))))?
            .unwrap_or_default(),
    })
}

/// Reads the algorithm of a plain hash, and checks that no field speaks of an HMAC.
fn read_plain_hash(node: &Node<'_>, object: &Object<'_>) -> Result<Algorithm, ConfigError> {
    for field in ["algorithm", "function", "secret", "key"] {
        if let Some(node) = object.get(field) {
            return Err(node.error("has no meaning together with \"plain_hash\", which is no HMAC"));
        }
    }
    node.one_of(&Algorithm::ALL.map(|algorithm| (algorithm.name(), algorithm)))
}

/// Checks that a scheme in which the text of the secret is signed has one signature, and that a plain hash has that text.
fn check_secret_text(
    node: &Node<'_>,
    object: &Object<'_>,
    core: &CoreScheme<String>,
    is_plain_hash: bool,
) -> Result<(), ConfigError> {
    let CoreScheme::Hmac(scheme) = core else { return Ok(()) };
    let signed = || object.get("signed").unwrap_or(node);
    let may_repeat = matches!(scheme.format, Format::List { .. } | Format::Prefixed { separator: Some(_), .. });
    match (scheme.template().contains(SECRET), is_plain_hash) {
        (false, true) => {
            Err(signed().error("{secret} is missing; without it anyone can compute a plain hash, and it authenticates nothing"))
        }
        (true, _) if core.headers().nth(1).is_some() || may_repeat => Err(signed().error(
            "{secret} goes with one signature only: one header, and a format other than list and prefixed with a separator",
        )),
        _ => Ok(()),
    }
}

/// Checks that the handshake fits the rest of the scheme.
fn check_handshake(
    object: &Object<'_>,
    rule: Option<&HandshakeRule>,
    core: &CoreScheme<String>,
    has_function: bool,
) -> Result<(), ConfigError> {
    let fault = rule.and_then(|rule| rule.fault_in(core, has_function));
    match (fault, object.get("handshake")) {
        (Some(fault), Some(node)) => Err(node.error(fault)),
        _ => Ok(()),
    }
}

/// Reads a scheme with `"token": {"header": "X-Gitlab-Token"}` in place of all fields about signatures.
fn read_token(node: &Node<'_>, scheme: &Object<'_>) -> Result<Scheme, ConfigError> {
    for field in FIELDS.iter().filter(|field| !WITH_TOKEN.contains(*field)) {
        if let Some(node) = scheme.get(field) {
            return Err(node.error("has no meaning together with \"token\", since a token is compared unchanged"));
        }
    }
    let object = node.object(&["header", "from"])?;
    match (object.read("from", Place::read)?, object.get("header")) {
        (Some(_), Some(_)) => Err(node.error("\"header\" and \"from\" both say where the token is; leave one out")),
        (None, _) => node.required(&object, "header").and_then(Node::header_name).map(|header| Scheme::token(&header)),
        (Some(Place::Header(name)), None) => Ok(Scheme::token(&name)),
        (Some(place), None) => {
            let name = name_of(&place);
            let composition = Some(Arc::new(Composition::token(place, name.clone())));
            Ok(Scheme { composition, ..Scheme::token(&name) })
        }
    }
}

fn read_algorithm(node: &Node<'_>) -> Result<(AlgorithmRule<String>, Vec<Algorithm>), ConfigError> {
    let known = Algorithm::ALL.map(|algorithm| (algorithm.name(), Some(algorithm)));
    let names: Vec<_> = known.into_iter().chain([(INFER, None)]).collect();
    Ok(match node.one_of(&names)? {
        Some(algorithm) => (AlgorithmRule::Fixed(algorithm), vec![algorithm]),
        None => (AlgorithmRule::Infer { header: ALGORITHM_HEADER.to_owned() }, Algorithm::ALL.to_vec()),
    })
}

fn read_timestamp(node: &Node<'_>, draft: &mut Draft) -> Result<TimestampRule<String>, ConfigError> {
    let object = node.object(TIMESTAMP_FIELDS)?;
    Ok(TimestampRule {
        from: node.required(&object, "from").and_then(|node| source(node, draft))?,
        unit: node.required(&object, "unit")?.one_of(&TimeUnit::ALL.map(|unit| (unit.name(), unit)))?,
        tolerance: object.read("tolerance", read_tolerance)?,
    })
}

/// Reads a number of seconds, at least one.
fn read_answer_within(node: &Node<'_>) -> Result<u32, ConfigError> {
    match node.number()? {
        0 => Err(node.error("must be at least 1 second; leave it out if the sender does not say how long it waits")),
        seconds => Ok(seconds),
    }
}

/// Reads a source: `header:NAME`, `signature:KEY` or another place.
fn source(node: &Node<'_>, draft: &mut Draft) -> Result<Source<String>, ConfigError> {
    let text = node.string()?;
    match text.split_once(':') {
        Some(("header", name)) => Ok(Source::Header(name.to_owned())),
        Some(("signature", key)) => Ok(Source::Signature(key.to_owned())),
        Some(("query" | "form" | "json" | "xml", _)) => {
            Place::parse(&text).map(|place| draft.source(place)).map_err(|message| node.error(message))
        }
        _ => Err(node.error(format!(
            "found {}; allowed are header:NAME, signature:KEY, query:NAME, form:NAME, json:/POINTER and xml:NAME",
            quoted(&text)
        ))),
    }
}

/// Reads `"key": "SHA_256"`: the key is the hash of the secret.
fn read_key(node: &Node<'_>) -> Result<DerivedKey, ConfigError> {
    node.one_of(&[("SHA_256", DerivedKey::Sha256), ("SHA_512", DerivedKey::Sha512)])
}

const NO_FUNCTION: &str = "a function finds for itself what is signed; it does not go with signature.from, wrapped_in, \
     group_separator, until, covers_body, fields, signed_headers, unpack, ambiguous, or with a text of the template or a place that \
     only goes without a function";

fn core_format(core: &CoreScheme<String>) -> Option<&Format<String>> {
    match core {
        CoreScheme::Hmac(scheme) => Some(&scheme.format),
        CoreScheme::Token { .. } | CoreScheme::None => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use crate::Scheme;

    /// If the URL is not signed, its digest does not protect the body.
    #[test]
    fn functions_that_replace_the_url_require_it_in_the_template() {
        let scheme = |signed: &str, function: &str| {
            Scheme::from_json(&format!(
                r#"{{"signature": {{"header": "X-Sign"}}, "algorithm": "SHA_1", "encoding": "BASE64",
                     "signed": "{signed}", "function": "{function}"}}"#
            ))
        };
        for function in ["twilio", "hubspot", "contentful"] {
            assert!(scheme("{url}{body}", function).is_ok() && scheme("{{{url}{body}", function).is_ok());
            for signed in ["{body}", "{{url}}{body}", "{{{{url}}}}{body}"] {
                assert_eq!(scheme(signed, function).unwrap_err().field(), Some("function"), "{signed}");
            }
        }
    }
}
