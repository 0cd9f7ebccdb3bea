//! Scheme JSON: every part typed and validated, with errors that point at the field.

use countersign_core::{
    ALGORITHM_HEADER, Algorithm, AlgorithmRule, Encoding, Format, HmacScheme, Scheme as CoreScheme, SchemeFault,
    SecretForm, Source, TimeUnit, TimestampRule, Tolerance,
};

use super::Scheme;
use crate::delivery_id::IdPlaces;
use crate::error::ConfigError;
use crate::function::Function;
use crate::handshake::HandshakeRule;
use crate::json::{Node, Object};
use crate::printable::quoted;

const FIELDS: &[&str] = &[
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
    "id_from",
    "answer_within",
    "handshake",
];
/// Those that a token can have too.
const WITH_TOKEN: [&str; 5] = ["name", "token", "id_from", "answer_within", "handshake"];

const INFER: &str = "INFER_FROM_HEADER";

/// Reads a scheme and checks that its parts go together.
pub(super) fn read(node: &Node<'_>) -> Result<Scheme, ConfigError> {
    let object = node.object(FIELDS)?;
    let name = object.read("name", Node::filled)?;
    let id_from = object.read("id_from", IdPlaces::read)?;
    let answer_within = object.read("answer_within", read_answer_within)?;
    let handshake = object.read("handshake", HandshakeRule::read)?;
    if let Some(token) = object.get("token") {
        return Ok(Scheme { name, id_from, answer_within, handshake, ..read_token(token, &object)? });
    }
    let signature = required(node, &object, "signature")?.object(&[
        "header",
        "format",
        "prefix",
        "separator",
        "spaced",
        "key",
        "version",
        "fields",
    ])?;
    let (algorithm, accept) = required(node, &object, "algorithm").and_then(read_algorithm)?;
    let core = CoreScheme::Hmac(HmacScheme {
        header: required(required(node, &object, "signature")?, &signature, "header").and_then(headers)?,
        format: read_format(required(node, &object, "signature")?, &signature)?,
        algorithm,
        encoding: required(node, &object, "encoding")?.one_of(&Encoding::ALL.map(|e| (e.name(), e)))?,
        signed: object.read("signed", Node::string)?,
        timestamp: object.read("timestamp", read_timestamp)?,
        id: object.read("id", |node| required(node, &node.object(&["from"])?, "from").and_then(source))?,
    });
    core.check().map_err(|fault| locate(node, &fault))?;
    let function = object.read("function", |node| node.one_of(Function::NAMES))?;
    if let (Some(true), Some(node)) = (function.map(Function::needs_url), object.get("function"))
        && !object.read("signed", Node::string)?.unwrap_or_default().replace("{{", "").contains("{url}")
    {
        return Err(node.error("needs {url} in \"signed\": this function puts there what stands for the URL"));
    }
    Ok(Scheme {
        name,
        core,
        accept,
        id_from,
        answer_within,
        handshake,
        spaced: signature.read("spaced", Node::boolean)?.unwrap_or(false),
        function,
        secret_form: object
            .read("secret", |node| node.one_of(&SecretForm::ALL.map(|f| (f.name(), f))))?
            .unwrap_or_default(),
    })
}

/// `"token": {"header": "X-Gitlab-Token"}`, in place of everything that is about signatures.
fn read_token(node: &Node<'_>, scheme: &Object<'_>) -> Result<Scheme, ConfigError> {
    for field in FIELDS.iter().filter(|field| !WITH_TOKEN.contains(*field)) {
        if let Some(other) = scheme.get(field) {
            return Err(other.error("has no meaning beside \"token\"; a token is compared as it is"));
        }
    }
    let header = required(node, &node.object(&["header"])?, "header").and_then(Node::header_name)?;
    Ok(Scheme::token(&header))
}

fn read_algorithm(node: &Node<'_>) -> Result<(AlgorithmRule<String>, Vec<Algorithm>), ConfigError> {
    let known = Algorithm::ALL.map(|algorithm| (algorithm.name(), Some(algorithm)));
    let names: Vec<_> = known.into_iter().chain([(INFER, None)]).collect();
    Ok(match node.one_of(&names)? {
        Some(algorithm) => (AlgorithmRule::Fixed(algorithm), vec![algorithm]),
        None => (AlgorithmRule::Infer { header: ALGORITHM_HEADER.to_owned() }, Algorithm::ALL.to_vec()),
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Bare,
    Labelled,
    Prefixed,
    Pairs,
    List,
    Positional,
}

fn read_format(node: &Node<'_>, signature: &Object<'_>) -> Result<Format<String>, ConfigError> {
    use Kind::{Bare, Labelled, List, Pairs, Positional, Prefixed};
    let names = [
        ("bare", Bare),
        ("prefixed", Prefixed),
        ("labelled", Labelled),
        ("pairs", Pairs),
        ("list", List),
        ("positional", Positional),
    ];
    let kind = signature.read("format", |node| node.one_of(&names))?.unwrap_or(Bare);
    for (field, owners) in [
        ("prefix", &[Prefixed][..]),
        ("separator", &[Prefixed, Pairs, List, Positional]),
        ("spaced", &[Prefixed, Pairs, List, Positional]),
        ("key", &[Pairs]),
        ("version", &[List]),
        ("fields", &[Positional]),
    ] {
        let owned = owners.contains(&kind);
        if let (false, Some(node)) = (owned, signature.get(field)) {
            let owners = names.iter().filter(|(_, kind)| owners.contains(kind)).map(|(name, _)| *name);
            let owners = owners.collect::<Vec<_>>().join(", ");
            return Err(node.error(format!("has a meaning only with format {owners}")));
        }
    }
    let text = |field| required(node, signature, field).and_then(Node::string);
    let separator = || required(node, signature, "separator").and_then(read_separator);
    Ok(match kind {
        Bare => Format::Bare,
        Labelled => Format::Labelled,
        Prefixed => {
            Format::Prefixed { prefix: text("prefix")?, separator: signature.read("separator", read_separator)? }
        }
        Pairs => Format::Pairs { separator: separator()?, key: text("key")? },
        List => Format::List { separator: separator()?, version: text("version")? },
        Positional => Format::Positional {
            separator: separator()?,
            fields: required(node, signature, "fields").and_then(|node| joined(node, Node::filled))?,
        },
    })
}

fn read_separator(node: &Node<'_>) -> Result<u8, ConfigError> {
    let text = node.string()?;
    match text.as_bytes() {
        [separator] => Ok(*separator),
        _ => Err(node.error(format!(
            "found {}; must be one printable ASCII character; blanks around items are trimmed anyway",
            quoted(&text)
        ))),
    }
}

fn read_timestamp(node: &Node<'_>) -> Result<TimestampRule<String>, ConfigError> {
    let object = node.object(&["from", "unit", "tolerance"])?;
    Ok(TimestampRule {
        from: required(node, &object, "from").and_then(source)?,
        unit: required(node, &object, "unit")?.one_of(&TimeUnit::ALL.map(|unit| (unit.name(), unit)))?,
        tolerance: object.read("tolerance", tolerance)?,
    })
}

/// Seconds, at least one.
fn read_answer_within(node: &Node<'_>) -> Result<u32, ConfigError> {
    match node.number()? {
        0 => Err(node.error("must be at least 1 second; leave it out if the sender does not say how long it waits")),
        seconds => Ok(seconds),
    }
}

/// Seconds, or `{"past": s, "future": s}`.
pub(crate) fn tolerance(node: &Node<'_>) -> Result<Tolerance, ConfigError> {
    if !node.is_object() {
        return node.number().map(Tolerance::both);
    }
    let object = node.object(&["past", "future"])?;
    let seconds = |field| required(node, &object, field).and_then(Node::number);
    Ok(Tolerance { past: seconds("past")?, future: seconds("future")? })
}

/// `header:NAME` or `signature:KEY`.
fn source(node: &Node<'_>) -> Result<Source<String>, ConfigError> {
    let text = node.string()?;
    match text.split_once(':') {
        Some(("header", name)) => Ok(Source::Header(name.to_owned())),
        Some(("signature", key)) => Ok(Source::Signature(key.to_owned())),
        _ => Err(node.error(format!("found {}; allowed are header:NAME and signature:KEY", quoted(&text)))),
    }
}

/// A name, or a list of names.
fn headers(node: &Node<'_>) -> Result<String, ConfigError> {
    if node.is_text() { node.header_name() } else { joined(node, Node::header_name) }
}

/// The core takes several names as one text with commas.
fn joined<'a>(node: &Node<'a>, read: impl Fn(&Node<'a>) -> Result<String, ConfigError>) -> Result<String, ConfigError> {
    let names = node.list()?.iter().map(|item| no_comma(item, read(item)?)).collect::<Result<Vec<_>, _>>()?;
    if names.is_empty() {
        return Err(node.error("an empty list names nothing; give the name of the header, or a list of names"));
    }
    Ok(names.join(","))
}

fn no_comma(node: &Node<'_>, name: String) -> Result<String, ConfigError> {
    if name.contains(',') || name.trim() != name {
        return Err(node.error(format!("found {}; a name holds no comma and no blank at its ends", quoted(&name))));
    }
    Ok(name)
}

fn required<'n, 'a>(node: &Node<'a>, object: &'n Object<'a>, field: &str) -> Result<&'n Node<'a>, ConfigError> {
    object.get(field).ok_or_else(|| node.error(format!("the field \"{field}\" is missing; it is required")))
}

/// Points at the field that the core found wrong, or at the place where it would be.
fn locate(node: &Node<'_>, fault: &SchemeFault) -> ConfigError {
    let mut message = fault.message().to_owned();
    let Some(place) = node.descendant(fault.field()) else {
        return node.error(format!("{}: {message}", fault.field()));
    };
    if let (Some(position), Ok(text)) = (fault.position(), place.string())
        && let Some(rest) = text.get(position..).filter(|_| position > 0 || text.starts_with(['{', '}']))
    {
        let found = rest.find('}').and_then(|end| rest.get(..=end)).unwrap_or(rest);
        message = format!("{} at character {}: {message}", quoted(found), text[..position].chars().count() + 1);
    }
    place.error(message)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use crate::Scheme;

    /// A digest in a URL that is not signed binds nothing.
    #[test]
    fn a_function_that_speaks_through_the_url_needs_it_signed() {
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
