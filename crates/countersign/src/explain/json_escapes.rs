//! Which characters a library escapes when it prints JSON, although JSON does not require it.

use std::fmt::{self, Write as _};

use super::json_tree::Tree;

/// A choice of characters that are escaped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Escapes {
    non_ascii: NonAscii,
    /// `\/` for `/`.
    slashes: bool,
    /// The ASCII characters that are written as `\u003c`, as a set of bits.
    ascii: u128,
    /// The hex digits of those in capital letters.
    upper: bool,
}

/// How characters that are not ASCII are written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum NonAscii {
    Kept,
    /// Kept, except for the line separators U+2028 and U+2029, which JavaScript does not allow in a text.
    KeptButLines,
    /// As `\u00e9`.
    Lower,
    /// As `\u00E9`.
    Upper,
}

use NonAscii::{Kept, KeptButLines, Lower, Upper};

const fn set(characters: &str) -> u128 {
    let (bytes, mut bits, mut at) = (characters.as_bytes(), 0, 0);
    while at < bytes.len() {
        bits |= 1 << bytes[at];
        at += 1;
    }
    bits
}

const fn escapes(non_ascii: NonAscii, slashes: bool, ascii: &str, upper: bool) -> Escapes {
    Escapes { non_ascii, slashes, ascii: set(ascii), upper }
}

/// What common libraries escape, the most common first.
const LIBRARIES: &[Escapes] = &[
    escapes(Kept, false, "", false),
    // Python, Ruby.
    escapes(Lower, false, "", false),
    // PHP, without and with JSON_UNESCAPED_UNICODE.
    escapes(Lower, true, "", false),
    escapes(Kept, true, "", false),
    // Go and Rails.
    escapes(KeptButLines, false, "<>&", false),
    // Jackson.
    escapes(Upper, false, "", false),
    // Facebook.
    escapes(Lower, true, "<@%", true),
    // Gson.
    escapes(KeptButLines, false, "<>&='", false),
    // System.Text.Json of .NET.
    escapes(Upper, false, "<>&'+`\"", true),
    // PHP with its JSON_HEX options.
    escapes(Lower, true, "<>&'\"", true),
];

/// Characters that some library escapes. Those that a text contains are tried in other combinations too.
const MIXED: [&str; 7] = ["", "<>&", "<", "<>", "<>&'", "<>&'\"", "<>&="];
const MIXED_MORE: [&str; 6] = ["", "@", "%", "@%", "+", "="];
/// How many other combinations are tried.
const MAX_MIXED: usize = 200;

impl Escapes {
    /// The combinations that differ for such a text: those of libraries, then others.
    pub(super) fn all(tree: &Tree<'_>) -> (Vec<Self>, Vec<Self>) {
        let present = Present::of(tree);
        let mut libraries = Vec::new();
        for one in LIBRARIES.iter().map(|one| one.limited_to(&present)) {
            if !libraries.contains(&one) {
                libraries.push(one);
            }
        }
        let mut mixed = Vec::new();
        let sets = MIXED.iter().flat_map(|first| MIXED_MORE.iter().map(move |more| set(first) | set(more)));
        let forms = [Lower, Kept, Upper].into_iter().flat_map(|non_ascii| {
            [(false, false), (true, false), (false, true), (true, true)].map(|(slashes, upper)| Self {
                non_ascii,
                slashes,
                ascii: 0,
                upper,
            })
        });
        for one in sets.flat_map(|ascii| forms.clone().map(move |form| Self { ascii, ..form })) {
            let one = one.limited_to(&present);
            if mixed.len() < MAX_MIXED && !libraries.contains(&one) && !mixed.contains(&one) {
                mixed.push(one);
            }
        }
        (libraries, mixed)
    }

    /// The same for a text in which only these characters occur.
    fn limited_to(self, present: &Present) -> Self {
        let ascii = self.ascii & present.ascii;
        let non_ascii = match self.non_ascii {
            KeptButLines if !present.lines => Kept,
            other if present.non_ascii => other,
            _ => Kept,
        };
        let slashes = self.slashes && present.ascii & set("/") != 0;
        Self { non_ascii, slashes, ascii, upper: self.upper && ascii != 0 }
    }

    /// Writes a character that JSON allows in a string as it is.
    pub(super) fn write(self, c: char, output: &mut String) {
        let is_in_set = c.is_ascii() && self.ascii & (1 << u32::from(c)) != 0;
        let is_line = matches!(c, '\u{2028}' | '\u{2029}');
        match (c, self.non_ascii) {
            _ if is_in_set => write_escape(c, self.upper, output),
            ('/', _) if self.slashes => output.push_str("\\/"),
            (c, Lower) if !c.is_ascii() => write_escape(c, false, output),
            (c, Upper) if !c.is_ascii() => write_escape(c, true, output),
            (c, KeptButLines) if is_line => write_escape(c, false, output),
            (c, _) => output.push(c),
        }
    }

    /// Whether a quote is written as `\u0022` and not as `\"`.
    pub(super) fn has_quote(self) -> bool {
        self.ascii & set("\"") != 0
    }

    /// Writes a character as `\u001f`, which JSON requires for it.
    pub(super) fn write_control(self, c: char, output: &mut String) {
        write_escape(c, self.upper || self.non_ascii == Upper, output);
    }
}

/// In UTF-16 units, as JSON requires.
fn write_escape(c: char, upper: bool, output: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _ = if upper { write!(output, "\\u{unit:04X}") } else { write!(output, "\\u{unit:04x}") };
    }
}

impl fmt::Display for Escapes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        let characters: Vec<String> =
            (0..128_u8).filter(|byte| self.ascii & (1 << byte) != 0).map(|byte| char::from(byte).to_string()).collect();
        match self.non_ascii {
            Kept => {}
            KeptButLines => parts.push("\\u escapes for line separators".to_owned()),
            Lower => parts.push("\\u escapes for all but ASCII".to_owned()),
            Upper => parts.push("\\u escapes in capital letters for all but ASCII".to_owned()),
        }
        if let Some((last, front)) = characters.split_last() {
            let list = if front.is_empty() { last.clone() } else { format!("{} and {last}", front.join(", ")) };
            let upper = if self.upper { " in capital letters" } else { "" };
            parts.push(format!("\\u escapes{upper} for {list}"));
        }
        if self.slashes {
            parts.push("\\/ for slashes".to_owned());
        }
        if parts.is_empty() { Ok(()) } else { write!(f, ", with {}", parts.join(" and ")) }
    }
}

/// Which characters occur in the strings of a text.
#[derive(Default)]
struct Present {
    ascii: u128,
    non_ascii: bool,
    lines: bool,
}

impl Present {
    fn of(tree: &Tree<'_>) -> Self {
        let mut present = Self::default();
        present.add(tree);
        present
    }

    fn add(&mut self, tree: &Tree<'_>) {
        match tree {
            Tree::Object(fields) => fields.iter().for_each(|(name, value)| {
                self.add_text(name);
                self.add(value);
            }),
            Tree::Array(items) => items.iter().for_each(|item| self.add(item)),
            Tree::String(text) => self.add_text(text),
            Tree::Scalar(_) => {}
        }
    }

    fn add_text(&mut self, text: &str) {
        for c in text.chars() {
            if c.is_ascii() {
                self.ascii |= 1 << u32::from(c);
            } else {
                self.non_ascii = true;
                self.lines |= matches!(c, '\u{2028}' | '\u{2029}');
            }
        }
    }
}
