//! Standard output: colours, and text that is safe to show.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
pub(crate) use countersign::printable;

use crate::error::CliError;

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The styles of the output; all of them empty if there shall be no colours.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Palette {
    pub(crate) good: Style,
    pub(crate) bad: Style,
    pub(crate) strong: Style,
    pub(crate) faint: Style,
}

impl Palette {
    /// The palette for a stream.
    pub(crate) fn new(colour: Colour, stream: &impl IsTerminal) -> Self {
        let wanted = match colour {
            Colour::Auto => stream.is_terminal() && !no_colour(),
            Colour::Always => true,
            Colour::Never => false,
        };
        if !wanted {
            return Self::default();
        }
        Self {
            good: AnsiColor::Green.on_default(),
            bad: AnsiColor::Red.on_default(),
            strong: Style::new().bold(),
            faint: Style::new().dimmed(),
        }
    }
}

/// <https://no-color.org>, and terminals that say that they can do nothing.
fn no_colour() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || std::env::var_os("TERM").is_some_and(|value| value == "dumb")
}

/// Prints the whole output of a subcommand.
pub(crate) fn print(text: &str) -> Result<(), CliError> {
    let mut out = io::stdout();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| CliError::writing("standard output", &error))
}

/// JSON in which every character is escaped that [`printable`] would escape. It means the same: JSON has such characters
/// in texts alone, and each has a `\u` escape.
pub(crate) fn printable_json(json: &str) -> Cow<'_, str> {
    if let Cow::Borrowed(json) = printable(json) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if matches!(printable(c.encode_utf8(&mut [0; 4])), Cow::Owned(_)) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// A number with a comma after every three digits.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_escaped_without_a_change_of_meaning() {
        let text = "é 山\u{7f}\u{85}\u{202e}\u{fe0f}\u{e0041}\n\"\\";
        let json = serde_json::Value::from(text).to_string();
        let shown = printable_json(&json);
        assert_eq!(shown, r#""é 山\u007f\u0085\u202e\ufe0f\udb40\udc41\n\"\\""#);
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
    }

    #[test]
    fn digits_are_grouped() {
        let shown: Vec<String> = [0, 999, 1000, 123_456, 1_234_567].map(grouped).to_vec();
        assert_eq!(shown, ["0", "999", "1,000", "123,456", "1,234,567"]);
    }
}
