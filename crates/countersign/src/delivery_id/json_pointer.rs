//! A value in a JSON text by its pointer (RFC 6901), in one pass and without building a tree.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::value::{Value, text};
use crate::json_name::may_match;

/// The most names of a pointer. The reader recurses once for each of them and no deeper.
const MAX_NAMES: usize = 8;

/// The names from the root of a JSON text to a value. An index of a list is a name of digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pointer(Vec<String>);

impl Pointer {
    /// A pointer such as `/data/id`; `~1` is a slash in a name and `~0` a tilde.
    pub(crate) fn parse(pointer: &str) -> Result<Self, String> {
        let Some(names) = pointer.strip_prefix('/') else {
            return Err("json: needs a pointer that begins with a slash, such as json:/id".to_owned());
        };
        let names: Vec<&str> = names.split('/').collect();
        if names.len() > MAX_NAMES {
            return Err(format!("a pointer has at most {MAX_NAMES} names"));
        }
        let unescape = |name: &str| {
            let escapes = name.split('~').skip(1);
            if escapes.clone().any(|after| !after.starts_with(['0', '1'])) {
                return Err("in a pointer, ~ is written ~0 and / in a name is written ~1".to_owned());
            }
            Ok(name.replace("~1", "/").replace("~0", "~"))
        };
        names.into_iter().map(unescape).collect::<Result<_, _>>().map(Self)
    }

    /// The pointer to the whole text.
    pub(crate) fn root() -> Self {
        Self(Vec::new())
    }

    /// The names, from the root.
    pub(crate) fn names(&self) -> &[String] {
        &self.0
    }

    /// The pointer to what these names lead to, from where this one leads to.
    pub(crate) fn below(&self, names: &[String]) -> Self {
        Self([&self.0, names].concat())
    }
}

/// As RFC 6901 writes it.
impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|name| write!(f, "/{}", name.replace('~', "~0").replace('/', "~1")))
    }
}

/// The value at `pointer`: the text of a string or the digits of a number. A name that occurs twice on the way, a value of
/// another kind, and a text that is not JSON are no id; `null` is absent.
pub(super) fn find(json: &[u8], pointer: &Pointer) -> Value {
    // The reader passes over a text that is not UTF-8 where it does not need its value.
    let Ok(json) = str::from_utf8(json) else { return Value::Unusable };
    match read(json, At { names: &pointer.0, is_strict: false }) {
        Err(_) => Value::Unusable,
        Ok(None) => Value::Absent,
        Ok(Some(raw)) => match raw.get().as_bytes() {
            [b'n', ..] => Value::Absent,
            [b'"', ..] => match serde_json::from_str::<Text<'_>>(raw.get()) {
                Ok(Text(value)) => text(value.as_bytes()),
                Err(_) => Value::Unusable,
            },
            [b'0'..=b'9' | b'-', ..] => text(raw.get().as_bytes()),
            _ => Value::Unusable,
        },
    }
}

/// The value at the end of these names, as it is written; `None` if there is none.
///
/// # Errors
/// If the text is not one JSON value, and for a name on the way that occurs twice, or beside one that some parsers take for
/// it, such as the same in other letters.
pub(crate) fn find_raw<'a>(json: &'a str, names: &[String]) -> serde_json::Result<Option<&'a RawValue>> {
    read(json, At { names, is_strict: true })
}

fn read<'a>(json: &'a str, at: At<'_>) -> serde_json::Result<Option<&'a RawValue>> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let found = at.deserialize(&mut reader)?;
    reader.end().map(|()| found)
}

/// What stands at the end of these names.
#[derive(Clone, Copy)]
struct At<'n> {
    names: &'n [String],
    /// Whether a name that some parsers take for the one on the way counts as the same.
    is_strict: bool,
}

impl<'a> DeserializeSeed<'a> for At<'_> {
    type Value = Option<&'a RawValue>;

    fn deserialize<D: Deserializer<'a>>(self, reader: D) -> Result<Self::Value, D::Error> {
        let Self { names, is_strict } = self;
        match names {
            [] => Deserialize::deserialize(reader).map(Some),
            [name, rest @ ..] => reader.deserialize_any(Below { name, rest: At { names: rest, is_strict } }),
        }
    }
}

/// A value in which the next name is looked up.
struct Below<'n> {
    name: &'n str,
    rest: At<'n>,
}

impl<'a> Visitor<'a> for Below<'_> {
    type Value = Option<&'a RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut found = None;
        while let Some(Text(name)) = map.next_key::<Text<'a>>()? {
            if name != self.name {
                if self.rest.is_strict && may_match(&name, self.name) {
                    return Err(M::Error::custom("a name in other letters"));
                }
                map.next_value::<IgnoredAny>()?;
            } else if found.is_none() {
                found = Some(map.next_value_seed(self.rest)?);
            } else {
                return Err(M::Error::custom("a name that occurs twice"));
            }
        }
        Ok(found.flatten())
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut list: S) -> Result<Self::Value, S::Error> {
        // RFC 6901 section 4: digits without a leading zero.
        let index = self.name.parse::<usize>().ok().filter(|index| index.to_string() == self.name);
        let (mut found, mut at) = (None, 0);
        loop {
            if Some(at) == index {
                let Some(item) = list.next_element_seed(self.rest)? else { return Ok(found) };
                found = item;
            } else if list.next_element::<IgnoredAny>()?.is_none() {
                return Ok(found);
            }
            at += 1;
        }
    }

    // Nothing stands below any other value.

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// A text, which is copied only if it has escapes. As a plain `Cow`, serde copies it always.
struct Text<'a>(Cow<'a, str>);

impl<'a> Deserialize<'a> for Text<'a> {
    fn deserialize<D: Deserializer<'a>>(reader: D) -> Result<Self, D::Error> {
        struct IntoText;

        impl<'a> Visitor<'a> for IntoText {
            type Value = Text<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Text<'a>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'a>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        reader.deserialize_str(IntoText)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[track_caller]
    fn at(json: &str, pointer: &str) -> Option<String> {
        match find(json.as_bytes(), &Pointer::parse(pointer).unwrap()) {
            Value::Found(value) => Some(value),
            Value::Absent => None,
            Value::Unusable => Some("unusable".to_owned()),
        }
    }

    #[allow(clippy::unnecessary_wraps, reason = "what `at` returns")]
    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn texts_and_numbers_are_found() {
        for (json, pointer, expected) in [
            (r#"{"id": "evt_1"}"#, "/id", some("evt_1")),
            (r#"{"a": [1, {"b": {"id": 17}}], "z": null}"#, "/a/1/b/id", some("17")),
            (r#"{"id": 12345678901234567890123}"#, "/id", some("12345678901234567890123")),
            (r#"{"id": -0.10e5}"#, "/id", some("-0.10e5")),
            (r#"{"id": "\u0065vt\/1"}"#, "/id", some("evt/1")),
            (r#"{"\u0069d": "1"}"#, "/id", some("1")),
            (r#"{"a/b~c": "1"}"#, "/a~1b~0c", some("1")),
            (r#"{"": "1"}"#, "/", some("1")),
            (r#"["a", "b"]"#, "/1", some("b")),
        ] {
            assert_eq!(at(json, pointer), expected, "{json} {pointer}");
        }
    }

    #[test]
    fn what_is_not_there_is_absent() {
        for (json, pointer) in [
            (r#"{"id": null}"#, "/id"),
            (r#"{"id": ""}"#, "/id"),
            (r#"{"ID": "1"}"#, "/id"),
            (r#"{"id": "1"}"#, "/id/x"),
            (r#"{"id": true}"#, "/id/x"),
            (r#"["a"]"#, "/1"),
            (r#"["a"]"#, "/00"),
            (r#"["a"]"#, "/-"),
            ("17", "/id"),
        ] {
            assert_eq!(at(json, pointer), None, "{json} {pointer}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_no_id() {
        let (long, deep) = (format!(r#"{{"id": "{}"}}"#, "a".repeat(1025)), "[".repeat(100_000));
        for json in [
            r#"{"id": "1", "id": "1"}"#,
            r#"{"id": "1", "\u0069d": "2"}"#,
            r#"{"id": true}"#,
            r#"{"id": ["1"]}"#,
            r#"{"id": {"a": 1}}"#,
            r#"{"id": "\ud800"}"#,
            r#"{"id": "a\u0000b"}"#,
            r#"{"id": "1"} {}"#,
            r#"{"id": "1""#,
            r#"{"id": 01}"#,
            "",
            "\u{feff}{\"id\": \"1\"}",
            long.as_str(),
            deep.as_str(),
        ] {
            assert_eq!(at(json, "/id"), some("unusable"), "{json:.80}");
        }
        assert!(matches!(find(b"{\"x\": \"\xff\", \"id\": \"1\"}", &Pointer::parse("/id").unwrap()), Value::Unusable));
        // A name that occurs twice off the way does not matter.
        assert_eq!(at(r#"{"x": {"y": 1, "y": 2}, "id": "1"}"#, "/id"), some("1"));
        assert_eq!(at(r#"{"x": {"id": "1"}, "x": 2}"#, "/x/id"), some("unusable"));
    }

    #[test]
    fn pointers_are_checked() {
        for (pointer, says) in
            [("", "slash"), ("id", "slash"), ("/~", "~0"), ("/a~2", "~0"), ("/a/b/c/d/e/f/g/h/i", "8")]
        {
            assert!(Pointer::parse(pointer).unwrap_err().contains(says), "{pointer}");
        }
    }

    /// Against a reader that builds the tree, on texts without names that occur twice.
    #[test]
    fn agrees_with_a_tree() {
        let texts = [
            r#"{"a": {"b": [10, 20, {"c": "x"}], "d": "y"}, "e": 5}"#,
            r#"[[1, 2], {"a": [3]}, "z"]"#,
            r#""just a text""#,
            "[]",
        ];
        let pointers = ["/a", "/a/b", "/a/b/0", "/a/b/2/c", "/a/d", "/e", "/0/1", "/1/a/0", "/2", "/5", "/e/f"];
        for json in texts {
            let tree: serde_json::Value = serde_json::from_str(json).unwrap();
            for pointer in pointers {
                let expected = match tree.pointer(pointer) {
                    None | Some(serde_json::Value::Null) => None,
                    Some(serde_json::Value::String(text)) => some(text),
                    Some(serde_json::Value::Number(number)) => Some(number.to_string()),
                    Some(_) => some("unusable"),
                };
                assert_eq!(at(json, pointer), expected, "{json} {pointer}");
            }
        }
    }
}
