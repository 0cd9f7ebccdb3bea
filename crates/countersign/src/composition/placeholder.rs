//! What an error says of a placeholder that no template knows: what is allowed, and which one was probably meant.

use super::text::Text;
use crate::printable::{quoted, quoted_whole};
use crate::suggest::{may_name_a_field, nearest};

/// What may stand in a template. The guide's page on schemes has the same as a table.
const ALLOWED: &str = "allowed are {body}, {timestamp}, {id}, {method}, {url}, {path}, {target}, {query}, {fields}, {signed_headers}, \
     {signed_header_names}, {secret}, the places {header:NAME}, {query:NAME}, {form:NAME}, {json:/POINTER} and {xml:NAME}, and before a \
     value lower:, upper:, md5:, sha1:, sha256:, sha384:, sha512: (sha256-base64: and so on), base64:, php:, sorted: and hubspot:; a literal brace is \
     written {{";

/// The placeholders that end with their name, and the forms of the others.
const WHOLE: [&str; 17] = [
    "body",
    "timestamp",
    "id",
    "method",
    "url",
    "path",
    "target",
    "query",
    "fields",
    "signed_headers",
    "signed_header_names",
    "secret",
    "header:NAME",
    "query:NAME",
    "form:NAME",
    "json:/POINTER",
    "xml:NAME",
];

/// What stands before a colon.
const BEFORE: [&str; 20] = [
    "header",
    "query",
    "form",
    "json",
    "xml",
    "lower",
    "upper",
    "md5",
    "sha1",
    "sha256",
    "sha384",
    "sha512",
    "md5-base64",
    "sha1-base64",
    "sha256-base64",
    "sha384-base64",
    "sha512-base64",
    "base64",
    "php",
    "sorted",
];

/// The longest placeholder that an error repeats whole.
const LONGEST: usize = 80;

/// The error for the unknown placeholder `inside` its braces, which begins at `character` of the template. It is not repeated
/// if it could be a secret: if it is neither almost a known one nor made of letters, as names are.
pub(super) fn unknown(inside: &str, character: usize) -> String {
    const LONGEST_NAME: usize = 32;
    let braced = |text: &str| format!("{{{text}}}");
    if let Some(meant) = meant(inside) {
        let (found, meant) = (quoted(&braced(inside)), quoted_whole(&braced(&meant)));
        return format!(
            "{found} at character {character}: unknown placeholder; did you mean {meant}? If not, {ALLOWED}"
        );
    }
    let is_a_name = |text: &str| text.split([':', '-']).all(|part| may_name_a_field(part, [""; 0]));
    if inside.len() <= LONGEST_NAME && is_a_name(inside) {
        return format!("{} at character {character}: unknown placeholder; {ALLOWED}", quoted(&braced(inside)));
    }
    format!(
        "at character {character}: unknown placeholder, which is not repeated here, since it could be a secret; {ALLOWED}"
    )
}

/// The placeholder that a person most likely meant, if it is a typing error.
fn meant(inside: &str) -> Option<String> {
    if inside.len() > LONGEST {
        return None;
    }
    let Some((name, of)) = inside.split_once(':') else {
        return nearest(inside, WHOLE).map(str::to_owned);
    };
    let name = nearest(name, BEFORE)?;
    let is_known = |text: &str| matches!(Text::parse(text), Ok(Some(_)));
    let corrected = format!("{name}:{of}");
    if is_known(&corrected) {
        return Some(corrected);
    }
    let corrected = format!("{name}:{}", meant(of)?);
    is_known(&corrected).then_some(corrected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_similar_placeholder_is_proposed() {
        for (typed, expected) in [
            ("qurey:id", Some("query:id")),
            ("Body", Some("body")),
            (" body", Some("body")),
            ("timestmap", Some("timestamp")),
            ("header", Some("header:NAME")),
            ("json", Some("json:/POINTER")),
            ("jsno:/a/b", Some("json:/a/b")),
            ("SHA-256:body", Some("sha256:body")),
            ("sha265:bdoy", Some("sha256:body")),
            ("uper:sha256:body", Some("upper:sha256:body")),
            ("sha256_base64:body", Some("sha256-base64:body")),
            ("lower:qurey:id", Some("lower:query:id")),
            ("", None),
            (":", None),
            ("nope", None),
            ("sha3:body", None),
            ("lower:timestamp", None),
            ("jsno:a", None),
            ("cookie:session", None),
        ] {
            assert_eq!(meant(typed).as_deref(), expected, "{typed}");
        }
        assert_eq!(meant(&"lower:".repeat(1_000_000)), None);
    }

    /// All that a message names is known, so that whoever follows it gets no other error.
    #[test]
    fn what_is_said_to_be_allowed_is_known() {
        let is_known = |inside: &str| {
            let inside = inside.replace("/POINTER", "/a");
            ["timestamp", "id", "secret"].contains(&&*inside) || matches!(Text::parse(&inside), Ok(Some(_)))
        };
        for whole in WHOLE {
            assert!(is_known(whole) && ALLOWED.contains(&format!("{{{whole}}}")), "{whole}");
        }
        for name in BEFORE {
            let of = if name == "json" { "/a" } else { "body" };
            assert!(is_known(&format!("{name}:{of}")), "{name}");
            assert!(ALLOWED.contains(&format!("{}:", name.trim_end_matches("-base64"))), "{name}");
        }
    }

    #[test]
    fn what_could_be_a_secret_is_not_repeated() {
        for secret in ["whsec_MfKQ9r8GKYqrTwjU", "5c8f0a", &"a".repeat(33)] {
            let error = unknown(secret, 1);
            assert!(!error.contains(secret) && error.starts_with("at character 1: unknown placeholder, "), "{error}");
        }
        for name in ["nope", "raw_body", "cookie:session-id"] {
            let start = format!("\"{{{name}}}\" at character 3: unknown placeholder; allowed are {{body}}, ");
            assert!(unknown(name, 3).starts_with(&start), "{name}");
        }
    }
}
