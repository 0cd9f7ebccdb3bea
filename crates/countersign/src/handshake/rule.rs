//! What a scheme says of its handshake, and how that is written in JSON.

use countersign_core::http_header::is_name;
use countersign_core::{AlgorithmRule, Delivery, Encoding, Headers, Scheme as CoreScheme};

use crate::delivery_id::{IdPlace, Value};
use crate::error::ConfigError;
use crate::json::{Node, Object};

const FIELDS: &[&str] =
    &["method", "where", "challenge", "signed", "status", "headers", "text", "json", "hmac", "chooses_secret"];

/// The template of a scheme that signs the body alone.
const BODY_ALONE: &str = "{body}";

/// The longest token, in bytes.
const MAX_TOKEN: usize = 512;

/// The handshake of a scheme.
#[derive(Clone, Debug)]
pub(crate) struct HandshakeRule {
    method: String,
    /// What the request must hold, or must not hold.
    conditions: Vec<(IdPlace, Option<String>)>,
    /// Where the text stands that is repeated or signed.
    challenge: Option<IdPlace>,
    /// Whether the sender signs the request like an event.
    pub(crate) is_signed: bool,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
    /// The encoding of the MAC of the challenge, if the answer holds it.
    pub(crate) hmac: Option<Encoding>,
    /// Whether the challenge is the secret that the sender has chosen.
    pub(crate) is_secret: bool,
}

/// The body of an answer, in which `{challenge}` and `{hmac}` are replaced.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Empty,
    Text(String),
    /// The fields of a JSON object.
    Json(Vec<(String, String)>),
}

impl HandshakeRule {
    /// Reads `handshake`.
    pub(crate) fn read(node: &Node<'_>) -> Result<Self, ConfigError> {
        let object = node.object(FIELDS)?;
        let methods = [("GET", "GET"), ("POST", "POST"), ("HEAD", "HEAD")];
        let method = node.required(&object, "method")?.one_of(&methods)?;
        let rule = Self {
            method: method.to_owned(),
            conditions: object.read("where", conditions)?.unwrap_or_default(),
            challenge: object.read("challenge", IdPlace::read)?,
            is_signed: object.read("signed", Node::boolean)?.unwrap_or(false),
            status: object.read("status", status)?.unwrap_or(200),
            headers: object.read("headers", headers)?.unwrap_or_default(),
            body: body(&object)?,
            hmac: object.read("hmac", |node| {
                node.one_of(&[Encoding::HexaDecimal, Encoding::Base64].map(|encoding| (encoding.name(), encoding)))
            })?,
            is_secret: object.read("chooses_secret", Node::boolean)?.unwrap_or(false),
        };
        rule.check(node, &object)?;
        Ok(rule)
    }

    fn check(&self, node: &Node<'_>, object: &Object<'_>) -> Result<(), ConfigError> {
        if self.challenge.is_none() && self.conditions.is_empty() && self.method != "HEAD" {
            return Err(node.error(
                "would answer every request; say how a handshake is recognised, with \"challenge\" or \"where\"",
            ));
        }
        let uses = |placeholder: &str| {
            let in_body = match &self.body {
                Body::Empty => false,
                Body::Text(text) => text.contains(placeholder),
                Body::Json(fields) => fields.iter().any(|(_, value)| value.contains(placeholder)),
            };
            in_body || self.headers.iter().any(|(_, value)| value.contains(placeholder))
        };
        if (uses("{challenge}") || self.hmac.is_some() || self.is_secret) && self.challenge.is_none() {
            return Err(node.error("needs \"challenge\", the place of what is repeated or signed"));
        }
        if uses("{hmac}") != self.hmac.is_some() {
            return Err(node.error("\"hmac\" and the placeholder {hmac} go together"));
        }
        if self.is_secret && self.is_signed {
            return Err(object
                .get("chooses_secret")
                .unwrap_or(node)
                .error("a request that is signed cannot choose the secret"));
        }
        Ok(())
    }

    /// What makes this handshake unfit for a scheme, if something does. An answer to anyone must sign nothing that could be an
    /// event.
    pub(crate) fn fault_in(&self, scheme: &CoreScheme<String>, has_function: bool) -> Option<&'static str> {
        self.hmac?;
        let CoreScheme::Hmac(scheme) = scheme else {
            return Some("cannot have \"hmac\" together with \"token\", since nothing is signed with a token");
        };
        if !matches!(scheme.algorithm, AlgorithmRule::Fixed(_)) {
            return Some("with \"hmac\" needs one algorithm, because nothing in the request says which one to use");
        }
        let template = scheme.template();
        let is_apart = !has_function && (template == BODY_ALONE || holds_no_token(template));
        (!self.is_signed && !is_apart).then_some(
            "would sign a stranger's text, which could be the signed text of an event; a handshake with \"hmac\" that the \
             sender does not sign needs a scheme that signs the body alone, or beside it a literal that is in no token, such as :",
        )
    }

    /// Whether the answer holds the MAC of a bare token, which with this scheme would also be the signature of a body.
    pub(crate) fn signs_body(&self, scheme: &CoreScheme<String>) -> bool {
        self.hmac.is_some() && matches!(scheme, CoreScheme::Hmac(scheme) if scheme.template() == BODY_ALONE)
    }

    /// The text to be repeated or signed, if the request is this handshake; empty if there is none.
    pub(crate) fn challenge<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) -> Option<String> {
        if delivery.method != self.method {
            return None;
        }
        for (place, expected) in &self.conditions {
            match (place.value(delivery), expected) {
                (Value::Absent, None) => {}
                (Value::Found(found), Some(expected)) if found == *expected => {}
                _ => return None,
            }
        }
        let Some(place) = &self.challenge else { return Some(String::new()) };
        match place.value(delivery) {
            Value::Found(text) if is_token(text.as_bytes(), self.hmac.is_none()) => Some(text),
            _ => None,
        }
    }
}

/// Whether a text is a token: what is no JSON object, array or string, and no form with a value. `=` is the padding of tokens
/// that are repeated only.
pub(super) fn is_token(text: &[u8], with_padding: bool) -> bool {
    let is_allowed = |byte: &u8| is_token_byte(*byte) || (with_padding && *byte == b'=');
    !text.is_empty() && text.len() <= MAX_TOKEN && text.iter().all(is_allowed)
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte)
}

/// Whether a literal of a template is in no token, so that nothing which is signed by the template is one.
fn holds_no_token(template: &str) -> bool {
    let (mut rest, mut literals) = (template, String::new());
    while let Some(letter) = rest.chars().next() {
        let after = &rest[letter.len_utf8()..];
        // Doubled braces are literals; a single one begins a placeholder.
        rest = match (letter, after.strip_prefix(letter)) {
            ('{' | '}', Some(after)) => {
                literals.push(letter);
                after
            }
            ('{', None) => after.split_once('}').map_or("", |(_, after)| after),
            _ => {
                literals.push(letter);
                after
            }
        };
    }
    !literals.bytes().all(is_token_byte)
}

/// `{"json:/type": "url_verification", "header:X-Signature": null}`: the value that a place must have, or null if there must be
/// none.
fn conditions(node: &Node<'_>) -> Result<Vec<(IdPlace, Option<String>)>, ConfigError> {
    let entries = node.open_object()?;
    entries
        .iter()
        .map(|(name, value)| {
            let place = IdPlace::parse(name).map_err(|message| value.error(message))?;
            Ok((place, if value.is_null() { None } else { Some(value.non_empty_string()?) }))
        })
        .collect()
}

fn headers(node: &Node<'_>) -> Result<Vec<(String, String)>, ConfigError> {
    let entries = node.open_object()?;
    entries
        .iter()
        .map(|(name, value)| {
            if !is_name(name) {
                return Err(value.error("its name is no header name; allowed are letters, digits and !#$%&'*+-.^_`|~"));
            }
            let text = value.non_empty_string()?;
            if text.chars().any(|letter| letter.is_ascii_control() && letter != '\t') {
                return Err(value.error("has a control character, which no header can carry"));
            }
            Ok((name.clone(), text))
        })
        .collect()
}

fn body(object: &Object<'_>) -> Result<Body, ConfigError> {
    match (object.read("text", Node::non_empty_string)?, object.get("json")) {
        (None, None) => Ok(Body::Empty),
        (Some(text), None) => Ok(Body::Text(text)),
        (None, Some(node)) => {
            let fields = node.open_object()?;
            let fields = fields.iter().map(|(name, value)| Ok((name.clone(), value.string()?)));
            Ok(Body::Json(fields.collect::<Result<_, ConfigError>>()?))
        }
        (Some(_), Some(node)) => Err(node.error("stands beside \"text\"; an answer has one body")),
    }
}

fn status(node: &Node<'_>) -> Result<u16, ConfigError> {
    match u16::try_from(node.number()?) {
        Ok(status @ 200..=299) => Ok(status),
        _ => Err(node.error("must be a status of success, 200 to 299")),
    }
}
