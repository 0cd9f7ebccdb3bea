//! What a provider says, for a person: bounded, printable, and without what a URL may hold that is secret.

use std::error::Error;

#[cfg(feature = "buckets")]
use crate::archive::store::Said;
use crate::url_queries::without_queries;

/// The most characters of a message.
const CHARACTERS_MAX: usize = 200;

/// The most characters of a code.
const CODE_MAX: usize = 64;

/// A text of a provider as it may be shown: at most 200 printable characters, and of URLs no query and no user, since signatures and
/// passwords stand there.
pub(crate) fn message(text: &str) -> String {
    let shown = without_queries(text);
    let shown = countersign::printable(&shown);
    match shown.char_indices().nth(CHARACTERS_MAX - 1) {
        Some((at, last)) if at + last.len_utf8() < shown.len() => format!("{}…", &shown[..at]),
        _ => shown.into_owned(),
    }
}

/// The code that a provider has given: that of an object store's XML, or the name of what SQLite or the system says.
pub(super) fn code(error: &(dyn Error + 'static)) -> Option<String> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<rusqlite::Error>()
            && let Some(code) = error.sqlite_error_code()
        {
            return Some(format!("{code:?}"));
        }
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            return Some(format!("{:?}", error.kind()));
        }
        #[cfg(feature = "buckets")]
        if let Some(code) = error.downcast_ref::<Said>().and_then(Said::code) {
            return Some(code.to_owned());
        }
        if let Some(code) = of_xml(&error.to_string()) {
            return Some(code);
        }
        cause = error.source();
    }
    None
}

/// What stands between `<Code>` and `</Code>`, as S3, Azure and Google write it.
fn of_xml(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let is_code = !code.is_empty() && code.len() <= CODE_MAX && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_code.then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_short_and_printable() {
        let long = "é".repeat(300);
        assert_eq!(message(&long), format!("{}…", "é".repeat(199)));
        assert_eq!(message(&"é".repeat(200)), "é".repeat(200));
        assert_eq!(message("a\u{1b}[2Jb\nc"), r"a\u{1b}[2Jb\nc");
        assert!(message(&"\u{1b}".repeat(200)).chars().count() <= 200);
    }

    #[test]
    fn the_code_is_found_wherever_it_is() {
        #[derive(Debug)]
        struct Outer(Box<dyn Error>);
        impl std::fmt::Display for Outer {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("cannot put")
            }
        }
        impl Error for Outer {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&*self.0)
            }
        }
        for (error, expected) in [
            ("403: <Error><Code>AccessDenied</Code><Message>x</Message></Error>".into(), Some("AccessDenied")),
            ("<Code>not a code</Code>".into(), None),
            ("<Code></Code>".into(), None),
            ("broken".into(), None),
            (
                Box::<dyn Error>::from(std::io::Error::from(std::io::ErrorKind::PermissionDenied)),
                Some("PermissionDenied"),
            ),
        ] {
            assert_eq!(code(&Outer(error)).as_deref(), expected);
        }
    }
}
