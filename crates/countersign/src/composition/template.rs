//! Translates a template with texts of this module into one that the core knows.
//!
//! The core's template has `{body}` exactly once, and checks that each part of the signed text ends where the text beside
//! it begins. So one of the texts takes the place of `{body}`: the body itself, or else the one that can be longest. A path
//! takes the place of `{url}`: the receiver knows both. All others become values of headers that no delivery can have.

use std::fmt::Write as _;

use super::fields::Fields;
use super::place::Place;
use super::text::{Function, Text};

/// A template for the core, and the texts behind its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Translated {
    pub(super) template: String,
    /// What stands in place of `{body}`.
    pub(super) body: Option<Text>,
    /// What stands in place of `{url}`.
    pub(super) url: Option<Text>,
    /// What stands behind the values of the signed headers, on the side of the body.
    pub(super) end_of_headers: String,
    /// What stands in place of the headers with the names of [`header_name`], by their numbers.
    pub(super) parts: Vec<Text>,
}

/// The name of the header in place of the text `number`. A scheme with a composition cannot name such a header.
pub(super) fn header_name(number: usize) -> String {
    format!("{RESERVED}{number}")
}

/// How the names of these headers begin.
pub(super) const RESERVED: char = '~';

/// A piece of a template.
enum Piece<'t> {
    /// Literal text, as it is written in the template.
    Literal(&'t str),
    /// A placeholder that only the core knows, with its braces: the id and the timestamp.
    Core(&'t str),
    /// A text, with its braces.
    Text(Text, &'t str),
}

impl Translated {
    /// Translates a template. With `is_ambiguous`, its texts become one, with all that stands between them.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn new(template: &str, fields: Option<&Fields>, is_ambiguous: bool) -> Result<Self, String> {
        let mut pieces = pieces(template)?;
        let mut end_of_headers = String::new();
        if is_ambiguous {
            merge_all(&mut pieces)?;
        } else if let Some(at) = pieces.iter().position(|piece| matches!(piece, Piece::Text(Text::SignedHeaders, _))) {
            end_of_headers = merge_headers(&mut pieces, at)?;
        }
        let texts = || {
            pieces.iter().enumerate().filter_map(|(at, piece)| match piece {
                Piece::Text(text, _) => Some((at, text)),
                Piece::Literal(_) | Piece::Core(_) => None,
            })
        };
        // The core knows method, URL and headers; the last of them may still have to take the place of the body.
        let is_cores = |text: &Text| matches!(text, Text::Method | Text::Url | Text::Place(Place::Header(_)));
        let longest = |text: &Text| match text {
            Text::Body => 5,
            Text::All(_) => 4,
            Text::Fields => 3,
            Text::Of(Function::Hash(..), of) if **of == Text::Body => 2,
            Text::Method | Text::Url | Text::Secret => 0,
            text if text.is_of_the_url() => 0,
            _ => 1,
        };
        let pivot = texts().max_by_key(|(at, text)| (longest(text), *at)).filter(|(_, text)| longest(text) > 0);
        let Some((pivot, _)) = pivot else {
            return Err("nothing of the delivery is signed but method, URL, id and time; name a value of it".to_owned());
        };
        let has_url = texts().any(|(_, text)| *text == Text::Url);
        let mut translated = Self { end_of_headers, ..Self::default() };
        for (at, piece) in pieces.into_iter().enumerate() {
            match piece {
                Piece::Literal(written) | Piece::Core(written) => translated.template.push_str(written),
                Piece::Text(text, _) if at == pivot => {
                    translated.template.push_str("{body}");
                    translated.body = Some(text);
                }
                Piece::Text(Text::Body, _) => return Err("{body} stands more than once".to_owned()),
                Piece::Text(text, written) if is_cores(&text) => translated.template.push_str(written),
                Piece::Text(text, _)
                    if text.is_of_the_url() && !has_url && translated.url.as_ref().is_none_or(|url| *url == text) =>
                {
                    translated.template.push_str("{url}");
                    translated.url = Some(text);
                }
                Piece::Text(text, _) => {
                    let number = translated.number_of(text);
                    let _ = write!(translated.template, "{{header:{}}}", header_name(number));
                }
            }
        }
        if fields.is_some() != translated.contains(&Text::Fields) {
            return Err("{fields} and the rule \"fields\" go together".to_owned());
        }
        Ok(translated)
    }

    /// Whether a text is signed.
    pub(super) fn contains(&self, text: &Text) -> bool {
        self.parts.iter().chain(&self.body).any(|own| own.contains(text))
    }

    /// The number of a text among the parts, which it becomes if it is new.
    pub(super) fn number_of(&mut self, text: Text) -> usize {
        self.parts.iter().position(|part| *part == text).unwrap_or_else(|| {
            self.parts.push(text);
            self.parts.len() - 1
        })
    }
}

/// Joins the texts of a template, with what stands between the first and the last of them, into one.
fn merge_all(pieces: &mut Vec<Piece<'_>>) -> Result<(), String> {
    let is_text = |piece: &Piece<'_>| matches!(piece, Piece::Text(..));
    let (Some(first), Some(last)) = (pieces.iter().position(is_text), pieces.iter().rposition(is_text)) else {
        return Ok(());
    };
    merge(pieces, first, last)
}

/// Joins the values of the signed headers with the body, since their own rule says where each of them ends. Returns the
/// literal text beside them, on the side of the body.
fn merge_headers(pieces: &mut Vec<Piece<'_>>, at: usize) -> Result<String, String> {
    let Some(body) = pieces.iter().position(|piece| matches!(piece, Piece::Text(Text::Body, _))) else {
        return Err("{signed_headers} goes with {body}".to_owned());
    };
    let beside = if at < body { pieces.get(at + 1) } else { at.checked_sub(1).and_then(|at| pieces.get(at)) };
    let Some(Piece::Literal(literal)) = beside else {
        return Err("literal text must stand beside {signed_headers}, on the side of {body}".to_owned());
    };
    let literal = literal.replace("{{", "{").replace("}}", "}");
    merge(pieces, at.min(body), at.max(body))?;
    Ok(literal)
}

/// Joins the pieces from `first` to `last` into one text.
fn merge(pieces: &mut Vec<Piece<'_>>, first: usize, last: usize) -> Result<(), String> {
    let mut texts = Vec::with_capacity(last - first + 1);
    for piece in pieces.drain(first..=last) {
        texts.push(match piece {
            Piece::Literal(written) => Text::Literal(written.replace("{{", "{").replace("}}", "}")),
            Piece::Text(text, _) => text,
            Piece::Core(written) => {
                return Err(format!("{written} can only stand before or behind the values that are joined here"));
            }
        });
    }
    pieces.insert(first, Piece::Text(Text::All(texts), ""));
    Ok(())
}

/// The pieces of a template, in order.
fn pieces(template: &str) -> Result<Vec<Piece<'_>>, String> {
    let (mut pieces, mut rest) = (Vec::new(), template);
    while !rest.is_empty() {
        let length = literal_length(rest);
        if length > 0 {
            let (literal, after) = rest.split_at(length);
            pieces.push(Piece::Literal(literal));
            rest = after;
            continue;
        }
        let Some(end) = rest.strip_prefix('{').and_then(|inside| inside.find('}')) else {
            return Err("a brace without its counterpart; literal braces are written {{ and }}".to_owned());
        };
        let (written, after) = rest.split_at(end + 2);
        let inside = &written[1..=end];
        pieces.push(match (inside, Text::parse(inside)?) {
            ("timestamp" | "id", _) => Piece::Core(written),
            (_, Some(text)) => Piece::Text(text, written),
            (_, None) => return Err(format!("{} is unknown; {ALLOWED}", crate::printable::quoted(written))),
        });
        rest = after;
    }
    Ok(pieces)
}

/// Whether a template has a text that only a composition knows. A template with a fault has none: the core names it.
pub(super) fn is_composed(template: &str) -> bool {
    let is_cores = |text: &Text| matches!(text, Text::Body | Text::Method | Text::Url | Text::Place(Place::Header(_)));
    let is_own = |piece: &Piece<'_>| matches!(piece, Piece::Text(text, _) if !is_cores(text));
    pieces(template).is_ok_and(|pieces| pieces.iter().any(is_own))
}

/// What may stand in a template.
const ALLOWED: &str = "allowed are {body}, {timestamp}, {id}, {method}, {url}, {path}, {target}, {query}, {fields}, {signed_headers}, \
     {signed_header_names}, {secret}, the places {header:NAME}, {query:NAME}, {form:NAME}, {json:/POINTER} and {xml:NAME}, and before a \
     value lower:, upper:, md5:, sha1:, sha256:, sha384:, sha512: (sha256-base64: and so on), php: and hubspot:; a literal brace is \
     written {{";

/// The length of the literal text at the start of a template.
fn literal_length(text: &str) -> usize {
    let mut length = 0;
    while let Some(rest) = text.get(length..).filter(|rest| !rest.is_empty()) {
        length += match rest.find(['{', '}']) {
            None => rest.len(),
            Some(0) if rest.starts_with("{{") || rest.starts_with("}}") => 2,
            Some(0) => break,
            Some(at) => at,
        };
    }
    length
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn one_text_takes_the_place_of_the_body() {
        for (template, expected, body, parts) in [
            ("{query:a}.{body}", "{header:~0}.{body}", "body", 1),
            (
                "{method}\n{target}\n{timestamp}\n{sha256:body}",
                "{method}\n{url}\n{timestamp}\n{body}",
                "sha256:body",
                0,
            ),
            ("{path}?{query}.{body}", "{url}?{header:~0}.{body}", "body", 1),
            ("{url}{path}.{body}", "{url}{header:~0}.{body}", "body", 1),
            ("{method}{hubspot:url}{body}{timestamp}", "{method}{url}{body}{timestamp}", "body", 0),
            ("{upper:path}{body}.{path}", "{url}{body}.{header:~0}", "body", 1),
            ("{url}{header:X-Nonce}", "{url}{body}", "header:X-Nonce", 0),
            ("{{{lower:query:id}}};{header:X};{timestamp};", "{{{header:~0}}};{body};{timestamp};", "header:X", 1),
            ("{json:/a}|{json:/b}|{json:/a}|{body}", "{header:~0}|{header:~1}|{header:~0}|{body}", "body", 2),
            ("{timestamp}.{signed_header_names}.{body}", "{timestamp}.{header:~0}.{body}", "body", 1),
        ] {
            let translated = Translated::new(template, None, false).unwrap();
            assert_eq!(translated.template, expected, "{template}");
            assert_eq!(translated.body, Text::parse(body).unwrap(), "{template}");
            assert_eq!(translated.parts.len(), parts, "{template}");
        }
        let merged = Translated::new("{timestamp}.{json:/a}-{{{body}", None, true).unwrap();
        assert_eq!(merged.template, "{timestamp}.{body}");
        let texts = [Text::parse("json:/a").unwrap().unwrap(), Text::Literal("-{".into()), Text::Body];
        assert_eq!(merged.body, Some(Text::All(texts.to_vec())));
    }

    #[test]
    fn what_no_template_can_have_is_refused() {
        for (template, says) in [
            ("{body}{body}", "more than once"),
            ("{nope}", "unknown"),
            ("{body", "brace"),
            ("body}", "brace"),
            ("{timestamp}", "nothing"),
            ("{method}{url}", "nothing"),
            ("{fields}", "go together"),
            ("{json:x}{body}", "slash"),
        ] {
            let error = Translated::new(template, None, false).unwrap_err();
            assert!(error.contains(says), "{template}: {error}");
        }
    }
}
