//! Translates a template with texts of this module into one that the core knows.
//!
//! The core's template has `{body}` exactly once, and checks that each part of the signed text ends where the text beside
//! it begins. So one of the texts takes the place of `{body}`: the body itself, or else the one that can be longest. A path
//! takes the place of `{url}`: the receiver knows both. All others become values of headers that no delivery can have.

use std::borrow::Cow;

use super::fields::Fields;
use super::place::Place;
use super::placeholder;
use super::text::{Function, Text};
use crate::function::text_header;
use crate::printable::quoted;

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
    /// What stands in place of the headers with the names of [`text_header::name`], by their numbers.
    pub(super) parts: Vec<Text>,
    /// Placeholders of the core with the texts in their place, as the scheme writes them.
    pub(super) written: Vec<(String, String)>,
    /// Whether the signed text can be cut in several ways, so that one signature fits several deliveries.
    pub(super) is_ambiguous: bool,
}

/// What stands in place of the text of the secret, as a literal of the core's template; `secret_text.rs` replaces it. Like a
/// secret it ends the values beside it, and it begins and ends with a digit, since a secret may: a timestamp beside it must
/// have a fixed length.
pub(crate) const SECRET: &str = "0\u{1}0";

/// A piece of a template.
enum Piece<'t> {
    /// Literal text, as it is written in the template.
    Literal(&'t str),
    /// A placeholder that only the core knows, with its braces: the id and the timestamp.
    Core(&'t str),
    /// A text, with its braces.
    Text(Text, Cow<'t, str>),
    /// The text of the secret.
    Secret,
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
            pieces = merge_all(pieces)?;
        } else if let Some(at) = pieces.iter().position(|piece| matches!(piece, Piece::Text(Text::SignedHeaders, _))) {
            end_of_headers = merge_headers(&mut pieces, at)?;
        }
        let texts = || {
            pieces.iter().enumerate().filter_map(|(at, piece)| match piece {
                Piece::Text(text, _) => Some((at, text)),
                Piece::Literal(_) | Piece::Core(_) | Piece::Secret => None,
            })
        };
        // The core knows method, URL and headers; the last of them may still have to take the place of the body.
        let is_cores = |text: &Text| matches!(text, Text::Method | Text::Url | Text::Place(Place::Header(_)));
        let longest = |text: &Text| match text {
            Text::Body => 5,
            Text::All(_) => 4,
            Text::Fields => 3,
            Text::Of(Function::Hash(..), of) if **of == Text::Body => 2,
            Text::Method | Text::Url => 0,
            text if text.is_of_the_url() => 0,
            _ => 1,
        };
        let pivot = texts().max_by_key(|(at, text)| (longest(text), *at)).filter(|(_, text)| longest(text) > 0);
        let pivot = pivot.map(|(pivot, _)| pivot);
        let has_url = texts().any(|(_, text)| *text == Text::Url);
        let mut translated = Self { end_of_headers, is_ambiguous, ..Self::default() };
        for (at, piece) in pieces.into_iter().enumerate() {
            match piece {
                Piece::Literal(written) | Piece::Core(written) => translated.template.push_str(written),
                Piece::Secret => translated.template.push_str(SECRET),
                Piece::Text(text, written) if Some(at) == pivot => {
                    translated.template.push_str("{body}");
                    translated.body = Some(text);
                    // Put back first: it may contain the others.
                    translated.written.insert(0, ("{body}".to_owned(), written.into_owned()));
                }
                Piece::Text(Text::Body, _) => return Err("{body} stands more than once".to_owned()),
                Piece::Text(text, written) if is_cores(&text) => translated.template.push_str(&written),
                Piece::Text(text, written)
                    if text.is_of_the_url() && !has_url && translated.url.as_ref().is_none_or(|url| *url == text) =>
                {
                    translated.template.push_str("{url}");
                    translated.url = Some(text);
                    translated.written.push(("{url}".to_owned(), written.into_owned()));
                }
                Piece::Text(text, written) => {
                    let placeholder = format!("{{header:{}}}", text_header::name(translated.number_of(text)));
                    translated.template.push_str(&placeholder);
                    translated.written.push((placeholder, written.into_owned()));
                }
            }
        }
        if pivot.is_none() {
            // The sender signs when it has sent something, or where to, and nothing of what.
            translated.template.push_str("{body}");
            translated.body = Some(Text::All(Vec::new()));
            translated.written.push(("{body}".to_owned(), String::new()));
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

    /// Puts the body itself in place of what is made of it.
    pub(super) fn set_plain_body(&mut self) {
        self.body = Some(Text::Body);
        self.written.retain(|(placeholder, _)| placeholder != "{body}");
    }

    /// Whether no value of a delivery is signed.
    pub(super) fn signs_nothing(&self) -> bool {
        let has_value = ["{timestamp}", "{id}", "{url}", "{method}", "{header:"];
        let is_empty = self.body.as_ref().is_some_and(|text| *text == Text::All(Vec::new()));
        is_empty && !has_value.iter().any(|value| self.template.contains(value))
    }

    /// A template of the core as the scheme would write it.
    pub(super) fn written(&self, template: &str) -> String {
        let put_back = |text: String, (placeholder, written): &(String, String)| text.replace(placeholder, written);
        self.written.iter().fold(template.to_owned(), put_back).replace(SECRET, "{secret}")
    }

    /// The number of a text among the parts, which it becomes if it is new.
    pub(super) fn number_of(&mut self, text: Text) -> usize {
        self.parts.iter().position(|part| *part == text).unwrap_or_else(|| {
            self.parts.push(text);
            self.parts.len() - 1
        })
    }
}

/// Joins the texts on each side of the secret, with what stands between the first and the last of them, into one.
fn merge_all(pieces: Vec<Piece<'_>>) -> Result<Vec<Piece<'_>>, String> {
    let is_text = |piece: &Piece<'_>| matches!(piece, Piece::Text(..));
    let (mut merged, mut rest) = (Vec::with_capacity(pieces.len()), pieces);
    loop {
        let end = rest.iter().position(|piece| matches!(piece, Piece::Secret));
        let behind = rest.split_off(end.unwrap_or(rest.len()));
        if let (Some(first), Some(last)) = (rest.iter().position(is_text), rest.iter().rposition(is_text)) {
            merge(&mut rest, first, last)?;
        }
        merged.append(&mut rest);
        let mut behind = behind.into_iter();
        let Some(secret) = behind.next() else { return Ok(merged) };
        merged.push(secret);
        rest = behind.collect();
    }
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
    let (mut texts, mut all) = (Vec::with_capacity(last - first + 1), String::new());
    for piece in pieces.drain(first..=last) {
        texts.push(match piece {
            Piece::Literal(written) => {
                all.push_str(written);
                Text::Literal(written.replace("{{", "{").replace("}}", "}"))
            }
            Piece::Text(text, written) => {
                all.push_str(&written);
                text
            }
            Piece::Core(written) => return Err(outside(written)),
            Piece::Secret => return Err(outside("{secret}")),
        });
    }
    pieces.insert(first, Piece::Text(Text::All(texts), Cow::Owned(all)));
    Ok(())
}

fn outside(written: &str) -> String {
    format!("{written} can only stand before or behind the values that are joined here")
}

/// The pieces of a template, in order.
fn pieces(template: &str) -> Result<Vec<Piece<'_>>, String> {
    if template.contains('\u{1}') {
        return Err("the control character U+0001 cannot be signed".to_owned());
    }
    split(template)
}

/// As [`pieces`], for a template that may contain any character. The errors say where in it the fault is.
fn split(template: &str) -> Result<Vec<Piece<'_>>, String> {
    let (mut pieces, mut rest) = (Vec::new(), template);
    while !rest.is_empty() {
        let length = literal_length(rest);
        if length > 0 {
            let (literal, after) = rest.split_at(length);
            pieces.push(Piece::Literal(literal));
            rest = after;
            continue;
        }
        // Counted only for an error, since a template may be long.
        let character = || template.chars().count() - rest.chars().count() + 1;
        let fault =
            |written: &str, message: &str| format!("{} at character {}: {message}", quoted(written), character());
        let Some(inside) = rest.strip_prefix('{') else {
            return Err(fault("}", "a closing brace without an opening one; a literal brace is written }}"));
        };
        let Some(end) = inside.find('}') else {
            return Err(fault(rest, "an opening brace without a closing one; a literal brace is written {{"));
        };
        let (written, after) = rest.split_at(end + 2);
        let inside = &written[1..=end];
        pieces.push(match (inside, Text::parse(inside).map_err(|message| fault(written, &message))?) {
            ("timestamp" | "id", _) => Piece::Core(written),
            ("secret", _) => Piece::Secret,
            (_, Some(text)) => Piece::Text(text, Cow::Borrowed(written)),
            (_, None) => return Err(placeholder::unknown(inside, character())),
        });
        rest = after;
    }
    Ok(pieces)
}

/// What is wrong with a placeholder or a brace of a template, and where.
pub(super) fn fault(template: &str) -> Option<String> {
    split(template).err()
}

/// Whether a template has a text that only a composition knows. A template with a [`fault`] has none.
pub(super) fn is_composed(template: &str) -> bool {
    let is_cores = |text: &Text| matches!(text, Text::Body | Text::Method | Text::Url | Text::Place(Place::Header(_)));
    let is_own = |piece: &Piece<'_>| match piece {
        Piece::Text(text, _) => !is_cores(text),
        Piece::Secret => true,
        Piece::Literal(_) | Piece::Core(_) => false,
    };
    split(template).is_ok_and(|pieces| pieces.iter().any(is_own))
}

/// Whether a template of the core holds nothing of a delivery but the body, and texts of a composition if there is one.
pub(super) fn holds_body_alone(template: &str, has_composition: bool) -> bool {
    let is_of_body = |piece: &Piece<'_>| match piece {
        Piece::Literal(_) | Piece::Secret | Piece::Text(Text::Body, _) => true,
        Piece::Text(Text::Place(Place::Header(name)), _) => has_composition && text_header::is_reserved(name),
        Piece::Core(_) | Piece::Text(..) => false,
    };
    pieces(&template.replace(SECRET, "{secret}")).is_ok_and(|pieces| pieces.iter().all(is_of_body))
}

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
            ("{timestamp}\n{secret}", "{timestamp}\n0\u{1}0{body}", "", 0),
            ("{timestamp}.{signed_header_names}.{body}", "{timestamp}.{header:~0}.{body}", "body", 1),
        ] {
            let translated = Translated::new(template, None, false).unwrap();
            assert_eq!(translated.template, expected, "{template}");
            let body = if body.is_empty() { Some(Text::All(Vec::new())) } else { Text::parse(body).unwrap() };
            assert_eq!(translated.body, body, "{template}");
            assert_eq!(translated.parts.len(), parts, "{template}");
        }
        let with_secret = Translated::new("{timestamp}{secret}{header:X}{secret}&k={secret}", None, false).unwrap();
        assert_eq!(with_secret.template, format!("{{timestamp}}{SECRET}{{body}}{SECRET}&k={SECRET}"));
        let merged = Translated::new("{timestamp}.{json:/a}-{{{body}", None, true).unwrap();
        assert_eq!(merged.template, "{timestamp}.{body}");
        let texts = [Text::parse("json:/a").unwrap().unwrap(), Text::Literal("-{".into()), Text::Body];
        assert_eq!(merged.body, Some(Text::All(texts.to_vec())));
        // The secret parts what stands on its sides, so it is not joined with them.
        let sides = Translated::new("{json:/a}{json:/b}.{secret}{json:/c}{body}", None, true).unwrap();
        assert_eq!(sides.template, format!("{{header:~0}}.{SECRET}{{body}}"));
    }

    #[test]
    fn a_template_of_the_core_is_shown_as_the_scheme_writes_it() {
        for (template, is_ambiguous) in [
            ("{method}{path}{query:a}.{secret}&k={{{sha256:body}{timestamp}", false),
            ("{timestamp}.{json:/a}-{{{body}", true),
            ("{json:/a}{json:/b}{secret}{body}", true),
        ] {
            let translated = Translated::new(template, None, is_ambiguous).unwrap();
            assert_eq!(translated.written(&translated.template), template);
        }
    }

    #[test]
    fn what_no_template_can_have_is_refused() {
        for (template, says) in [
            ("{body}{body}", "more than once"),
            ("{nope}", "unknown"),
            ("{body", "brace"),
            ("body}", "brace"),
            ("{fields}", "go together"),
            ("{json:x}{body}", "slash"),
            ("{body}\u{1}", "control character"),
        ] {
            let error = Translated::new(template, None, false).unwrap_err();
            assert!(error.contains(says), "{template}: {error}");
        }
    }
}
