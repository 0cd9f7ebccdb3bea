//! A JSON text, parsed once so that it can be printed in many ways.

use serde::de::IgnoredAny;

/// A value. Numbers, `true`, `false` and `null` remain as written.
#[derive(Clone)]
pub(super) enum Tree<'a> {
    Object(Vec<(String, Tree<'a>)>),
    Array(Vec<Tree<'a>>),
    String(String),
    Scalar(&'a str),
}

/// Deeper than any webhook, and shallow enough for any stack.
const MAX_DEPTH: usize = 100;

impl<'a> Tree<'a> {
    /// Parses a text; `None` if it is not JSON, or nested too deeply. The time is proportional to the length.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        // This refuses invalid JSON, so the reader below need not check.
        serde_json::from_str::<IgnoredAny>(text).ok()?;
        Parser { text, position: 0 }.value(0)
    }

    /// The same tree with the fields of each object sorted by name.
    pub(super) fn sorted(&self) -> Self {
        let mut sorted = self.clone();
        sorted.sort();
        sorted
    }

    /// The same tree with the empty arrays as empty objects, or the reverse; `None` if it has none. PHP confuses them.
    pub(super) fn with_empty_swapped(&self) -> Option<Self> {
        let mut swapped = self.clone();
        swapped.swap_empty().then_some(swapped)
    }

    /// Whether something was empty.
    fn swap_empty(&mut self) -> bool {
        match self {
            Self::Object(fields) if fields.is_empty() => *self = Self::Array(Vec::new()),
            Self::Array(items) if items.is_empty() => *self = Self::Object(Vec::new()),
            Self::Object(fields) => {
                return fields.iter_mut().filter_map(|(_, value)| value.swap_empty().then_some(())).count() > 0;
            }
            Self::Array(items) => {
                return items.iter_mut().filter_map(|item| item.swap_empty().then_some(())).count() > 0;
            }
            Self::String(_) | Self::Scalar(_) => return false,
        }
        true
    }

    fn sort(&mut self) {
        match self {
            Self::Object(fields) => {
                fields.sort_by(|(a, _), (b, _)| a.cmp(b));
                for (_, value) in fields {
                    value.sort();
                }
            }
            Self::Array(items) => items.iter_mut().for_each(Self::sort),
            Self::String(_) | Self::Scalar(_) => {}
        }
    }
}

/// Reads a text that is known to be JSON.
struct Parser<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Parser<'a> {
    fn value(&mut self, depth: usize) -> Option<Tree<'a>> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.peek()? {
            b'{' => {
                let mut fields = Vec::new();
                self.items(b'}', |parser| {
                    let name = parser.string()?;
                    // The colon.
                    parser.peek()?;
                    parser.position += 1;
                    fields.push((name, parser.value(depth + 1)?));
                    Some(())
                })?;
                Some(Tree::Object(fields))
            }
            b'[' => {
                let mut items = Vec::new();
                self.items(b']', |parser| {
                    items.push(parser.value(depth + 1)?);
                    Some(())
                })?;
                Some(Tree::Array(items))
            }
            b'"' => self.string().map(Tree::String),
            _ => {
                let rest = self.text.get(self.position..)?;
                let end = rest.find([',', ']', '}', ' ', '\t', '\n', '\r']).unwrap_or(rest.len());
                self.position += end;
                rest.get(..end).map(Tree::Scalar)
            }
        }
    }

    /// The items between brackets, separated by commas.
    fn items(&mut self, close: u8, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        loop {
            // The opening bracket, or the comma.
            self.position += 1;
            if self.peek()? != close {
                item(self)?;
            }
            if self.peek()? == close {
                self.position += 1;
                return Some(());
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        self.peek()?;
        let rest = self.text.get(self.position..)?;
        let mut escaped = false;
        let content_len = rest.bytes().skip(1).position(|byte| match byte {
            _ if std::mem::take(&mut escaped) => false,
            b'\\' => {
                escaped = true;
                false
            }
            byte => byte == b'"',
        })?;
        let literal = rest.get(..content_len + 2)?;
        self.position += literal.len();
        // An escape that is no valid character is found only here.
        serde_json::from_str(literal).ok()
    }

    /// The next byte that is not whitespace.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.position..)?;
        let spaces = rest.iter().position(|byte| !b" \t\n\r".contains(byte))?;
        self.position += spaces;
        rest.get(spaces).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lists_and_objects_are_swapped() {
        let swapped = |text| Tree::parse(text).and_then(|tree| tree.with_empty_swapped());
        let Some(Tree::Object(fields)) = swapped(r#"{"a":[],"b":[1,{}]}"#) else { panic!("nothing is swapped") };
        assert!(matches!(&fields[0].1, Tree::Object(inner) if inner.is_empty()));
        assert!(
            matches!(&fields[1].1, Tree::Array(items) if matches!(&items[1], Tree::Array(inner) if inner.is_empty()))
        );
        assert!(swapped(r#"{"a":[1],"b":""}"#).is_none());
    }

    #[test]
    fn malformed_or_too_deep_json_is_not_parsed() {
        for text in ["", "{", "[1,]", "{\"a\":}", "\"\\ud800\"", "1 2", "nul"] {
            assert!(Tree::parse(text).is_none(), "{text}");
        }
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(Tree::parse(&nested(MAX_DEPTH + 1)).is_some());
        assert!(Tree::parse(&nested(MAX_DEPTH + 2)).is_none());
        assert!(Tree::parse(&nested(5000)).is_none());
    }
}
