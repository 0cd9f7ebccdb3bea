//! Forms: a field in place of the whole, and a form that was parsed and written again.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

use super::case::Case;
use super::encoded::USE_RAW_BYTES;
use super::json_tree::Tree;
use crate::form::{decode, split_name};
use crate::printable::quoted;

/// As browsers and libraries write a form: letters, digits and `*-._` are not escaped.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');
/// As JavaScript's `encodeURIComponent` does it.
const COMPONENT: &AsciiSet = &FORM.remove(b'~').remove(b'!').remove(b'\'').remove(b'(').remove(b')');
/// As PHP's `urlencode` does it.
const PHP: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');
/// As RFC 3986 says, Go and Python do it.
const UNRESERVED: &AsciiSet = &PHP.remove(b'~');
/// As .NET does it.
const DOT_NET: &AsciiSet = &PHP.remove(b'!').remove(b'*').remove(b'(').remove(b')');
/// As Ruby's `CGI.escape` does it.
const RUBY: &AsciiSet = &FORM.remove(b'~');
/// As Python's `quote` does it.
const WITH_SLASHES: &AsciiSet = &UNRESERVED.remove(b'/');
/// As axios does it, and the same with brackets.
const AXIOS: &AsciiSet = &COMPONENT.remove(b':').remove(b'$').remove(b',');
const BRACKETS: &AsciiSet = &AXIOS.remove(b'[').remove(b']');
const SETS: &[&AsciiSet] = &[FORM, COMPONENT, PHP, UNRESERVED, DOT_NET, RUBY, WITH_SLASHES, AXIOS, BRACKETS];

/// How many fields of a form are tried. A body could have one for every two bytes.
const MAX_FIELDS: usize = 100;
/// Longer forms are not written again.
const MAX_FORM: usize = 2 << 20;
/// Nor are forms of more fields. An empty field has one byte here, and far more in memory, each time that it is written.
const MAX_WRITTEN_FIELDS: usize = 10_000;

pub(super) fn form_field(case: &Case<'_>) -> Option<String> {
    let body = case.copyable_body()?;
    if let Ok(text) = str::from_utf8(body) {
        let encodings = [FORM, COMPONENT].into_iter().flat_map(|set| {
            let encoded = utf8_percent_encode(text, set).to_string();
            [encoded.replace("%20", "+"), encoded]
        });
        if encodings.into_iter().any(|value| case.verifies_with_body(format!("payload={value}").into_bytes())) {
            return Some(format!(
                "The sender signed a form, and the body here is what its field payload decodes to. {USE_RAW_BYTES}"
            ));
        }
    }
    let mut pairs = body.split(|&byte| byte == b'&');
    let found = pairs.by_ref().take(MAX_FIELDS).find_map(|pair| {
        let at = pair.iter().position(|&byte| byte == b'=')?;
        let (name, value) = (&pair[..at], &pair[at + 1..]);
        let value: Vec<u8> = value.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
        let decoded: Vec<u8> = percent_decode(&value).collect();
        case.verifies_with_body(decoded).then(|| {
            let name = quoted(&String::from_utf8_lossy(name));
            format!("The sender signed what the field {name} of this form decodes to, not the form. Verify that value.")
        })
    });
    if found.is_none() && pairs.next().is_some() {
        case.budget.note_skipped();
    }
    found
}

/// A form as names and values, decoded.
type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// The fields of a form, or of a flat JSON object that a framework made of one.
fn fields_of(body: &[u8]) -> Option<(Fields, bool)> {
    if let Some(Tree::Object(object)) = str::from_utf8(body).ok().and_then(Tree::parse) {
        let fields = object.into_iter().map(|(name, value)| {
            let value = match value {
                Tree::String(text) => text,
                Tree::Scalar(text) => text.to_owned(),
                Tree::Object(_) | Tree::Array(_) => return None,
            };
            Some((name.into_bytes(), value.into_bytes()))
        });
        return Some((fields.collect::<Option<_>>()?, true));
    }
    if !body.contains(&b'=') {
        return None;
    }
    let decoded = |text| {
        let mut bytes = Vec::new();
        decode(text, &mut bytes);
        bytes
    };
    let pairs = body.split(|byte| *byte == b'&').map(split_name);
    Some((pairs.map(|(name, value)| (decoded(name), decoded(value))).collect(), false))
}

/// How a form is written.
#[derive(Clone, Copy)]
struct Style {
    set: &'static AsciiSet,
    is_plus: bool,
    is_lower: bool,
}

impl Style {
    fn all() -> impl Iterator<Item = Self> {
        [false, true].into_iter().flat_map(|is_lower| {
            SETS.iter().flat_map(move |set| [true, false].map(|is_plus| Self { set, is_plus, is_lower }))
        })
    }

    fn write(self, fields: &Fields) -> Vec<u8> {
        let escape = |text: &[u8]| {
            let escaped = percent_encoding::percent_encode(text, self.set).to_string();
            let escaped = if self.is_lower { lower_escapes(&escaped) } else { escaped };
            if self.is_plus { escaped.replace("%20", "+") } else { escaped }
        };
        let pairs = fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value)));
        pairs.collect::<Vec<_>>().join("&").into_bytes()
    }
}

/// `%3a` for `%3A`.
fn lower_escapes(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2).unwrap_or((piece, ""));
        out.extend(["%", &digits.to_ascii_lowercase(), rest]);
    }
    out
}

pub(super) fn reencoded(case: &Case<'_>) -> Option<String> {
    let body = case.copyable_body()?;
    if body.len() > MAX_FORM {
        case.budget.note_skipped();
        return None;
    }
    let (fields, is_object) = fields_of(body)?;
    if fields.len() > MAX_WRITTEN_FIELDS {
        case.budget.note_skipped();
        return None;
    }
    let mut sorted = fields.clone();
    sorted.sort();
    let orders = if sorted == fields { vec![fields] } else { vec![fields, sorted] };
    let mut last = Vec::new();
    let is_found = orders.iter().any(|fields| {
        Style::all().any(|style| {
            if !case.budget.allows(body.len()) {
                return false;
            }
            let form = style.write(fields);
            case.budget.spend(form.len());
            // Many ways to write a form give the same one.
            if form == *body || form == last {
                return false;
            }
            last.clone_from(&form);
            case.verifies_with_body(form)
        })
    });
    is_found.then(|| {
        let what = if is_object { "is what a framework made of the form" } else { "is that form parsed and written again" };
        format!(
            "The sender signed a form, and the body here {what}, with other escapes, blanks or another order. {USE_RAW_BYTES} Java's \
             getParameter and similar calls take them away."
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_written_as_common_libraries_do() {
        let (fields, _) = fields_of(b"a+b=%7e*%3a&c=").unwrap_or_default();
        let texts: Vec<String> =
            Style::all().map(|style| String::from_utf8_lossy(&style.write(&fields)).into_owned()).collect();
        for expected in
            ["a+b=%7E*%3A&c=", "a%20b=~*%3A&c=", "a+b=%7E%2A%3A&c=", "a+b=~%2A%3A&c=", "a+b=%7e*%3a&c=", "a+b=~*:&c="]
        {
            assert!(texts.iter().any(|text| text == expected), "{expected}\n{texts:#?}");
        }
    }
}
