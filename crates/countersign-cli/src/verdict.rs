//! The verdict on a delivery, in the words of people and of machines.

use std::borrow::Cow;
use std::fmt::Write as _;

use countersign::{Rejection, Verified};

use crate::terminal::{Palette, printable_json};
use crate::wrap::wrapped;

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is authentic.
    Authentic(Verified),
    /// It is not, or nobody can tell.
    Rejected(Rejection),
    /// It could not even be read.
    Malformed,
}

impl Verdict {
    /// What a verifier says of a delivery that could be read.
    pub(crate) fn of(result: Result<Verified, Rejection>) -> Self {
        result.map_or_else(Self::Rejected, Self::Authentic)
    }

    /// The fixed name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Authentic(_) => "authentic",
            Self::Rejected(rejection) => rejection.name(),
            Self::Malformed => "invalid_argument",
        }
    }

    /// The fixed number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Authentic(_) => 0,
            Self::Rejected(rejection) => rejection.code(),
            Self::Malformed => 64,
        }
    }

    /// Whether it is authentic.
    pub(crate) fn is_good(self) -> bool {
        matches!(self, Self::Authentic(_))
    }

    /// How it was found authentic, or why it was not. `place` is where the signature is looked for, if that is known.
    pub(crate) fn detail(self, place: &str) -> Cow<'static, str> {
        match self {
            Self::Authentic(Verified {
                algorithm: Some(algorithm), secret_index: Some(index), covers_body, ..
            }) => {
                let body = if covers_body { "" } else { "; the body is not signed, or not all of it" };
                format!("{algorithm}, secret {index}{body}").into()
            }
            Self::Authentic(Verified { secret_index: Some(index), .. }) => format!("token, secret {index}").into(),
            Self::Authentic(_) => "not checked, because auth_method is NONE".into(),
            Self::Rejected(rejection @ Rejection::MissingSignature) if !place.is_empty() => {
                format!("{}; looked for {place}", rejection.message()).into()
            }
            Self::Rejected(rejection) => rejection.message().into(),
            Self::Malformed => "the line is not a delivery; see standard error".into(),
        }
    }

    /// The line about one delivery that has no id, broken where it is wider than `width` columns.
    pub(crate) fn line(self, place: &str, palette: &Palette, width: Option<usize>) -> String {
        let (style, mark) = if self.is_good() { (palette.good, '✔') } else { (palette.bad, '✘') };
        let (name, detail) = (self.name(), self.detail(place));
        // The mark, the blanks and the name stand in front of it.
        format!("{style}{mark} {name}{style:#}  {}\n", wrapped(&detail, width, name.len() + 4))
    }

    /// The fields of the JSON object behind the number of the line.
    pub(crate) fn json_fields(self) -> String {
        let verified = if let Self::Authentic(verified) = self { Some(verified) } else { None };
        let algorithm = verified.and_then(|verified| verified.algorithm);
        let algorithm = algorithm.map_or_else(|| "null".to_owned(), |algorithm| format!("\"{algorithm}\""));
        let index = verified.and_then(|verified| verified.secret_index);
        let index = index.map_or_else(|| "null".to_owned(), |index| index.to_string());
        let (name, code) = (self.name(), self.code());
        let leaves_body_open = verified.is_some_and(|verified| !verified.covers_body);
        let covers = if leaves_body_open { ",\"covers_body\":false" } else { "" };
        format!(",\"verdict\":\"{name}\",\"code\":{code},\"algorithm\":{algorithm},\"secret_index\":{index}{covers}")
    }
}

/// Appends the beginning of a JSON object: the id of a delivery (the number of its line if it has none) and that number.
pub(crate) fn push_json_start(out: &mut String, id: Option<&str>, line: u64) {
    out.push_str("{\"id\":");
    match id {
        Some(id) => push_json_text(out, id),
        None => drop(write!(out, "\"{line}\"")),
    }
    let _ = write!(out, ",\"line\":{line}");
}

/// Appends the end of a JSON object, as of one line: what is wrong with a line that is not a delivery, if it is not one.
pub(crate) fn push_json_end(out: &mut String, error: Option<&str>) {
    if let Some(error) = error {
        out.push_str(",\"error\":");
        push_json_text(out, error);
    }
    out.push_str("}\n");
}

/// Appends a JSON text. Most ids need no escapes, and then this is a copy.
fn push_json_text(out: &mut String, text: &str) {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&printable_json(&serde_json::Value::from(text).to_string()));
    }
}
