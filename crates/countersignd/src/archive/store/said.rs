//! What a service has said, as it may be told: its status, its code and its message. An answer may repeat the request, with the signature of its URL
//! or the token of a role: nothing else of it is told.

use std::error::Error;
use std::fmt;
use std::io;

use crate::url_queries::without_queries;

/// The most characters that are told.
const CHARACTERS_MAX: usize = 300;

/// Between what the crate `object_store` says of a request, and the status and body of the answer to it.
const BEFORE_ANSWER: [&str; 2] = ["status code: ", "error response: "];

/// What a service has said, or why it could not be asked.
#[derive(Debug)]
pub(crate) struct Said {
    text: String,
    code: Option<String>,
    /// The kind of error of the system that it was, if it was one.
    cause: Option<io::Error>,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Said {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|cause| cause as _)
    }
}

impl Said {
    /// The code that the service has given, such as `AccessDenied`.
    pub(crate) fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// What is told of an error of the crate `object_store`; none if it is not one of a service.
    pub(super) fn of(error: &object_store::Error) -> Option<Self> {
        let whole = error.to_string();
        let answer = BEFORE_ANSWER.iter().find_map(|before| whole.split_once(before));
        let (text, code) = match answer {
            Some((_, answer)) => of_answer(answer),
            // A request that had no answer, or one that could not be read.
            None if whole.contains("://") => (without_queries(&whole), None),
            None => return None,
        };
        let text = countersign::printable(&text).chars().take(CHARACTERS_MAX).collect();
        Some(Self { text, code, cause: of_system(error) })
    }
}

/// Status, and code and message, of an answer: `403 Forbidden: <?xml…`.
fn of_answer(answer: &str) -> (String, Option<String>) {
    let (status, body) = answer.split_once(": ").unwrap_or((answer, ""));
    let status = if status.starts_with(|c: char| c.is_ascii_digit()) { status } else { "an error" };
    let mut text = format!("the service has answered {status}");
    let code = element(body, "Code").filter(|code| code.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    for part in [code, element(body, "Message")].into_iter().flatten() {
        text.push_str(": ");
        text.push_str(&without_queries(part));
    }
    (text, code.map(str::to_owned))
}

/// What is in an element of XML, as S3, Azure and Google write their errors.
fn element<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    let (within, _) = rest.split_once(&format!("</{name}>"))?;
    // Azure's has lines for the number and the time of the request behind it.
    within.lines().next().filter(|line| !line.is_empty())
}

/// The kind of error of the system that is the cause of another.
fn of_system(error: &(dyn Error + 'static)) -> Option<io::Error> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(error.kind().into());
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<Said> {
        Said::of(&object_store::Error::Generic { store: "S3", source: text.into() })
    }

    #[test]
    fn of_an_answer_status_code_and_message_are_told() {
        let before = "Error performing PUT https://b.example/k?sig=S in 3ms - Server returned non-2xx status code: ";
        for (answer, told, code) in [
            (
                "403 Forbidden: <?xml version=\"1.0\"?><Error><Code>ExpiredToken</Code><Message>It is over.</Message><Token-0>S</Token-0></Error>",
                "403 Forbidden: ExpiredToken: It is over.",
                Some("ExpiredToken"),
            ),
            (
                "403 Server failed: <Error><Code>AuthenticationFailed</Code><Message>Not you.\nRequestId:1</Message><AuthenticationErrorDetail>S</AuthenticationErrorDetail></Error>",
                "403 Server failed: AuthenticationFailed: Not you.",
                Some("AuthenticationFailed"),
            ),
            ("502 Bad Gateway: <html>/k?sig=S</html>", "502 Bad Gateway", None),
            (
                "404 Not Found: <Code>S S</Code><Message>at https://b.example/k?sig=S</Message>",
                "404 Not Found: at https://b.example/k?…",
                None,
            ),
            ("409 Conflict", "409 Conflict", None),
            ("S", "an error", None),
        ] {
            let said = said(&format!("{before}{answer}")).unwrap();
            assert_eq!((said.to_string(), said.code()), (format!("the service has answered {told}"), code), "{answer}");
        }
    }

    #[test]
    fn what_had_no_answer_is_told_without_queries() {
        let failed = said("HTTP error: error sending request for url (https://b.example/k?sig=S)").unwrap();
        assert_eq!(
            failed.to_string(),
            "Generic S3 error: HTTP error: error sending request for url (https://b.example/k?…)"
        );
        assert!(said("no such file").is_none());
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let error = object_store::Error::Generic { store: "S3", source: Box::new(refused) };
        assert_eq!(of_system(&error).unwrap().kind(), io::ErrorKind::ConnectionRefused);
    }
}
