//! Prints JSON again, in the ways of common libraries.

use std::cell::LazyCell;
use std::fmt;

use super::budget::Budget;
use super::json_escapes::Escapes;
use super::json_tree::Tree;

/// One way to print JSON. Numbers remain as written.
#[derive(Clone, Copy)]
pub(super) struct Style {
    layout: Layout,
    content: Content,
    escapes: Escapes,
}

/// What is done to the values before they are printed.
#[derive(Clone, Copy, PartialEq)]
enum Content {
    AsItIs,
    /// The fields of each object are in the order of their names.
    Sorted,
    /// `[]` for `{}`, and the reverse.
    EmptySwapped,
}

#[derive(Clone, Copy, PartialEq)]
enum Layout {
    /// `{"a":1,"b":2}`: JavaScript, serde, Go.
    Compact,
    /// `{"a": 1, "b": 2}`: Python.
    OneLine,
    /// One line per item, indented by this many spaces per level.
    Pretty(usize),
    /// One line per item, indented by one tab per level.
    Tabs,
}

impl Style {
    /// Every way that makes a difference for this text, the most common first.
    fn all(tree: &Tree<'_>) -> impl Iterator<Item = Self> + use<> {
        use Layout::{Compact, OneLine, Pretty, Tabs};
        let (libraries, mixed) = Escapes::all(tree);
        let of_libraries =
            [Content::AsItIs, Content::Sorted, Content::EmptySwapped].into_iter().flat_map(move |content| {
                libraries.clone().into_iter().flat_map(move |escapes| {
                    [Compact, OneLine, Pretty(2), Pretty(4), Tabs].map(|layout| Self { layout, content, escapes })
                })
            });
        let others = mixed
            .into_iter()
            .flat_map(|escapes| [Compact, OneLine].map(|layout| Self { layout, content: Content::AsItIs, escapes }));
        of_libraries.chain(others)
    }
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.layout {
            Layout::Compact => f.write_str("in compact form")?,
            Layout::OneLine => f.write_str("in one line with a blank behind each comma and colon")?,
            Layout::Pretty(width) => write!(f, "in lines indented by {width}")?,
            Layout::Tabs => f.write_str("in lines indented by tabs")?,
        }
        f.write_str(match self.content {
            Content::AsItIs => "",
            Content::Sorted => ", with sorted keys",
            Content::EmptySwapped => ", with {} for [] or the reverse",
        })?;
        self.escapes.fmt(f)
    }
}

/// Longer texts are not parsed.
const MAX_TEXT: usize = 2 << 20;

/// How long a text may become: indentation can make it far longer.
fn max_len(text: &str) -> usize {
    text.len().saturating_mul(16).saturating_add(4 << 10).min(8 << 20)
}

/// Writes `text` in every style until `fits` accepts one. `None` if it accepts none, or `text` is not JSON or nested
/// too deeply. Skips results that are too long.
pub(super) fn find_style(text: &str, budget: &Budget, accepts: impl Fn(&str) -> bool) -> Option<Style> {
    if text.len() > MAX_TEXT {
        budget.note_skipped();
        return None;
    }
    let tree = Tree::parse(text)?;
    // Made once, and only when everything before has not fitted.
    let (sorted, swapped) = (LazyCell::new(|| tree.sorted()), LazyCell::new(|| tree.with_empty_swapped()));
    Style::all(&tree).find(|style| {
        let tree = match style.content {
            Content::AsItIs => &tree,
            Content::Sorted => &sorted,
            Content::EmptySwapped => match &*swapped {
                Some(swapped) => swapped,
                None => return false,
            },
        };
        if !budget.allows(text.len()) {
            return false;
        }
        let mut output = Output { text: String::with_capacity(text.len()), max_len: max_len(text) };
        let complete = style.value(tree, 0, &mut output);
        budget.spend(output.text.len());
        if complete.is_none() {
            budget.note_skipped();
        }
        complete.is_some() && accepts(&output.text)
    })
}

/// The output, up to a maximum length.
struct Output {
    text: String,
    max_len: usize,
}

impl Output {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Whether there is room for this many more bytes, and for the separators around them.
    fn check_len(&self, bytes: usize) -> Option<()> {
        (self.text.len().saturating_add(bytes) <= self.max_len).then_some(())
    }
}

impl Style {
    /// Writes a value; `None` if it would become too long.
    fn value(self, tree: &Tree<'_>, depth: usize, output: &mut Output) -> Option<()> {
        match tree {
            Tree::Object(fields) => {
                let colon = if self.layout == Layout::Compact { ":" } else { ": " };
                self.items(["{", "}"], fields, depth, output, |(name, value), output| {
                    self.string(name, output)?;
                    output.push(colon);
                    self.value(value, depth + 1, output)
                })
            }
            Tree::Array(items) => {
                self.items(["[", "]"], items, depth, output, |value, output| self.value(value, depth + 1, output))
            }
            Tree::String(text) => self.string(text, output),
            Tree::Scalar(scalar) => {
                output.check_len(scalar.len())?;
                output.push(scalar);
                Some(())
            }
        }
    }

    fn items<T>(
        self,
        [open, close]: [&str; 2],
        items: &[T],
        depth: usize,
        output: &mut Output,
        mut write: impl FnMut(&T, &mut Output) -> Option<()>,
    ) -> Option<()> {
        output.push(open);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                output.push(",");
            }
            self.whitespace(index > 0, depth + 1, output)?;
            write(item, output)?;
        }
        if !items.is_empty() {
            self.whitespace(false, depth, output)?;
        }
        output.push(close);
        Some(())
    }

    /// The space before an item, or before the closing bracket.
    fn whitespace(self, after_comma: bool, depth: usize, output: &mut Output) -> Option<()> {
        let (indent, width) = match self.layout {
            Layout::Compact => return output.check_len(0),
            Layout::OneLine => {
                output.push(if after_comma { " " } else { "" });
                return output.check_len(0);
            }
            Layout::Pretty(width) => (' ', width),
            Layout::Tabs => ('\t', 1),
        };
        output.check_len(1 + width * depth)?;
        output.push("\n");
        output.text.extend(std::iter::repeat_n(indent, width * depth));
        Some(())
    }

    fn string(self, text: &str, output: &mut Output) -> Option<()> {
        output.check_len(text.len())?;
        let output = &mut output.text;
        output.push('"');
        for c in text.chars() {
            match c {
                '"' if !self.escapes.has_quote() => output.push_str("\\\""),
                '\\' => output.push_str("\\\\"),
                '\n' => output.push_str("\\n"),
                '\r' => output.push_str("\\r"),
                '\t' => output.push_str("\\t"),
                '\u{8}' => output.push_str("\\b"),
                '\u{c}' => output.push_str("\\f"),
                c if c < ' ' => self.escapes.write_control(c, output),
                c => self.escapes.write(c, output),
            }
        }
        output.push('"');
        Some(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    fn all(text: &str) -> Vec<String> {
        let texts = RefCell::new(Vec::new());
        let budget = Budget::new(1 << 20);
        let style = find_style(text, &budget, |text| {
            texts.borrow_mut().push(text.to_owned());
            false
        });
        assert!(style.is_none() && !budget.take_skipped());
        texts.into_inner()
    }

    #[test]
    fn json_is_printed_in_the_styles_of_common_libraries() {
        let text = "{ \"b\":[1.50,{}, [ ] ],\n\"a\":\"é/\\u00e9\\ud83d\\ude00<\" }";
        let texts = all(text);
        for expected in [
            r#"{"b":[1.50,{},[]],"a":"é/é😀<"}"#,
            r#"{"b": [1.50, {}, []], "a": "é/é😀<"}"#,
            r#"{"a":"é/é😀<","b":[1.50,{},[]]}"#,
            r#"{"a": "\u00e9/\u00e9\ud83d\ude00<", "b": [1.50, {}, []]}"#,
            r#"{"b":[1.50,{},[]],"a":"\u00e9\/\u00e9\ud83d\ude00<"}"#,
            r#"{"b":[1.50,{},[]],"a":"é/é😀\u003c"}"#,
            r#"{"b":[1.50,[],{}],"a":"é/é😀<"}"#,
            r#"{"b":[1.50,{},[]],"a":"\u00E9/\u00E9\uD83D\uDE00<"}"#,
            r#"{"b":[1.50,{},[]],"a":"\u00e9\/\u00e9\ud83d\ude00\u003C"}"#,
            r#"{"b":[1.50,{},[]],"a":"\u00E9/\u00E9\uD83D\uDE00\u003C"}"#,
            "{\n  \"b\": [\n    1.50,\n    {},\n    []\n  ],\n  \"a\": \"é/é😀<\"\n}",
        ] {
            assert!(texts.iter().any(|text| text == expected), "{expected}\n{texts:#?}");
        }
    }

    /// Nested lists, which indentation would make two hundred times as long.
    #[test]
    fn indented_forms_that_become_too_long_are_skipped() {
        let text = "[".repeat(100) + &"1,".repeat(100_000) + "1" + &"]".repeat(100);
        let budget = Budget::new(1 << 30);
        let (attempts, longest) = (Cell::new(0), Cell::new(0));
        let style = find_style(&text, &budget, |body| {
            attempts.set(attempts.get() + 1);
            longest.set(longest.get().max(body.len()));
            false
        });
        assert!(style.is_none() && budget.take_skipped());
        // Compact and in one line, each sorted and not, but not indented; and no longer than allowed.
        assert_eq!(attempts.get(), 4);
        assert!(longest.get() <= max_len(&text), "{}", longest.get());
        assert!(!budget.allows((1 << 30) - 4 * text.len()) && budget.allows((1 << 30) - 10 * max_len(&text)));
    }

    #[test]
    fn texts_that_are_too_long_are_skipped() {
        let budget = Budget::new(1 << 30);
        let text = format!("\"{}\"", "x".repeat(MAX_TEXT));
        assert!(find_style(&text, &budget, |_| true).is_none() && budget.take_skipped());
        let (text, budget) = ("[1]", Budget::new(1));
        assert!(find_style(text, &budget, |_| true).is_none() && budget.take_skipped());
    }
}
