//! Lines that fit the terminal.

use std::borrow::Cow;
use std::io;

use terminal_size::{Height, Width};
use unicode_width::UnicodeWidthStr as _;

/// How many columns standard output has; `None` if it is no terminal: a program that reads on gets whole lines.
pub(crate) fn stdout_width() -> Option<usize> {
    columns(terminal_size::terminal_size_of(io::stdout()))
}

/// The same of standard error.
pub(crate) fn stderr_width() -> Option<usize> {
    columns(terminal_size::terminal_size_of(io::stderr()))
}

fn columns(size: Option<(Width, Height)>) -> Option<usize> {
    size.map(|(Width(columns), _)| usize::from(columns))
}

/// The text with its lines broken between words, so that they have at most `width` columns. Every line after the first is
/// indented by `indent` columns, and the first begins at that column already. A word that is longer stays whole.
pub(crate) fn wrapped(text: &str, width: Option<usize>, indent: usize) -> Cow<'_, str> {
    /// Fewer columns than these make nothing better.
    const LEAST: usize = 20;
    let Some(room) = width.map(|width| width.saturating_sub(indent)).filter(|&room| room >= LEAST) else {
        return text.into();
    };
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let (mut start, mut end) = (0, 0);
        for (at, word) in words(line) {
            if end > start && line[start..at + word.len()].width() > room {
                lines.push(&line[start..end]);
                start = at;
            }
            end = at + word.len();
        }
        lines.push(&line[start..]);
    }
    if lines.len() == 1 {
        return text.into();
    }
    lines.join(&format!("\n{}", " ".repeat(indent))).into()
}

/// The words of a line, and where they begin.
fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    line.split(' ').scan(0, |at, word| {
        let start = *at;
        *at += word.len() + 1;
        Some((start, word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words() {
        let text = "the signature does not belong to this body and secret";
        assert_eq!(wrapped(text, None, 0), text);
        assert_eq!(wrapped(text, Some(80), 0), text);
        let narrow = wrapped(text, Some(30), 4);
        assert_eq!(narrow, "the signature does not\n    belong to this body and\n    secret");
        for width in 20..70 {
            let shown = wrapped(text, Some(width), 0);
            assert!(shown.lines().all(|line| line.len() <= width), "{width}: {shown}");
            assert_eq!(shown.replace('\n', " "), text);
        }
    }

    #[test]
    fn what_cannot_be_broken_stays_whole() {
        let long = "x".repeat(100);
        assert_eq!(wrapped(&long, Some(30), 0), long);
        assert_eq!(wrapped(&format!("a {long} b"), Some(30), 0), format!("a\n{long}\nb"));
        // On a terminal that is as narrow as that nothing helps.
        assert_eq!(wrapped("a b", Some(1), 0), "a b");
        assert_eq!(wrapped("one\n\ntwo", Some(30), 0), "one\n\ntwo");
        assert_eq!(wrapped("", Some(30), 0), "");
    }

    /// 山 takes two columns.
    #[test]
    fn columns_are_counted_and_not_bytes() {
        assert_eq!(wrapped(&"山山山 ".repeat(4), Some(22), 0).lines().next(), Some("山山山 山山山 山山山"));
    }
}
