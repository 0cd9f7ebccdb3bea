//! Where a delivery's id can be, as a composition sees it: the place behind a header of the core, and whether the MAC covers
//! the value at a place.

use countersign_core::{Key, Verifier};

use super::Composition;
use super::fields::{Choice, Fields, From};
use super::place::Place;
use super::text::{Function, HashEncoding, Text};
use crate::delivery_id::IdPlace;
use crate::function::text_header;

impl Composition {
    /// The place behind a header of the core's scheme; `None` if the header is one of the delivery.
    pub(crate) fn place_behind(&self, header: &str) -> Option<&Place> {
        match self.translated.parts.get(text_header::number(header)?)? {
            Text::Place(place) => Some(place),
            _ => None,
        }
    }

    /// Whether the MAC covers the value at a place, so that it cannot change. `core` signs some headers and the URL by itself.
    pub(crate) fn signs(&self, place: &IdPlace, core: &Verifier<Box<[Key]>, String>) -> bool {
        let in_text = |text: &Text| signs(text, self.fields.as_ref(), place);
        let in_url = || self.translated.url.as_ref().map_or_else(|| signs(&Text::Url, None, place), in_text);
        let is_signed = match place {
            IdPlace::Header(name) => core.signs_header(name) || self.texts().any(in_text),
            IdPlace::Query(_) => core.delimits_url() && in_url() || self.texts().any(in_text),
            IdPlace::Json(_) => self.texts().any(in_text),
            // What stands beside it in the URL can become a part of the form.
            IdPlace::Form(_) => (core.delimits_url() || !core.signs_url()) && self.texts().any(in_text),
        };
        is_signed && !self.translated.is_ambiguous
    }
}

/// Whether the value at `place` cannot change without a change of `text`.
fn signs(text: &Text, fields: Option<&Fields>, place: &IdPlace) -> bool {
    match text {
        Text::Body => matches!(place, IdPlace::Json(_) | IdPlace::Form(_)),
        Text::Url | Text::Target | Text::Query => matches!(place, IdPlace::Query(_)),
        Text::Place(own) => IdPlace::try_from(own).as_ref() == Ok(place),
        Text::Fields => fields.is_some_and(|fields| fields.sign(place)),
        Text::Of(Function::Hash(..) | Function::Print(_) | Function::Base64, of) => signs(of, fields, place),
        // Hex is the same in both cases.
        Text::Of(Function::Lower | Function::Upper, of) => {
            matches!(**of, Text::Of(Function::Hash(_, HashEncoding::Hex), _)) && signs(of, fields, place)
        }
        Text::All(texts) => texts.iter().any(|text| signs(text, fields, place)),
        Text::Literal(_)
        | Text::Method
        | Text::Path
        | Text::SignedHeaderNames
        | Text::SignedHeaders
        | Text::Of(Function::HubSpot, _) => false,
    }
}

impl Fields {
    /// Whether the value at a place is that of a field which is signed with its name.
    fn sign(&self, place: &IdPlace) -> bool {
        let name = match (&self.from, place) {
            (From::Query, IdPlace::Query(name)) | (From::Form | From::AnyForm, IdPlace::Form(name)) => Some(name),
            (From::Json(object), IdPlace::Json(pointer)) => {
                pointer.names().strip_prefix(object.names()).and_then(<[String]>::first)
            }
            _ => None,
        };
        match (&self.choice, name) {
            (Choice::AllBut { except, .. }, Some(name)) => !self.skips_empty && !except.contains(name),
            _ => false,
        }
    }
}

/// `Err` for a place where no id is looked for.
impl TryFrom<&Place> for IdPlace {
    type Error = ();

    fn try_from(place: &Place) -> Result<Self, ()> {
        Ok(match place {
            Place::Header(name) => Self::Header(name.clone()),
            Place::Query(name) => Self::Query(name.clone()),
            Place::Form(name) => Self::Form(name.clone()),
            Place::Json(pointer) => Self::Json(pointer.clone()),
            Place::Xml(_) => return Err(()),
        })
    }
}
