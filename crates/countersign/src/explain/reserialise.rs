//! JSON printed again, in the ways in which common libraries print it.

use std::fmt::{self, Write as _};

use serde::de::Deserializer as _;
use serde_json::value::RawValue;

use crate::json::Entries;

/// One way to print JSON. Numbers stay as they are written.
#[derive(Clone, Copy)]
pub(super) struct Style {
    layout: Layout,
    sorted: bool,
    escapes: Escapes,
}

#[derive(Clone, Copy, PartialEq)]
enum Layout {
    /// `{"a":1,"b":2}`: JavaScript, serde, Go.
    Compact,
    /// `{"a": 1, "b": 2}`: Python.
    Spaced,
    /// Lines, and so many blanks a level.
    Pretty(usize),
    /// Lines, and a tab a level.
    Tabs,
}

#[derive(Clone, Copy, PartialEq)]
enum Escapes {
    /// Only what must be escaped.
    Least,
    /// All but ASCII, in lower case hex: Python, Ruby, Facebook.
    Unicode,
    /// The same in upper case hex.
    UnicodeUpper,
    /// As `Unicode`, and `\/` for `/`: PHP.
    UnicodeAndSlashes,
    /// `\/` for `/`.
    Slashes,
    /// `<`, `>` and `&` too: Go.
    Html,
}

impl Style {
    /// Every way, the most common first.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        use Escapes::{Html, Least, Slashes, Unicode, UnicodeAndSlashes, UnicodeUpper};
        use Layout::{Compact, Pretty, Spaced, Tabs};
        let escapes = [Least, Unicode, UnicodeAndSlashes, Slashes, Html, UnicodeUpper];
        let layouts = [Compact, Spaced, Pretty(2), Pretty(4), Tabs];
        [false, true].into_iter().flat_map(move |sorted| {
            escapes
                .into_iter()
                .flat_map(move |escapes| layouts.into_iter().map(move |layout| Self { layout, sorted, escapes }))
        })
    }
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.layout {
            Layout::Compact => f.write_str("in compact form")?,
            Layout::Spaced => f.write_str("in one line with a blank behind each comma and colon")?,
            Layout::Pretty(width) => write!(f, "in lines indented by {width}")?,
            Layout::Tabs => f.write_str("in lines indented by tabs")?,
        }
        if self.sorted {
            f.write_str(", with sorted keys")?;
        }
        f.write_str(match self.escapes {
            Escapes::Least => "",
            Escapes::Unicode | Escapes::UnicodeUpper => ", with \\u escapes for all but ASCII",
            Escapes::UnicodeAndSlashes => ", with \\u escapes for all but ASCII and \\/ for slashes",
            Escapes::Slashes => ", with \\/ for slashes",
            Escapes::Html => ", with \\u escapes for <, > and &",
        })
    }
}

/// Deeper than any webhook, and shallow enough for any stack.
const DEEPEST: usize = 100;

/// `text` in another style; `None` if it is not JSON, or too deep.
pub(super) fn written(text: &str, style: Style) -> Option<String> {
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    let mut out = String::with_capacity(text.len());
    style.value(raw, 0, &mut out)?;
    Some(out)
}

impl Style {
    fn value(self, raw: &RawValue, depth: usize, out: &mut String) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match raw.get().as_bytes().first()? {
            b'{' => {
                let mut reader = serde_json::Deserializer::from_str(raw.get());
                let mut entries = reader.deserialize_map(Entries).ok()?;
                if self.sorted {
                    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
                }
                let colon = if self.layout == Layout::Compact { ":" } else { ": " };
                self.items(['{', '}'], entries, depth, out, |(name, value), out| {
                    self.string(&name, out);
                    out.push_str(colon);
                    self.value(value, depth + 1, out)
                })
            }
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(raw.get()).ok()?;
                self.items(['[', ']'], items, depth, out, |value, out| self.value(value, depth + 1, out))
            }
            b'"' => {
                self.string(&serde_json::from_str::<String>(raw.get()).ok()?, out);
                Some(())
            }
            _ => {
                out.push_str(raw.get());
                Some(())
            }
        }
    }

    fn items<T>(
        self,
        [open, close]: [char; 2],
        items: Vec<T>,
        depth: usize,
        out: &mut String,
        mut write: impl FnMut(T, &mut String) -> Option<()>,
    ) -> Option<()> {
        out.push(open);
        let is_empty = items.is_empty();
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            self.gap(at > 0, depth + 1, out);
            write(item, out)?;
        }
        if !is_empty {
            self.gap(false, depth, out);
        }
        out.push(close);
        Some(())
    }

    /// What stands in front of an item, or of the closing bracket.
    fn gap(self, behind_comma: bool, depth: usize, out: &mut String) {
        match self.layout {
            Layout::Spaced if behind_comma => out.push(' '),
            Layout::Compact | Layout::Spaced => {}
            Layout::Pretty(width) => {
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', width * depth));
            }
            Layout::Tabs => {
                out.push('\n');
                out.extend(std::iter::repeat_n('\t', depth));
            }
        }
    }

    fn string(self, text: &str, out: &mut String) {
        out.push('"');
        for c in text.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\u{8}' => out.push_str("\\b"),
                '\u{c}' => out.push_str("\\f"),
                '/' if matches!(self.escapes, Escapes::Slashes | Escapes::UnicodeAndSlashes) => out.push_str("\\/"),
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' if self.escapes == Escapes::Html => self.escape(c, out),
                c if c.is_ascii_control() => self.escape(c, out),
                c if !c.is_ascii() && !matches!(self.escapes, Escapes::Least | Escapes::Slashes | Escapes::Html) => {
                    self.escape(c, out);
                }
                c => out.push(c),
            }
        }
        out.push('"');
    }

    /// UTF-16 units, as JSON wants it.
    fn escape(self, c: char, out: &mut String) {
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = if self.escapes == Escapes::UnicodeUpper {
                write!(out, "\\u{unit:04X}")
            } else {
                write!(out, "\\u{unit:04x}")
            };
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        Style::all().map(|style| written(text, style).unwrap()).collect()
    }

    #[test]
    fn json_is_printed_in_the_ways_of_common_libraries() {
        let text = "{ \"b\":[1.50,{}, [ ] ],\n\"a\":\"é/\\u00e9\\ud83d\\ude00<\" }";
        let found = all(text);
        for expected in [
            r#"{"b":[1.50,{},[]],"a":"é/é😀<"}"#,
            r#"{"b": [1.50, {}, []], "a": "é/é😀<"}"#,
            r#"{"a":"é/é😀<","b":[1.50,{},[]]}"#,
            r#"{"a": "\u00e9/\u00e9\ud83d\ude00<", "b": [1.50, {}, []]}"#,
            r#"{"b":[1.50,{},[]],"a":"\u00e9\/\u00e9\ud83d\ude00<"}"#,
            r#"{"b":[1.50,{},[]],"a":"é/é😀\u003c"}"#,
            r#"{"b":[1.50,{},[]],"a":"\u00E9/\u00E9\uD83D\uDE00<"}"#,
            "{\n  \"b\": [\n    1.50,\n    {},\n    []\n  ],\n  \"a\": \"é/é😀<\"\n}",
        ] {
            assert!(found.iter().any(|text| text == expected), "{expected}\n{found:#?}");
        }
    }

    #[test]
    fn what_is_no_json_or_too_deep_is_left_alone() {
        let style = Style::all().next().unwrap();
        assert_eq!(written("{", style), None);
        assert_eq!(written("", style), None);
        assert_eq!(written(&("[".repeat(5000) + &"]".repeat(5000)), style), None);
    }
}
