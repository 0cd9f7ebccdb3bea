//! Header lines that may appear only once.

use countersign_core::http_header::trim;
use countersign_core::{Headers, MAX_VALUE, Rejection};

/// The value of a header that may appear only once, without spaces and tabs at its ends; `None` when it is absent.
pub(crate) fn single_line<'h, H: Headers + ?Sized>(
    headers: &'h H,
    name: &'h str,
) -> Result<Option<&'h [u8]>, Rejection> {
    let mut lines = headers.lines(name);
    match (lines.next(), lines.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err(Rejection::RepeatedSignature),
        (Some(line), None) => match trim(line) {
            value if value.len() > MAX_VALUE => Err(Rejection::MalformedSignature),
            value => Ok(Some(value)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_stands_once_and_without_its_blanks() {
        let long = "x".repeat(MAX_VALUE + 1);
        let headers = [("A", " \t1 2\t "), ("B", "1"), ("b", "1"), ("C", " "), ("D", long.as_str())];
        assert_eq!(single_line(&headers, "a"), Ok(Some(&b"1 2"[..])));
        assert_eq!(single_line(&headers, "b"), Err(Rejection::RepeatedSignature));
        assert_eq!(single_line(&headers, "c"), Ok(Some(&b""[..])));
        assert_eq!(single_line(&headers, "d"), Err(Rejection::MalformedSignature));
        assert_eq!(single_line(&headers, "e"), Ok(None));
    }
}
