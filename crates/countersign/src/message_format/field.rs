//! Header lines as parts of a signed text that has one line for each.

use countersign_core::http_header::is_name;
use countersign_core::{Headers, Rejection};

use crate::header_line::single_line;

/// Whether a text is the name of a header in lower case, as the lists of signed headers write it.
pub(crate) fn is_field_name(name: &str) -> bool {
    is_name(name) && !name.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// The value of a signed header, without spaces at its ends. It may be empty, since its name is signed with it.
///
/// # Errors
/// `missing_part` if it is absent; `repeated_signature` if it has several lines; `malformed_signature` if it contains a
/// control character, such as a newline that would end its line in the signed text.
pub(super) fn value<'a, H: Headers + ?Sized>(headers: &'a H, name: &'a str) -> Result<&'a [u8], Rejection> {
    let value = single_line(headers, name)?.ok_or(Rejection::MissingPart)?;
    let is_control = |byte: &u8| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f;
    if value.iter().any(is_control) { Err(Rejection::MalformedSignature) } else { Ok(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_ends_its_line() {
        let headers = [("A", " 1\t2 "), ("B", ""), ("C", "1\n2"), ("D", "1\r"), ("E", "\0"), ("F", "1"), ("f", "1")];
        assert_eq!(value(&headers, "a"), Ok(&b"1\t2"[..]));
        assert_eq!(value(&headers, "b"), Ok(&b""[..]));
        for name in ["c", "d", "e"] {
            assert_eq!(value(&headers, name), Err(Rejection::MalformedSignature), "{name}");
        }
        assert_eq!(value(&headers, "f"), Err(Rejection::RepeatedSignature));
        assert_eq!(value(&headers, "g"), Err(Rejection::MissingPart));
    }
}
