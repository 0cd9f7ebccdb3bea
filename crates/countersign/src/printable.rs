//! Escapes texts of senders so that they are safe to print. All output of this project that contains such a text uses
//! it.

use std::borrow::Cow;

/// `text` with every character escaped, as `\u{202e}`, that acts on a terminal or log instead of being visible in it.
/// So its author cannot move the cursor, begin a line, change the direction of writing, or hide anything.
///
/// Escaped are the control characters, the separators of lines and paragraphs, and all characters that are invisible by
/// default (Unicode's property `Default_Ignorable_Code_Point`: direction marks, joiners and other zero-width
/// characters, tags, variation selectors, fillers), as well as the marks of annotations and of hieroglyph layout.
/// Everything else is unchanged, including quotes and backslashes. A long text is not cut.
///
/// Verdicts and errors of this library contain texts of a delivery only after this escaping. Use it if you log an id or
/// a header name yourself.
///
/// ```
/// assert_eq!(countersign::printable("ord-1 Zoë 山"), "ord-1 Zoë 山");
/// assert_eq!(countersign::printable("pay\u{202e}001\u{1b}[2J"), r"pay\u{202e}001\u{1b}[2J");
/// ```
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    // Most texts contain only such characters, and there may be millions of them.
    let plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if plain || !text.contains(acts_or_hides) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts_or_hides(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// A text between quotes, in which quotes and backslashes are escaped too. It is cut after forty characters.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", short(text))
}

/// The same without the quotes.
pub(crate) fn short(text: &str) -> String {
    let mut characters = text.chars();
    let mut shown = escaped(characters.by_ref().take(40));
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// A text between quotes that is to be copied, so nothing is cut: for those that no sender chooses.
pub(crate) fn quoted_whole(text: &str) -> String {
    format!("\"{}\"", escaped(text.chars()))
}

fn escaped(characters: impl Iterator<Item = char>) -> String {
    let mut shown = String::new();
    for c in characters {
        if acts_or_hides(c) || matches!(c, '"' | '\\') {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Unicode 17, DerivedCoreProperties.txt: Default_Ignorable_Code_Point, and the additions noted in the lines.
fn acts_or_hides(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                // And the separators of lines and paragraphs, U+2028 and U+2029.
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                // And the marks of annotations, U+FFF9 to U+FFFB.
                | '\u{fff0}'..='\u{fffb}'
                // Hieroglyph layout, which is not in the property.
                | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ends of each range, and its best known characters.
    const ESCAPED: &str = "\0\t\n\r\u{1b}\u{7f}\u{80}\u{85}\u{9b}\u{9f}\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\
        \u{17b5}\u{180b}\u{180e}\u{180f}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\
        \u{202d}\u{202e}\u{2060}\u{2064}\u{2066}\u{2067}\u{2068}\u{2069}\u{206f}\u{3164}\u{fe00}\u{fe0e}\u{fe0f}\u{feff}\
        \u{ffa0}\u{fff0}\u{fff9}\u{fffb}\u{13430}\u{1343f}\u{1bca0}\u{1bca3}\u{1d173}\u{1d17a}\u{e0000}\u{e0001}\
        \u{e0020}\u{e0041}\u{e007f}\u{e0100}\u{e01ef}\u{e0fff}";

    #[test]
    fn what_acts_or_hides_is_escaped_everywhere() {
        for c in ESCAPED.chars() {
            let escaped = c.escape_default().to_string();
            assert!(escaped.is_ascii() && escaped.starts_with('\\'), "{escaped}");
            let text = format!("a{c}b");
            assert_eq!(printable(&text), format!("a{escaped}b"));
            assert_eq!(quoted(&text), format!("\"a{escaped}b\""));
        }
        for tag in '\u{e0000}'..='\u{e007f}' {
            assert!(printable(&tag.to_string()).is_ascii());
        }
    }

    #[test]
    fn what_is_seen_stays() {
        let text = " !\"\\~ \u{a0}Zoë e\u{301} 山 ✘ 😀 שלום مرحبا हिन्दी \u{2027}\u{202f}\u{2070}\u{fffd}\u{e1000}";
        assert!(matches!(printable(text), Cow::Borrowed(same) if same == text));
        assert_eq!(quoted("a\"b\\c'd"), r#""a\"b\\c'd""#);
    }

    #[test]
    fn a_long_text_is_cut_between_quotes_alone() {
        let text = "é".repeat(41);
        assert_eq!(printable(&text), text);
        assert_eq!(quoted(&text), format!("\"{}…\"", "é".repeat(40)));
    }
}
