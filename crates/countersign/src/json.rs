//! Reads JSON with helpful errors: each names the line, the path of the field, and what is allowed.

use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::ConfigError;
use crate::header_name;
use crate::preset;
use crate::printable::short;
use crate::suggest::{did_you_mean, found, may_name_a_field};

/// A value in a JSON text, with its place.
pub(crate) struct Node<'a> {
    text: &'a str,
    raw: &'a RawValue,
    path: String,
}

impl<'a> Node<'a> {
    /// Reads a whole text, which must be one JSON value.
    pub(crate) fn parse(text: &'a str) -> Result<Self, ConfigError> {
        let raw: &RawValue = serde_json::from_str(text).map_err(|error| syntax_error(text, &error))?;
        Ok(Self { text, raw, path: String::new() })
    }

    /// Reads a whole text, which must be one JSON object.
    pub(crate) fn parse_object(text: &'a str) -> Result<Self, ConfigError> {
        let root = Self::parse(text)?;
        match root.kind() {
            Kind::Object => Ok(root),
            kind => Err(root.error(format!("found {kind}; expected an object{}", preset_hint(text)))),
        }
    }

    /// The names of an object's fields.
    pub(crate) fn field_names(&self) -> Result<Vec<String>, ConfigError> {
        Ok(self.entries()?.into_iter().map(|(name, _)| name).collect())
    }

    /// The fields of an object, each of which must be one of `known` and appear only once.
    pub(crate) fn object(&self, known: &'static [&'static str]) -> Result<Object<'a>, ConfigError> {
        self.object_beside(known, |_| None)
    }

    /// As [`object`](Self::object). `elsewhere` says of an unknown name where it belongs, if it stands in the wrong object.
    pub(crate) fn object_beside(
        &self,
        known: &'static [&'static str],
        elsewhere: impl Fn(&str) -> Option<String>,
    ) -> Result<Object<'a>, ConfigError> {
        let entries = self.entries()?;
        let mut fields: Vec<(String, Node<'a>)> = Vec::with_capacity(entries.len());
        for (place, (name, raw)) in entries.into_iter().enumerate() {
            let label = short(&name);
            let path = if self.path.is_empty() { label } else { format!("{}.{label}", self.path) };
            let node = Node { text: self.text, raw, path };
            if !known.contains(&name.as_str()) {
                return Err(self.unknown_field(&name, place, &node, known, elsewhere(&name)));
            }
            if fields.iter().any(|(other, _)| *other == name) {
                return Err(node.error("stands twice; only one can count, so leave one out"));
            }
            fields.push((name, node));
        }
        Ok(Object(fields))
    }

    /// An error about a field that there is not. Its name may be a secret if names and values were swapped.
    fn unknown_field(
        &self,
        name: &str,
        place: usize,
        field: &Node<'_>,
        known: &[&str],
        elsewhere: Option<String>,
    ) -> ConfigError {
        let has_name_as_value = field.string().is_ok_and(|value| known.contains(&&*value));
        if may_name_a_field(name, known.iter().copied()) && !has_name_as_value {
            let advice = elsewhere.unwrap_or_else(|| did_you_mean(name, known.iter().copied()));
            let advice = if advice.is_empty() { format!("; allowed are {}", known.join(", ")) } else { advice };
            return field.error(format!("unknown field{advice}"));
        }
        let advice = if has_name_as_value { "; its value is the name of a field: are they swapped?" } else { "" };
        let hidden = ConfigError::invalid(format!(
            "field number {} is unknown; its name is not repeated here, since it could be a secret{advice}",
            place + 1
        ));
        let hidden = if self.path.is_empty() { hidden } else { hidden.in_field(&self.path) };
        hidden.on_line(field.line())
    }

    /// The fields of an object, whatever their names, in order. No name may stand twice.
    pub(crate) fn open_object(&self) -> Result<Vec<(String, Node<'a>)>, ConfigError> {
        let mut fields: Vec<(String, Node<'a>)> = Vec::new();
        for (name, raw) in self.entries()? {
            let node = Node { text: self.text, raw, path: format!("{}.{}", self.path, short(&name)) };
            if fields.iter().any(|(other, _)| *other == name) {
                return Err(node.error("stands twice; only one can count, so leave one out"));
            }
            fields.push((name, node));
        }
        Ok(fields)
    }

    /// The path of this value, such as `config.algorithm`.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn is_null(&self) -> bool {
        self.kind() == Kind::Null
    }

    fn entries(&self) -> Result<Vec<(String, &'a RawValue)>, ConfigError> {
        if self.kind() != Kind::Object {
            return Err(self.expected("an object"));
        }
        let mut reader = serde_json::Deserializer::from_str(self.raw.get());
        reader.deserialize_map(Entries).map_err(|error| self.malformed(&error))
    }

    /// The values of a list.
    pub(crate) fn array(&self) -> Result<Vec<Node<'a>>, ConfigError> {
        if self.kind() != Kind::Array {
            return Err(self.expected("a list"));
        }
        let items: Vec<&RawValue> = serde_json::from_str(self.raw.get()).map_err(|error| self.malformed(&error))?;
        let indexed = items.into_iter().enumerate();
        Ok(indexed.map(|(i, raw)| Node { text: self.text, raw, path: format!("{}[{i}]", self.path) }).collect())
    }

    /// A text whose contents no error shows.
    pub(crate) fn string(&self) -> Result<String, ConfigError> {
        if self.kind() != Kind::String {
            return Err(self.expected("a text"));
        }
        serde_json::from_str(self.raw.get()).map_err(|error| self.malformed(&error))
    }

    /// A text that is not empty.
    pub(crate) fn non_empty_string(&self) -> Result<String, ConfigError> {
        match self.string()? {
            text if text.is_empty() => Err(self.error("must not be empty")),
            text => Ok(text),
        }
    }

    /// The name of a header.
    pub(crate) fn header_name(&self) -> Result<String, ConfigError> {
        let name = self.string()?;
        header_name::check(&name).map_err(|error| self.locate(error))?;
        Ok(name)
    }

    pub(crate) fn boolean(&self) -> Result<bool, ConfigError> {
        match self.kind() {
            Kind::Boolean => Ok(self.raw.get() == "true"),
            _ => Err(self.expected("true or false")),
        }
    }

    /// A non-negative whole number.
    pub(crate) fn number(&self) -> Result<u32, ConfigError> {
        match (self.kind(), self.raw.get().parse()) {
            (Kind::Number, Ok(number)) => Ok(number),
            (Kind::Number, Err(_)) => {
                let found = short(self.raw.get());
                Err(self.error(format!("found {found}; expected a whole number up to {}", u32::MAX)))
            }
            _ => Err(self.expected("a whole number")),
        }
    }

    /// One of a few names, each of which denotes a value.
    pub(crate) fn one_of<T: Copy>(&self, names: &[(&'static str, T)]) -> Result<T, ConfigError> {
        let typed = self.string()?;
        if let Some((_, value)) = names.iter().find(|(name, _)| *name == typed) {
            return Ok(*value);
        }
        let allowed = names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let nearest = did_you_mean(&typed, names.iter().map(|(name, _)| *name));
        let found = found(&typed, names.iter().map(|(name, _)| *name));
        Err(self.error(format!("{found}; allowed are {allowed}{nearest}")))
    }

    pub(crate) fn is_string(&self) -> bool {
        self.kind() == Kind::String
    }

    pub(crate) fn is_object(&self) -> bool {
        self.kind() == Kind::Object
    }

    /// Returns the field `name` of `object`, which was read from this value.
    ///
    /// # Errors
    /// `invalid_config` if the field is missing.
    pub(crate) fn required<'o>(&self, object: &'o Object<'a>, name: &str) -> Result<&'o Node<'a>, ConfigError> {
        object.get(name).ok_or_else(|| self.error(format!("the field \"{name}\" is missing; it is required")))
    }

    /// The value at a path such as `signature.separator`, if there is one.
    pub(crate) fn descendant(&self, path: &str) -> Option<Node<'a>> {
        let mut node = Node { text: self.text, raw: self.raw, path: self.path.clone() };
        for name in path.split('.') {
            let (_, raw) = node.entries().ok()?.into_iter().find(|(field, _)| field == name)?;
            let path = if node.path.is_empty() { name.to_owned() } else { format!("{}.{name}", node.path) };
            node = Node { text: self.text, raw, path };
        }
        Some(node)
    }

    /// An error about this value.
    pub(crate) fn error(&self, message: impl Into<String>) -> ConfigError {
        self.locate(ConfigError::invalid(message))
    }

    /// Adds this place to an error.
    pub(crate) fn locate(&self, error: ConfigError) -> ConfigError {
        error.in_field(&self.path).on_line(self.line())
    }

    /// An escape that is no valid character, which is found only when a text is decoded.
    fn malformed(&self, error: &serde_json::Error) -> ConfigError {
        // Its place is counted from the beginning of this value, so only the line of the value is reported.
        let text = error.to_string();
        let text = text.split(" at line ").next().unwrap_or_default();
        self.error(format!("not valid JSON: {text}"))
    }

    fn expected(&self, expected: &str) -> ConfigError {
        self.error(format!("found {}; expected {expected}", self.kind()))
    }

    fn line(&self) -> usize {
        // The raw value is a part of the text, so the distance between their beginnings is its place.
        let offset = self.raw.get().as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        1 + self.text.bytes().take(offset).filter(|&byte| byte == b'\n').count()
    }

    fn kind(&self) -> Kind {
        match self.raw.get().bytes().next() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Boolean,
            Some(b'n') => Kind::Null,
            _ => Kind::Number,
        }
    }
}

/// The fields of an object.
pub(crate) struct Object<'a>(Vec<(String, Node<'a>)>);

impl<'a> Object<'a> {
    pub(crate) fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, node)| node)
    }

    /// Reads a field with `read` if it is there.
    pub(crate) fn read<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Node<'a>) -> Result<T, ConfigError>,
    ) -> Result<Option<T>, ConfigError> {
        self.get(name).map(read).transpose()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Object,
    Array,
    String,
    Number,
    Boolean,
    Null,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Object => "an object",
            Self::Array => "a list",
            Self::String => "a text",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Null => "null",
        })
    }
}

/// Collects the fields of an object in order, duplicates and all.
pub(crate) struct Entries;

impl<'a> Visitor<'a> for Entries {
    type Value = Vec<(String, &'a RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut entries = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            entries.push((name, map.next_value()?));
        }
        Ok(entries)
    }
}

fn syntax_error(input: &str, error: &serde_json::Error) -> ConfigError {
    // Its text ends with the place, which is reported separately; nothing in it repeats the input.
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    // A word that begins like `null`, `true` or `false`, and is none of them.
    let text = if text == "expected ident" { "expected value" } else { text };
    let hint = if is_like_a_path(input) {
        "; this looks like the name of a file: give what the file contains".to_owned()
    } else {
        preset_hint(input)
    };
    ConfigError::invalid(format!("not valid JSON: {text} (column {}){hint}", error.column()))
        .on_line(error.line().max(1))
}

/// What to do about the name of a preset where JSON belongs; empty for any other text.
fn preset_hint(text: &str) -> String {
    preset::meant_by(text).map_or_else(String::new, |name| {
        format!(
            "; \"{name}\" is the name of a preset: use the function or option that takes a preset (preset), not the one that takes \
             JSON"
        )
    })
}

/// Whether a text that is no JSON looks like a path.
fn is_like_a_path(text: &str) -> bool {
    let is_json_file = text.len() > 5 && text.to_ascii_lowercase().ends_with(".json");
    let begins_like_one = ["/", "./", "../", "~/"].iter().any(|start| text.starts_with(start));
    (is_json_file || begins_like_one) && !text.contains(['{', '[', '"', '\n'])
}
