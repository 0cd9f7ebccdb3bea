//! Reads the parts of a scheme that make a composition.

use countersign_core::Source;

use super::Composition;
use super::fields::Fields;
use super::place::Place;
use super::signature::{Signature, Wrapping};
use super::signed_headers::SignedHeaders;
use super::template::{Translated, fault, is_composed};
use super::text::Text;
use crate::error::ConfigError;
use crate::function::text_header;
use crate::json::{Node, Object};

/// The fields of a scheme that only a composition has.
pub(crate) const FIELDS: [&str; 5] = ["covers_body", "fields", "signed_headers", "unpack", "ambiguous"];

/// A composition that is being read, or the header and the template of a scheme without one.
pub(crate) struct Draft {
    composition: Composition,
    /// Whether the scheme has anything for which the core alone does not suffice.
    is_needed: bool,
    /// The template for the core.
    pub(crate) signed: Option<String>,
}

impl Draft {
    /// Reads all but the places of timestamp and id, which [`source`](Self::source) adds. `headers` reads the header.
    ///
    /// # Errors
    /// `invalid_config` for a part that is malformed, or that does not go with another.
    pub(crate) fn read(
        scheme: &Object<'_>,
        node: &Node<'_>,
        signature: &Object<'_>,
        headers: impl FnOnce(&Node<'_>) -> Result<String, ConfigError>,
    ) -> Result<Self, ConfigError> {
        let (place, header) = read_place(node, signature, headers)?;
        let wrapped_in = signature.read("wrapped_in", |node| node.one_of(&[("BASE64", Wrapping::Base64)]))?;
        let group_separator = signature.read("group_separator", read_group_separator)?;
        let until = signature.read("until", Node::non_empty_string)?;
        let signature_rule = Signature { place, header, wrapped_in, group_separator, until };
        let fields = scheme.read("fields", Fields::read)?;
        let is_ambiguous = scheme.read("ambiguous", Node::boolean)?.unwrap_or(false);
        let mut signed_headers = scheme.read("signed_headers", SignedHeaders::read)?;
        let unpacks = scheme.read("unpack", Node::boolean)?.unwrap_or(false);
        let covers = scheme.read("covers_body", Node::boolean)?;
        let signed = scheme.read("signed", read_template)?;
        let is_needed = !signature_rule.is_plain()
            || FIELDS.iter().any(|field| scheme.get(field).is_some())
            || signed.as_deref().is_some_and(is_composed);
        let mut composition = Composition {
            signature: signature_rule,
            translated: Translated::default(),
            fields,
            signed_headers: None,
            unpacks,
            covers_body: true,
            moves_values: false,
        };
        if !is_needed {
            return Ok(Self { composition, is_needed, signed });
        }
        let single_header = |what: &str| {
            if composition.signature.header.contains(',') {
                return Err(node.error(format!("header: {what} goes with one signature header only")));
            }
            Ok(())
        };
        if !composition.signature.is_plain() {
            single_header("wrapped_in, group_separator or until")?;
        }
        if let Some(rule) = &mut signed_headers {
            single_header("signed_headers")?;
            let byte = |field: &str, default: u8| {
                let text = signature.read(field, Node::string)?;
                Ok::<u8, ConfigError>(text.and_then(|text| text.bytes().next()).unwrap_or(default))
            };
            rule.pairs = (byte("separator", b',')?, byte("mark", b'=')?);
            rule.is_ambiguous = is_ambiguous;
        }
        let template = signed.as_deref().unwrap_or("{body}");
        let at = |field: &str, message: String| match scheme.get(field) {
            Some(node) => node.error(message),
            None => node.error(format!("{field}: {message}")),
        };
        let ambiguity = composition.fields.as_ref().and_then(Fields::ambiguity);
        if let Some(ambiguity) = ambiguity.filter(|_| !is_ambiguous) {
            return Err(at("fields", format!("{ambiguity}; {IF_AMBIGUOUS}")));
        }
        composition.translated = Translated::new(template, composition.fields.as_ref(), is_ambiguous)
            .map_err(|message| at("signed", message))?;
        let own = &composition.signature.header;
        let is_own = |name: &str| {
            composition.signature.place.is_none() && own.split(',').any(|own| own.eq_ignore_ascii_case(name))
        };
        if composition.signed_headers().into_iter().any(is_own) {
            return Err(at("signed", "the signature's header cannot be a part of what is signed".to_owned()));
        }
        let signs = |text| composition.translated.contains(&text);
        if signed_headers.is_some() != (signs(Text::SignedHeaders) && signs(Text::SignedHeaderNames))
            || (signed_headers.is_none() && (signs(Text::SignedHeaders) || signs(Text::SignedHeaderNames)))
        {
            let message = "{signed_header_names}, {signed_headers} and the rule \"signed_headers\" go together: the list and \
                           the values must both be signed";
            return Err(at("signed", message.to_owned()));
        }
        if signed_headers.as_ref().is_some_and(|rule| rule.join.is_empty() && !is_ambiguous) {
            return Err(at("signed_headers", format!("nothing stands between two values; {IF_AMBIGUOUS}")));
        }
        if let Some(rule) = &mut signed_headers {
            rule.end.clone_from(&composition.translated.end_of_headers);
        }
        composition.signed_headers = signed_headers;
        let covers_body = composition
            .translated
            .parts
            .iter()
            .chain(&composition.translated.body)
            .any(|text| text.covers_the_body(composition.fields.as_ref()));
        if composition.translated.signs_nothing() {
            return Err(at("signed", "nothing of the delivery is signed; name a value of it".to_owned()));
        }
        match covers {
            Some(stated) if stated != covers_body => {
                let message = if covers_body { COVERED } else { UNCOVERED };
                return Err(at("covers_body", message.to_owned()));
            }
            None if !covers_body => return Err(at("signed", UNCOVERED.to_owned())),
            _ => composition.covers_body = covers_body,
        }
        let signed = Some(composition.translated.template.clone());
        Ok(Self { composition, is_needed, signed })
    }

    /// The header in which the core looks for the signature.
    pub(crate) fn header(&self) -> String {
        self.composition.signature.header.clone()
    }

    /// Whether the core alone does not suffice.
    pub(crate) fn is_needed(&self) -> bool {
        self.is_needed
    }

    /// The source of a timestamp or an id at `place`, for the core.
    pub(crate) fn source(&mut self, place: Place) -> Source<String> {
        if !self.is_needed {
            self.composition.translated.body = Some(Text::Body);
            self.is_needed = true;
        }
        self.composition.moves_values = true;
        Source::Header(text_header::name(self.composition.translated.number_of(Text::Place(place))))
    }

    /// The composition; `None` if the core alone suffices.
    pub(crate) fn finish(self) -> Option<Composition> {
        self.is_needed.then_some(self.composition)
    }
}

/// The place of the signature, if that is not a header, and the header's name or the one under which the core finds it.
fn read_place(
    node: &Node<'_>,
    signature: &Object<'_>,
    headers: impl FnOnce(&Node<'_>) -> Result<String, ConfigError>,
) -> Result<(Option<Place>, String), ConfigError> {
    match (signature.read("from", Place::read)?, signature.get("header")) {
        (Some(_), Some(_)) => Err(node.error("\"header\" and \"from\" both say where the signature is; leave one out")),
        (Some(Place::Header(name)), None) => Ok((None, name)),
        (Some(place), None) => Ok((Some(place.clone()), name_of(&place))),
        (None, Some(header)) => Ok((None, headers(header)?)),
        (None, None) => {
            Err(node.error("the field \"header\" is missing; it is required, or else \"from\" with another place"))
        }
    }
}

/// The name under which the core looks for a signature or token at a place that is not a header.
pub(crate) fn name_of(place: &Place) -> String {
    let name = place.name();
    // In `Authorization` the core reads `Bearer`.
    let fits = countersign_core::http_header::is_name(name)
        && !text_header::is_reserved(name)
        && !name.eq_ignore_ascii_case("authorization");
    if fits { name.to_owned() } else { "signature".to_owned() }
}

/// Reads a template whose braces and placeholders are right.
fn read_template(node: &Node<'_>) -> Result<String, ConfigError> {
    let template = node.string()?;
    fault(&template).map_or(Ok(template), |message| Err(node.error(message)))
}

fn read_group_separator(node: &Node<'_>) -> Result<u8, ConfigError> {
    match node.string()?.as_bytes() {
        [separator @ b' '] => Ok(*separator),
        _ => Err(node.error("must be a blank: no sender is known that puts anything else between groups of pairs")),
    }
}

const IF_AMBIGUOUS: &str = "if the sender signs in this way, say so with \"ambiguous\": true, and know that one signature then \
     fits several deliveries";
const UNCOVERED: &str = "the body is not signed, or not all of it, so this signature does not authenticate it; sign {body}, \
     {sha256:body} or all fields, or, if the sender signs no more than this, say so with \"covers_body\": false";
const COVERED: &str = "the body is signed, so \"covers_body\" is true; leave it out";
