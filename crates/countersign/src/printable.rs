//! Texts of others, made safe to show. Whatever of this project shows such a text asks here.

use std::borrow::Cow;

/// `text` with every character escaped, as `\u{202e}`, that acts on a terminal or log instead of being seen in it, so
/// that who wrote it cannot move the cursor, begin a line, turn the direction of writing, or hide something.
///
/// Escaped are the control characters, the separators of lines and paragraphs, and all that Unicode has rendered as
/// nothing (its property `Default_Ignorable_Code_Point`: marks of direction, joiners and other characters without a width,
/// tags, variation selectors, fillers), with the marks of annotations and of the layout of hieroglyphs. Everything else
/// stays, quotes and backslashes too. A long text is not cut.
///
/// Verdicts and errors of this library show no text of a delivery that has not gone through it. It is for those who log
/// an id or the name of a header themselves.
///
/// ```
/// assert_eq!(countersign::printable("ord-1 Zoë 山"), "ord-1 Zoë 山");
/// assert_eq!(countersign::printable("pay\u{202e}001\u{1b}[2J"), r"pay\u{202e}001\u{1b}[2J");
/// ```
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    // Most texts are of this kind, and there may be millions of them.
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

/// A text between quotes, in which quotes and backslashes are escaped too. After forty characters it is cut.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", short(text))
}

/// The same without the quotes.
pub(crate) fn short(text: &str) -> String {
    let mut characters = text.chars();
    let mut shown = String::new();
    for c in characters.by_ref().take(40) {
        if acts_or_hides(c) || matches!(c, '"' | '\\') {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// Unicode 17, DerivedCoreProperties.txt: Default_Ignorable_Code_Point; beside it what is said at each line.
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
                // With the separators of lines and paragraphs, U+2028 and U+2029.
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                // With the marks of annotations, U+FFF9 to U+FFFB.
                | '\u{fff0}'..='\u{fffb}'
                // The layout of hieroglyphs, which is not in the list.
                | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ends of each range, and what is best known of it.
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
