//! Stage 1, parse: splits the value of a signature header into the texts of its signatures and the other values next to
//! them.

use crate::header::{HeaderValue, trim};
use crate::list::split_list;
use crate::rejection::Rejection;
use crate::swar::find;

/// The format of the value of a signature header. Each separator is one printable ASCII character.
///
/// Exhaustive on purpose: if a variant is added, the compiler reports every `match` that lacks it. (`fast_path.rs` alone
/// needs no line: it leaves every format that it does not name to the general code.) Adding one is a breaking change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format<S = &'static str> {
    /// The tag, with or without a label that names the configured algorithm: `757107…`, `sha256=757107…`.
    Bare,
    /// The tag after a label that names an algorithm: `sha256=757107…`.
    Labelled,
    /// The tag after a fixed text: `v0=a2114d…`. With a separator, several tags: `v0=a2114d…,5e0c1f…`.
    Prefixed {
        /// The fixed text. Case matters.
        prefix: S,
        /// The separator between tags, if there can be several.
        separator: Option<u8>,
    },
    /// Keys and values, in any order: `t=1614265330,v1=5257a8…,v1=6ffbb5…`.
    Pairs {
        /// The separator between pairs.
        separator: u8,
        /// The mark between key and value, usually `=`.
        mark: u8,
        /// The key of the tags. Pairs with other keys are ignored.
        key: S,
    },
    /// Versions and tags: `v1,g0hM9S… v1,bm9ldH… v1a,hnO3f9…`.
    List {
        /// The separator between items.
        separator: u8,
        /// The version of the tags. Items with other versions are ignored.
        version: S,
    },
    /// Values in a fixed order: `1614265330,5257a8…,6ffbb5…`.
    Positional {
        /// The separator between values.
        separator: u8,
        /// The names of the values, separated by commas. One is `signature`; if it is the last, several signatures may
        /// follow.
        fields: S,
    },
}

/// The field of [`Format::Positional`] that contains the tag.
pub(crate) const SIGNATURE_FIELD: &str = "signature";

/// The texts of the timestamp and of the id, if the signature header contains them.
#[derive(Clone, Copy, Default)]
pub(crate) struct HeaderFields<'v> {
    pub(crate) timestamp: Option<&'v [u8]>,
    pub(crate) id: Option<&'v [u8]>,
}

/// The value of a signature header, with the text of its first signature.
#[derive(Clone, Copy, Default)]
pub(crate) struct FirstSignature<'v> {
    pub(crate) text: &'v [u8],
    /// Whether it is the only signature.
    pub(crate) is_only: bool,
    pub(crate) fields: HeaderFields<'v>,
}

/// The keys of [`HeaderFields`] in the signature header.
#[derive(Clone, Copy, Default)]
pub(crate) struct FieldKeys<'s> {
    pub(crate) timestamp: Option<&'s str>,
    pub(crate) id: Option<&'s str>,
}

impl<S: AsRef<str>> Format<S> {
    /// Whether a value in this format is one signature and nothing else.
    #[inline]
    fn is_single(&self) -> bool {
        match self {
            Self::Bare | Self::Labelled | Self::Prefixed { separator: None, .. } => true,
            Self::Prefixed { separator: Some(_), .. }
            | Self::Pairs { .. }
            | Self::List { .. }
            | Self::Positional { .. } => false,
        }
    }

    /// Whether a label that names the algorithm may stand before the tag.
    #[inline]
    pub(crate) fn may_be_labelled(&self) -> bool {
        match self {
            Self::Bare | Self::Labelled => true,
            Self::Prefixed { .. } | Self::Pairs { .. } | Self::List { .. } | Self::Positional { .. } => false,
        }
    }

    /// The text of the signature in such a value.
    #[inline]
    fn single<'v>(&self, value: HeaderValue<'v>) -> Result<&'v [u8], Rejection> {
        let value = value.as_bytes();
        match self {
            Self::Prefixed { prefix, .. } => {
                non_empty(value.strip_prefix(prefix.as_ref().as_bytes()).ok_or(Rejection::MalformedSignature)?)
            }
            Self::Bare | Self::Labelled | Self::Pairs { .. } | Self::List { .. } | Self::Positional { .. } => Ok(value),
        }
    }

    /// Finds the first signature in `value`, whether it is the only one, and the fields of the header.
    #[inline]
    pub(crate) fn parse_first<'v>(
        &self,
        value: HeaderValue<'v>,
        keys: FieldKeys<'_>,
        found: &mut FirstSignature<'v>,
    ) -> Result<(), Rejection> {
        if self.is_single() {
            (found.text, found.is_only) = (self.single(value)?, true);
            return Ok(());
        }
        let mut count = 0_usize;
        found.fields = self.parse(value, keys, |text| {
            if count == 0 {
                found.text = text;
            }
            count = count.wrapping_add(1);
            Ok(())
        })?;
        found.is_only = count == 1;
        Ok(())
    }

    /// Calls `on_signature` with the text of every signature in `value`, in order. A text may be empty if there can be
    /// several. Returns the fields of the header.
    ///
    /// For [`Bare`](Self::Bare) and [`Labelled`](Self::Labelled) the text still contains its label.
    #[inline]
    pub(crate) fn parse<'v>(
        &self,
        value: HeaderValue<'v>,
        keys: FieldKeys<'_>,
        mut on_signature: impl FnMut(&'v [u8]) -> Result<(), Rejection>,
    ) -> Result<HeaderFields<'v>, Rejection> {
        let trimmed = value;
        let value = value.as_bytes();
        let mut header_fields = HeaderFields::default();
        match self {
            Self::Bare | Self::Labelled | Self::Prefixed { separator: None, .. } => {
                on_signature(self.single(trimmed)?)?;
            }
            Self::Prefixed { separator: Some(separator), .. } => {
                split_items(self.single(trimmed)?, *separator).try_for_each(&mut on_signature)?;
            }
            Self::Pairs { separator, mark, key } => {
                let mut found = false;
                for item in split_items(value, *separator) {
                    let (name, text) = split_pair(item, *mark)?;
                    non_empty(name)?;
                    if equals(name, key.as_ref()) {
                        found = true;
                        on_signature(text)?;
                    } else {
                        header_fields.add(keys, name, text)?;
                    }
                }
                require(found)?;
            }
            Self::List { separator, version } => {
                let mut found = false;
                for item in split_items(value, *separator) {
                    let (name, text) = split_pair(item, b',')?;
                    if equals(name, version.as_ref()) {
                        found = true;
                        on_signature(text)?;
                    }
                }
                require(found)?;
            }
            Self::Positional { separator, fields } => {
                let mut fields = split_list(fields.as_ref());
                let mut last = "";
                for item in split_items(value, *separator) {
                    match fields.next() {
                        Some(field) => last = field,
                        None if last == SIGNATURE_FIELD => {}
                        None => return Err(Rejection::MalformedSignature),
                    }
                    if last == SIGNATURE_FIELD {
                        on_signature(item)?;
                    } else {
                        header_fields.add(keys, last.as_bytes(), non_empty(item)?)?;
                    }
                }
                require(fields.next().is_none())?;
            }
        }
        Ok(header_fields)
    }
}

impl<'v> HeaderFields<'v> {
    /// Stores `text` if `name` is one of `keys`. Rejects a key that appears twice, since either value could be meant.
    #[inline]
    fn add(&mut self, keys: FieldKeys<'_>, name: &[u8], text: &'v [u8]) -> Result<(), Rejection> {
        for (key, place) in [(keys.timestamp, &mut self.timestamp), (keys.id, &mut self.id)] {
            if key.is_some_and(|key| equals(name, key)) && place.replace(text).is_some() {
                return Err(Rejection::MalformedSignature);
            }
        }
        Ok(())
    }
}

/// Rejects an empty text.
fn non_empty(text: &[u8]) -> Result<&[u8], Rejection> {
    if text.is_empty() { Err(Rejection::MalformedSignature) } else { Ok(text) }
}

/// Rejects if something that the format requires was not found.
fn require(found: bool) -> Result<(), Rejection> {
    if found { Ok(()) } else { Err(Rejection::MalformedSignature) }
}

/// Whether a key or version is `expected`. They are so short that a call would cost more than this loop.
#[inline]
fn equals(name: &[u8], expected: &str) -> bool {
    name.len() == expected.len() && name.iter().eq(expected.as_bytes())
}

/// Splits an item at the first `delimiter`.
#[inline]
fn split_pair(item: &[u8], delimiter: u8) -> Result<(&[u8], &[u8]), Rejection> {
    match item.iter().position(|&byte| byte == delimiter).and_then(|at| item.split_at_checked(at)) {
        Some((name, [_, text @ ..])) => Ok((name, text)),
        _ => Err(Rejection::MalformedSignature),
    }
}

/// Splits a text at each separator, and trims spaces and tabs at the ends of each item.
#[inline]
fn split_items(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let text = rest?;
        let (item, after) = find(text, separator).and_then(|at| text.split_at_checked(at)).unwrap_or((text, &[]));
        // `after` begins with the separator; it is empty if there is no separator.
        rest = after.get(1..);
        Some(trim(item))
    })
}

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec::Vec;
    use std::{format, vec};

    use super::*;

    type Outcome = Result<(Vec<String>, Option<String>, Option<String>), Rejection>;

    const MALFORMED: Outcome = Err(Rejection::MalformedSignature);

    fn read(format: Format, value: &str) -> Outcome {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut found = Vec::new();
        let keys = FieldKeys { timestamp: Some("t"), id: Some("id") };
        let fields = format.parse(HeaderValue::new(value.as_bytes())?, keys, |signature| {
            found.push(text(signature));
            Ok(())
        })?;
        Ok((found, fields.timestamp.map(text), fields.id.map(text)))
    }

    fn signatures(format: Format, value: &str) -> Result<String, Rejection> {
        read(format, value).map(|(found, ..)| found.join("|"))
    }

    #[test]
    fn the_prefix_must_match_exactly() {
        let format = Format::Prefixed { prefix: "v0=", separator: None };
        assert_eq!(signatures(format, "v0=ab,cd"), Ok("ab,cd".into()));
        for value in ["ab", "V0=ab", "v0:ab", "v0=", "v0", " v0 =ab", "v1=ab"] {
            assert_eq!(read(format, value), MALFORMED, "{value}");
        }
        let several = Format::Prefixed { prefix: "v0=", separator: Some(b',') };
        assert_eq!(signatures(several, "v0=ab"), Ok("ab".into()));
        assert_eq!(signatures(several, "v0=ab , cd,ef"), Ok("ab|cd|ef".into()));
        assert_eq!(read(several, "v0="), MALFORMED);
        // The decoder refuses an empty signature; among others it counts as one that does not match.
        for (value, expected) in [("v0=ab,", "ab|"), ("v0=,ab", "|ab"), ("v0=ab,,cd", "ab||cd")] {
            assert_eq!(signatures(several, value), Ok(expected.into()), "{value}");
        }
    }

    #[test]
    fn pairs_may_be_in_any_order_and_signatures_may_repeat() {
        let format = Format::Pairs { separator: b',', mark: b'=', key: "v1" };
        for (value, expected) in [
            ("v1=ab", (vec!["ab"], None, None)),
            ("t=1,v1=ab", (vec!["ab"], Some("1"), None)),
            ("t=1, v1=ab", (vec!["ab"], Some("1"), None)),
            ("v1=ab,t=1,v1=cd=,id=x,v0=ef", (vec!["ab", "cd="], Some("1"), Some("x"))),
            ("v1=ab,t=", (vec!["ab"], Some(""), None)),
            ("v1= ab,t= 1", (vec![" ab"], Some(" 1"), None)),
            ("v1=", (vec![""], None, None)),
        ] {
            let (found, timestamp, id) = expected;
            let found = found.into_iter().map(String::from).collect();
            assert_eq!(read(format, value), Ok((found, timestamp.map(String::from), id.map(String::from))), "{value}");
        }
        for value in [
            "ab",
            "t=1",
            "V1=ab",
            "v1=ab,",
            ",v1=ab",
            "v1=ab,,t=1",
            "v1=ab,t",
            "v1=ab,=t",
            "v1=ab,t=1,t=1",
            "v1=ab,id=x,id=",
            "v1 =ab",
        ] {
            assert_eq!(read(format, value), MALFORMED, "{value}");
        }
    }

    #[test]
    fn other_versions_in_a_list_are_ignored() {
        let format = Format::List { separator: b' ', version: "v1" };
        assert_eq!(signatures(format, "v1,ab"), Ok("ab".into()));
        assert_eq!(signatures(format, "v1a,xy v1,ab v2,zz v1,cd,e"), Ok("ab|cd,e".into()));
        assert_eq!(signatures(format, ",xy v1,ab"), Ok("ab".into()));
        assert_eq!(signatures(format, "v1,"), Ok(String::new()));
        for value in ["ab", "v1a,xy", "v1,ab v1", "v1,ab  v1,cd", ",ab", "v1, ab", "v1:ab"] {
            assert_eq!(read(format, value), MALFORMED, "{value}");
        }
    }

    #[test]
    fn the_last_position_may_repeat_if_it_is_the_signature() {
        let format = Format::Positional { separator: b',', fields: "t, signature" };
        assert_eq!(read(format, "1,ab"), Ok((vec!["ab".into()], Some("1".into()), None)));
        assert_eq!(read(format, "1, ab ,cd"), Ok((vec!["ab".into(), "cd".into()], Some("1".into()), None)));
        for value in ["1", ",ab"] {
            assert_eq!(read(format, value), MALFORMED, "{value}");
        }
        for (value, expected) in [("1,", ""), ("1,ab,", "ab|"), ("1,,ab", "|ab")] {
            assert_eq!(signatures(format, value), Ok(expected.into()), "{value}");
        }
        let format = Format::Positional { separator: b'/', fields: "signature,id" };
        assert_eq!(read(format, "ab/x"), Ok((vec!["ab".into()], None, Some("x".into()))));
        assert_eq!(read(format, "ab/x/y"), MALFORMED);
        // The note is not read, but there may still be only one.
        let format = Format::Positional { separator: b'/', fields: "signature,note" };
        assert_eq!(signatures(format, "ab/x"), Ok("ab".into()));
        assert_eq!(signatures(format, "ab/x/y"), MALFORMED.map(|_| String::new()));
    }

    /// Items of every length around the width of a word, since the separator is searched for a word at a time.
    #[test]
    fn items_of_every_length() {
        let format = Format::Prefixed { prefix: "p", separator: Some(b',') };
        for first in 1..40 {
            for second in 1..40 {
                let (first, second) = ("a".repeat(first), "-".repeat(second));
                assert_eq!(signatures(format, &format!("p{first},{second}")), Ok(format!("{first}|{second}")));
            }
        }
    }
}
