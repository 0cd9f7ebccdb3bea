//! Prints JSON again, in the ways of common libraries.

use std::fmt::{self, Write as _};

use super::effort::Effort;
use super::json_tree::Tree;

/// One way to print JSON. Numbers remain as written.
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
    /// One line per item, indented by this many spaces per level.
    Pretty(usize),
    /// One line per item, indented by one tab per level.
    Tabs,
}

#[derive(Clone, Copy, PartialEq)]
enum Escapes {
    /// Only what must be escaped.
    Least,
    /// Everything except ASCII, in lower case hex: Python, Ruby, Facebook.
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

/// Longer texts are not parsed.
const LONGEST: usize = 2 << 20;

/// How long a text may become: indentation can make it far longer.
fn most(text: &str) -> usize {
    text.len().saturating_mul(16).saturating_add(4 << 10).min(8 << 20)
}

/// Writes `text` in every style until `fits` accepts one. `None` if it accepts none, or `text` is not JSON or nested
/// too deeply. Skips results that are too long.
pub(super) fn written_anew(text: &str, effort: &Effort, fits: impl Fn(&str) -> bool) -> Option<Style> {
    if text.len() > LONGEST {
        effort.pass_over();
        return None;
    }
    let mut tree = Tree::parse(text)?;
    let mut sorted = false;
    Style::all().find(|style| {
        if style.sorted && !sorted {
            tree.sort();
            sorted = true;
        }
        if !effort.allows(text.len()) {
            return false;
        }
        let mut out = Out { text: String::with_capacity(text.len()), most: most(text) };
        let whole = style.value(&tree, 0, &mut out);
        effort.spend(out.text.len());
        if whole.is_none() {
            effort.pass_over();
        }
        whole.is_some() && fits(&out.text)
    })
}

/// The output, up to a maximum length.
struct Out {
    text: String,
    most: usize,
}

impl Out {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Whether there is room for this many more bytes, and for the separators around them.
    fn room(&self, bytes: usize) -> Option<()> {
        (self.text.len().saturating_add(bytes) <= self.most).then_some(())
    }
}

impl Style {
    /// Writes a value; `None` if it would become too long.
    fn value(self, tree: &Tree<'_>, depth: usize, out: &mut Out) -> Option<()> {
        match tree {
            Tree::Object(fields) => {
                let colon = if self.layout == Layout::Compact { ":" } else { ": " };
                self.items(["{", "}"], fields, depth, out, |(name, value), out| {
                    self.string(name, out)?;
                    out.push(colon);
                    self.value(value, depth + 1, out)
                })
            }
            Tree::List(items) => {
                self.items(["[", "]"], items, depth, out, |value, out| self.value(value, depth + 1, out))
            }
            Tree::Text(text) => self.string(text, out),
            Tree::Word(word) => {
                out.room(word.len())?;
                out.push(word);
                Some(())
            }
        }
    }

    fn items<T>(
        self,
        [open, close]: [&str; 2],
        items: &[T],
        depth: usize,
        out: &mut Out,
        mut write: impl FnMut(&T, &mut Out) -> Option<()>,
    ) -> Option<()> {
        out.push(open);
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                out.push(",");
            }
            self.gap(at > 0, depth + 1, out)?;
            write(item, out)?;
        }
        if !items.is_empty() {
            self.gap(false, depth, out)?;
        }
        out.push(close);
        Some(())
    }

    /// The space before an item, or before the closing bracket.
    fn gap(self, behind_comma: bool, depth: usize, out: &mut Out) -> Option<()> {
        let (blank, width) = match self.layout {
            Layout::Compact => return out.room(0),
            Layout::Spaced => {
                out.push(if behind_comma { " " } else { "" });
                return out.room(0);
            }
            Layout::Pretty(width) => (' ', width),
            Layout::Tabs => ('\t', 1),
        };
        out.room(1 + width * depth)?;
        out.push("\n");
        out.text.extend(std::iter::repeat_n(blank, width * depth));
        Some(())
    }

    fn string(self, text: &str, out: &mut Out) -> Option<()> {
        out.room(text.len())?;
        let out = &mut out.text;
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
        Some(())
    }

    /// In UTF-16 units, as JSON requires.
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
    use std::cell::{Cell, RefCell};

    use super::*;

    fn all(text: &str) -> Vec<String> {
        let found = RefCell::new(Vec::new());
        let effort = Effort::new(1 << 20);
        let style = written_anew(text, &effort, |text| {
            found.borrow_mut().push(text.to_owned());
            false
        });
        assert!(style.is_none() && !effort.was_short());
        found.into_inner()
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

    /// Nested lists, which indentation would make two hundred times as long.
    #[test]
    fn what_becomes_too_long_is_passed_over_and_little_is_written() {
        let text = "[".repeat(100) + &"1,".repeat(100_000) + "1" + &"]".repeat(100);
        let effort = Effort::new(1 << 30);
        let (tries, longest) = (Cell::new(0), Cell::new(0));
        let style = written_anew(&text, &effort, |body| {
            tries.set(tries.get() + 1);
            longest.set(longest.get().max(body.len()));
            false
        });
        assert!(style.is_none() && effort.was_short());
        // Compact and in one line, but not indented; and no longer than allowed.
        assert!((24..60).contains(&tries.get()), "{}", tries.get());
        assert!(longest.get() <= most(&text), "{}", longest.get());
        assert!(!effort.allows((1 << 30) - 24 * text.len()) && effort.allows((1 << 30) - 60 * most(&text)));
    }

    #[test]
    fn texts_that_are_too_long_are_passed_over() {
        let effort = Effort::new(1 << 30);
        let text = format!("\"{}\"", "x".repeat(LONGEST));
        assert!(written_anew(&text, &effort, |_| true).is_none() && effort.was_short());
        let (text, effort) = ("[1]", Effort::new(1));
        assert!(written_anew(text, &effort, |_| true).is_none() && effort.was_short());
    }
}
