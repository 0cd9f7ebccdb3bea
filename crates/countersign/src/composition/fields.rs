//! The fields of a delivery, sorted or listed, and joined into one text: `fields` in a scheme.

mod collect;
mod join;
mod read;

use crate::delivery_id::Pointer;

/// Which fields are signed, and how they are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fields {
    pub(super) from: From,
    pub(super) choice: Choice,
    /// The text between a name and its value; `None` if only values are signed.
    pub(super) pair: Option<String>,
    /// The text between two fields.
    pub(super) join: String,
    /// Whether fields with an empty value are left out.
    pub(super) skips_empty: bool,
    pub(super) repeated: Repeated,
    /// Whether names and values stay as they are written in the query or form. Otherwise they are decoded.
    pub(super) is_raw: bool,
}

/// Where the fields are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// The query of the URL.
    Query,
    /// A form body.
    Form,
    /// A body that is read as a form, whatever its header says.
    AnyForm,
    /// The object at this place of a JSON body.
    Json(Pointer),
    /// A flat XML body.
    Xml,
}

/// Which of the fields are signed, in which order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// These, in this order.
    Listed {
        /// A name, or a pointer below the object.
        names: Vec<FieldName>,
        /// What an absent field becomes.
        absent: Absent,
    },
    /// All but these.
    AllBut {
        /// The names of the fields that are not signed.
        except: Vec<String>,
        order: Order,
    },
}

/// The name of a listed field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldName {
    /// The name with which it is signed.
    pub(super) name: String,
    /// The names from the object to a value deep in it; empty for a field of the object itself.
    pub(super) below: Vec<String>,
}

/// What a listed field becomes that is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// The delivery is rejected.
    Reject,
    /// It is left out.
    Skip,
    /// Its value is empty.
    Empty,
}

/// The order of fields that are not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// By the bytes of their names.
    Name,
    /// By their names, without the case of ASCII letters.
    NameWithoutCase,
    /// As received.
    Received,
}

/// What happens to fields with the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Repeated {
    /// The delivery is rejected.
    Reject,
    /// All are signed, in the order in which they were received.
    Keep,
    /// Their values are joined by this text.
    Join(String),
}

impl Fields {
    /// Whether they are in the URL.
    pub(super) fn read_the_query(&self) -> bool {
        self.from == From::Query
    }

    /// Whether all fields of a body are signed, so that nothing can be added to it.
    pub(super) fn cover_the_body(&self) -> bool {
        let all = matches!(&self.choice, Choice::AllBut { .. }) && !self.skips_empty;
        let whole = match &self.from {
            From::Query => false,
            From::Form | From::AnyForm | From::Xml => true,
            From::Json(pointer) => pointer.names().is_empty(),
        };
        all && whole
    }

    /// Why the joined text could be cut in several ways, so that one signature fits several deliveries; `None` if it can be
    /// cut in one way only.
    pub(super) fn ambiguity(&self) -> Option<&'static str> {
        let is_mark =
            |text: &str| matches!(text.as_bytes(), [byte] if byte.is_ascii_punctuation() || byte.is_ascii_whitespace());
        let is_alone = matches!(&self.choice, Choice::Listed { names, .. } if names.len() == 1);
        match (&self.choice, &self.pair) {
            (Choice::AllBut { .. }, None) => {
                Some("the names of the fields are not signed, so a value can move to another field")
            }
            (Choice::Listed { absent: Absent::Skip, .. }, None) => {
                Some("a field may be left out and its name is not signed, so a value can move to another field")
            }
            (Choice::Listed { .. }, None) if is_alone => None,
            (Choice::Listed { .. }, None) if self.skips_empty => {
                Some("an empty field is left out and its name is not signed, so a value can move to another field")
            }
            _ if self.pair.as_deref().is_some_and(|pair| !is_mark(pair)) => Some(
                "between a name and its value stands no single mark, so the end of one could be the start of the other",
            ),
            _ if !is_mark(&self.join) || self.pair.as_ref() == Some(&self.join) => Some(
                "between two fields stands no single mark of its own, so the end of one could be the start of the other",
            ),
            _ if matches!(&self.repeated, Repeated::Join(_)) => {
                Some("values of one name are joined, so two values could be one that contains the text between them")
            }
            _ => None,
        }
    }
}
