//! Finds which of the texts of a composition a delivery lacks.

use countersign_core::{Delivery, Headers, Rejection};

use super::Composition;
use super::fields::{Absent, Choice, From};
use super::place::{Place, json_text, may_be_form, query_of};
use super::text::{Function, Text};
use super::{json_value, xml};
use crate::function::{Signatures, text_header};
use crate::header_line::single_line;
use crate::missing_part::MissingPart;

impl Composition {
    /// The parts that a delivery lacks of the text behind a placeholder of the core's template, which is named without its
    /// braces: `body`, `url` or `header:~0`. `None` if the core reads the placeholder itself.
    pub(crate) fn missing_parts<H: Headers + ?Sized>(
        &self,
        placeholder: &str,
        delivery: &Delivery<'_, H>,
    ) -> Option<Vec<MissingPart>> {
        let text = match placeholder {
            "body" => self.translated.body.as_ref(),
            "url" => self.translated.url.as_ref(),
            _ => {
                let number = placeholder.strip_prefix("header:").and_then(text_header::number);
                number.and_then(|number| self.translated.parts.get(number))
            }
        }?;
        let mut missing = Vec::new();
        self.add_missing(text, delivery, &mut missing);
        Some(missing)
    }

    /// The kind of body in which the signature would be, if the delivery has a body of another kind.
    pub(crate) fn missing_kind<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) -> Option<MissingPart> {
        let part = lacks(self.signature.place.as_ref()?, delivery)?;
        is_kind(&part).then_some(part)
    }

    /// The signatures of a delivery, as [`rewrite`](Self::rewrite) finds them.
    pub(crate) fn signatures<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) -> Result<Signatures, Rejection> {
        self.signature.find(delivery)
    }

    fn add_missing<H: Headers + ?Sized>(
        &self,
        text: &Text,
        delivery: &Delivery<'_, H>,
        missing: &mut Vec<MissingPart>,
    ) {
        match text {
            // The list of the signed headers is a part of the signature's header.
            Text::Literal(_) | Text::Body | Text::SignedHeaderNames => {}
            Text::Method => missing.extend(delivery.method.is_empty().then_some(MissingPart::Method)),
            Text::Url | Text::Path | Text::Target => {
                missing.extend(delivery.url.is_empty().then_some(MissingPart::Url));
            }
            Text::Query => missing.extend(query_of(delivery.url).is_empty().then_some(MissingPart::Url)),
            Text::Place(place) => missing.extend(lacks(place, delivery)),
            Text::Fields => self.add_missing_fields(delivery, missing),
            Text::SignedHeaders => {
                let line = single_line(delivery.headers, &self.signature.header).ok().flatten();
                let names = self.listed_headers(line.unwrap_or_default());
                missing.extend(names.into_iter().filter_map(|name| lacks(&Place::Header(name), delivery)));
            }
            Text::Of(Function::Print(_), text) if **text == Text::Body => {
                missing.extend((!is_json(delivery.body)).then(|| MissingPart::InBody("json".to_owned())));
            }
            Text::Of(_, text) => self.add_missing(text, delivery, missing),
            Text::All(texts) => texts.iter().for_each(|text| self.add_missing(text, delivery, missing)),
        }
    }

    fn add_missing_fields<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>, missing: &mut Vec<MissingPart>) {
        let Some(fields) = &self.fields else { return };
        match &fields.from {
            From::Form if may_be_form(delivery.headers) == Ok(false) => {
                missing.push(MissingPart::InBody("form".to_owned()));
                return;
            }
            From::Xml if xml::elements(delivery.body).is_none() => {
                missing.push(MissingPart::InBody("xml".to_owned()));
                return;
            }
            From::Json(pointer) => {
                if let Some(part) = lacks(&Place::Json(pointer.clone()), delivery) {
                    missing.push(part);
                    return;
                }
            }
            From::Query | From::Form | From::AnyForm | From::Xml => {}
        }
        let Choice::Listed { names, absent: Absent::Reject } = &fields.choice else { return };
        missing.extend(names.iter().filter_map(|name| {
            let place = match &fields.from {
                From::Query => Place::Query(name.name.clone()),
                From::Form | From::AnyForm => Place::Form(name.name.clone()),
                From::Xml => Place::Xml(name.name.clone()),
                From::Json(pointer) => {
                    let own = std::slice::from_ref(&name.name);
                    Place::Json(pointer.below(if name.below.is_empty() { own } else { &name.below }))
                }
            };
            // An empty field is signed as such.
            (place.value(delivery) == Ok(None)).then(|| MissingPart::from(&place))
        }));
    }
}

/// The value at a place, as a part that is missing, if it is absent or empty. A value that is there and cannot be used, such
/// as one of two with its name, is not missing.
pub(crate) fn lacks<H: Headers + ?Sized>(place: &Place, delivery: &Delivery<'_, H>) -> Option<MissingPart> {
    match (place.value(delivery), place) {
        (Ok(Some(value)), _) => value.is_empty().then(|| MissingPart::from(place)),
        (Ok(None), _) => Some(MissingPart::from(place)),
        (Err(Rejection::MissingPart), Place::Json(_)) if !is_json(delivery.body) => {
            Some(MissingPart::InBody("json".to_owned()))
        }
        (Err(Rejection::MissingPart), Place::Xml(_)) => Some(MissingPart::InBody("xml".to_owned())),
        (Err(_), _) => None,
    }
}

fn is_json(body: &[u8]) -> bool {
    json_text(body).and_then(json_value::whole).is_ok()
}

/// Whether it is a kind of body, and not a place in one.
fn is_kind(part: &MissingPart) -> bool {
    matches!(part, MissingPart::InBody(place) if !place.contains(':'))
}
