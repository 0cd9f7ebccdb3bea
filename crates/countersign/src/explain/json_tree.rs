//! A JSON text, parsed once so that it can be printed in many ways.

use serde::de::IgnoredAny;

/// A value. Numbers, `true`, `false` and `null` remain as written.
pub(super) enum Tree<'a> {
    Object(Vec<(String, Tree<'a>)>),
    List(Vec<Tree<'a>>),
    Text(String),
    Word(&'a str),
}

/// Deeper than any webhook, and shallow enough for any stack.
const DEEPEST: usize = 100;

impl<'a> Tree<'a> {
    /// Parses a text; `None` if it is not JSON, or nested too deeply. The time is proportional to the length.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        // This refuses invalid JSON, so the reader below need not check.
        serde_json::from_str::<IgnoredAny>(text).ok()?;
        Reader { text, at: 0 }.value(0)
    }

    /// The same tree with the fields of each object sorted by name.
    pub(super) fn sort(&mut self) {
        match self {
            Self::Object(fields) => {
                fields.sort_by(|(a, _), (b, _)| a.cmp(b));
                for (_, value) in fields {
                    value.sort();
                }
            }
            Self::List(items) => items.iter_mut().for_each(Self::sort),
            Self::Text(_) | Self::Word(_) => {}
        }
    }
}

/// Reads a text that is known to be JSON.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Option<Tree<'a>> {
        if depth > DEEPEST {
            return None;
        }
        match self.peek()? {
            b'{' => {
                let mut fields = Vec::new();
                self.items(b'}', |reader| {
                    let name = reader.string()?;
                    // The colon.
                    reader.peek()?;
                    reader.at += 1;
                    fields.push((name, reader.value(depth + 1)?));
                    Some(())
                })?;
                Some(Tree::Object(fields))
            }
            b'[' => {
                let mut items = Vec::new();
                self.items(b']', |reader| {
                    items.push(reader.value(depth + 1)?);
                    Some(())
                })?;
                Some(Tree::List(items))
            }
            b'"' => self.string().map(Tree::Text),
            _ => {
                let rest = self.text.get(self.at..)?;
                let end = rest.find([',', ']', '}', ' ', '\t', '\n', '\r']).unwrap_or(rest.len());
                self.at += end;
                rest.get(..end).map(Tree::Word)
            }
        }
    }

    /// The items between brackets, separated by commas.
    fn items(&mut self, close: u8, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        loop {
            // The opening bracket, or the comma.
            self.at += 1;
            if self.peek()? != close {
                item(self)?;
            }
            if self.peek()? == close {
                self.at += 1;
                return Some(());
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        self.peek()?;
        let rest = self.text.get(self.at..)?;
        let mut escaped = false;
        let inner = rest.bytes().skip(1).position(|byte| match byte {
            _ if std::mem::take(&mut escaped) => false,
            b'\\' => {
                escaped = true;
                false
            }
            byte => byte == b'"',
        })?;
        let whole = rest.get(..inner + 2)?;
        self.at += whole.len();
        // An escape that is no valid character is found only here.
        serde_json::from_str(whole).ok()
    }

    /// The next byte that is not whitespace.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let blanks = rest.iter().position(|byte| !b" \t\n\r".contains(byte))?;
        self.at += blanks;
        rest.get(blanks).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_or_too_deep_is_left_alone() {
        for text in ["", "{", "[1,]", "{\"a\":}", "\"\\ud800\"", "1 2", "nul"] {
            assert!(Tree::parse(text).is_none(), "{text}");
        }
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(Tree::parse(&nested(DEEPEST + 1)).is_some());
        assert!(Tree::parse(&nested(DEEPEST + 2)).is_none());
        assert!(Tree::parse(&nested(5000)).is_none());
    }
}
