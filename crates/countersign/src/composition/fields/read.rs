//! Reads `fields` of a scheme.

use super::{Absent, Choice, FieldName, Fields, From, Order, Repeated};
use crate::delivery_id::Pointer;
use crate::error::ConfigError;
use crate::json::{Node, Object};

/// The most names of a list. Senders sign up to some thirty fields.
const MAX_NAMES: usize = 64;

const FIELDS: &[&str] =
    &["from", "names", "absent", "except", "order", "pair", "join", "skip_empty", "repeated", "spelling"];

#[derive(Clone, Copy)]
enum Spelling {
    Decoded,
    Received,
}

impl Fields {
    /// Reads the rule from JSON.
    pub(crate) fn read(node: &Node<'_>) -> Result<Self, ConfigError> {
        let object = node.object(FIELDS)?;
        let from = node.required(&object, "from").and_then(From::read)?;
        let choice = read_choice(node, &object, &from)?;
        let spelling = object.read("spelling", |node| {
            let spelling = node.one_of(&[("decoded", Spelling::Decoded), ("received", Spelling::Received)])?;
            match (spelling, &from) {
                (Spelling::Received, From::Json(_) | From::Xml) => {
                    Err(node.error("\"received\" goes with the fields of a query or form only, which have escapes"))
                }
                _ => Ok(spelling),
            }
        })?;
        let repeated = object.read("repeated", |node| match (Repeated::read(node)?, &from) {
            (Repeated::Keep | Repeated::Join(_), From::Json(_)) => {
                Err(node.error("a name that stands twice in a JSON object is always refused"))
            }
            (repeated, _) => Ok(repeated),
        })?;
        Ok(Self {
            from,
            choice,
            pair: object.read("pair", Node::string)?,
            join: node.required(&object, "join").and_then(Node::string)?,
            skips_empty: object.read("skip_empty", Node::boolean)?.unwrap_or(false),
            repeated: repeated.unwrap_or(Repeated::Reject),
            is_raw: matches!(spelling, Some(Spelling::Received)),
        })
    }
}

impl From {
    fn read(node: &Node<'_>) -> Result<Self, ConfigError> {
        let text = node.string()?;
        match (text.as_str(), text.strip_prefix("json:")) {
            ("query", _) => Ok(Self::Query),
            ("form", _) => Ok(Self::Form),
            ("xml", _) => Ok(Self::Xml),
            ("json", _) => Ok(Self::Json(Pointer::root())),
            (_, Some(pointer)) => Pointer::parse(pointer).map(Self::Json).map_err(|message| node.error(message)),
            _ => Err(node.error("allowed are query, form, json, json:/POINTER and xml")),
        }
    }
}

impl Repeated {
    fn read(node: &Node<'_>) -> Result<Self, ConfigError> {
        if node.is_object() {
            let object = node.object(&["join"])?;
            return node.required(&object, "join").and_then(Node::string).map(Self::Join);
        }
        let keep = node.one_of(&[("reject", false), ("keep", true)])?;
        Ok(if keep { Self::Keep } else { Self::Reject })
    }
}

fn read_choice(node: &Node<'_>, object: &Object<'_>, from: &From) -> Result<Choice, ConfigError> {
    let only_with = |fields: &[&str], message: &str| match fields.iter().find_map(|field| object.get(field)) {
        Some(node) => Err(node.error(message)),
        None => Ok(()),
    };
    let Some(names) = object.get("names") else {
        only_with(&["absent"], "goes with \"names\" only: without a list, no field is expected")?;
        let except = object.read("except", |node| read_list(node, Node::non_empty_string))?.unwrap_or_default();
        let order = object.read("order", |node| {
            node.one_of(&[
                ("name", Order::Name),
                ("name_without_case", Order::NameWithoutCase),
                ("received", Order::Received),
            ])
        })?;
        return Ok(Choice::AllBut { except, order: order.unwrap_or(Order::Name) });
    };
    only_with(&["except", "order"], "has no meaning together with \"names\", which lists the fields in their order")?;
    let absent = object.read("absent", |node| {
        node.one_of(&[("reject", Absent::Reject), ("skip", Absent::Skip), ("empty", Absent::Empty)])
    })?;
    let names = read_list(names, |node| {
        let name = node.non_empty_string()?;
        if !name.starts_with('/') {
            return Ok(FieldName { name, below: Vec::new() });
        }
        if !matches!(from, From::Json(_)) {
            return Err(node.error("a pointer goes with the fields of JSON only"));
        }
        let below = Pointer::parse(&name).map_err(|message| node.error(message))?.names().to_vec();
        Ok(FieldName { name: below.last().cloned().unwrap_or_default(), below })
    })?;
    if names.is_empty() {
        return Err(node.error("names: an empty list signs nothing"));
    }
    for (at, name) in names.iter().enumerate() {
        if names.iter().take(at).any(|earlier| earlier == name) {
            return Err(node.error("names: a name stands twice"));
        }
    }
    Ok(Choice::Listed { names, absent: absent.unwrap_or(Absent::Reject) })
}

/// Reads a list of at most [`MAX_NAMES`].
fn read_list<'a, T>(
    node: &Node<'a>,
    read: impl Fn(&Node<'a>) -> Result<T, ConfigError>,
) -> Result<Vec<T>, ConfigError> {
    let items = node.array()?;
    if items.len() > MAX_NAMES {
        return Err(node.error(format!("more than {MAX_NAMES} names")));
    }
    items.iter().map(read).collect()
}
