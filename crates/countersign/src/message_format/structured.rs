//! Structured fields for HTTP (RFC 8941): the parts that signatures and digests need, read in one pass from left to right.
//!
//! Texts are returned as they stand there. Nothing is parsed and printed again, so what is signed is what was received.

use countersign_core::Rejection;

use super::{MAX_COMPONENTS, MAX_PARAMETERS};

const MALFORMED: Rejection = Rejection::MalformedSignature;

/// A member of `Signature-Input`: a label, and the list of what is signed with the parameters of the signature.
pub(super) struct Member<'a> {
    pub(super) label: &'a str,
    pub(super) components: Vec<Component<'a>>,
    pub(super) parameters: Vec<(&'a str, Value<'a>)>,
    /// The list and the parameters as they stand there.
    pub(super) text: &'a str,
}

/// One of the components that are signed.
pub(super) struct Component<'a> {
    pub(super) name: &'a str,
    pub(super) parameters: Vec<(&'a str, Value<'a>)>,
    /// The quoted name and the parameters as they stand there.
    pub(super) text: &'a str,
}

/// A value that is not a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// The digits, with their sign.
    Integer(&'a str),
    /// Without quotes. It has no escapes.
    Text(&'a str),
    /// The text between the colons.
    Bytes(&'a [u8]),
    /// A token, a decimal number, a truth value, or a text with escapes: nothing that a signature needs.
    Other,
}

impl Member<'_> {
    pub(super) fn parameter(&self, name: &str) -> Option<Value<'_>> {
        self.parameters.iter().find(|(other, _)| *other == name).map(|(_, value)| *value)
    }
}

/// Reads a dictionary of inner lists, such as `Signature-Input`.
///
/// # Errors
/// `malformed_signature` if the text is none, if a name stands twice, or if there are too many of anything.
pub(super) fn inner_lists(value: &[u8]) -> Result<Vec<Member<'_>>, Rejection> {
    dictionary(value, |cursor, label| {
        let start = cursor.at;
        let components = cursor.inner_list()?;
        let parameters = cursor.parameters()?;
        Ok(Member { label, components, parameters, text: cursor.since(start) })
    })
}

/// Reads a dictionary of byte sequences, such as `Signature` and `Content-Digest`. Parameters are passed over.
///
/// # Errors
/// As [`inner_lists`].
pub(super) fn byte_sequences(value: &[u8]) -> Result<Vec<(&str, &[u8])>, Rejection> {
    dictionary(value, |cursor, label| match cursor.bare_item()? {
        Value::Bytes(bytes) => cursor.parameters().map(|_| (label, bytes)),
        _ => Err(MALFORMED),
    })
}

fn dictionary<'a, T>(
    value: &'a [u8],
    member: impl Fn(&mut Cursor<'a>, &'a str) -> Result<T, Rejection>,
) -> Result<Vec<T>, Rejection> {
    // Every character of a structured field is ASCII.
    let text = str::from_utf8(value).ok().filter(|text| text.is_ascii()).ok_or(MALFORMED)?;
    let mut cursor = Cursor { text, at: 0 };
    let (mut members, mut labels) = (Vec::new(), Vec::new());
    loop {
        let label = cursor.key()?;
        cursor.expect(b'=')?;
        if labels.contains(&label) || labels.len() == MAX_PARAMETERS {
            return Err(MALFORMED);
        }
        labels.push(label);
        members.push(member(&mut cursor, label)?);
        cursor.skip(b" \t");
        if cursor.next().is_none() {
            return Ok(members);
        }
        cursor.expect(b',')?;
        cursor.skip(b" \t");
    }
}

/// A place in a text of ASCII characters.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn expect(&mut self, byte: u8) -> Result<(), Rejection> {
        if self.next() != Some(byte) {
            return Err(MALFORMED);
        }
        self.at += 1;
        Ok(())
    }

    fn skip(&mut self, bytes: &[u8]) {
        self.take_while(|byte| bytes.contains(&byte));
    }

    fn take_while(&mut self, is_taken: impl Fn(u8) -> bool) -> &'a str {
        let start = self.at;
        while self.next().is_some_and(&is_taken) {
            self.at += 1;
        }
        self.since(start)
    }

    fn key(&mut self) -> Result<&'a str, Rejection> {
        if !self.next().is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'*') {
            return Err(MALFORMED);
        }
        Ok(self.take_while(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.*".contains(&byte)))
    }

    fn inner_list(&mut self) -> Result<Vec<Component<'a>>, Rejection> {
        self.expect(b'(')?;
        let mut components = Vec::new();
        loop {
            let blanks = self.take_while(|byte| byte == b' ');
            if self.next() == Some(b')') {
                self.at += 1;
                return Ok(components);
            }
            if (blanks.is_empty() && !components.is_empty()) || components.len() == MAX_COMPONENTS {
                return Err(MALFORMED);
            }
            let start = self.at;
            let Value::Text(name) = self.bare_item()? else { return Err(MALFORMED) };
            let parameters = self.parameters()?;
            components.push(Component { name, parameters, text: self.since(start) });
        }
    }

    fn parameters(&mut self) -> Result<Vec<(&'a str, Value<'a>)>, Rejection> {
        let mut parameters: Vec<(&str, Value<'_>)> = Vec::new();
        while self.next() == Some(b';') {
            self.at += 1;
            self.skip(b" ");
            let name = self.key()?;
            let value = if self.next() == Some(b'=') {
                self.at += 1;
                self.bare_item()?
            } else {
                Value::Other
            };
            if parameters.iter().any(|(other, _)| *other == name) || parameters.len() == MAX_PARAMETERS {
                return Err(MALFORMED);
            }
            parameters.push((name, value));
        }
        Ok(parameters)
    }

    fn bare_item(&mut self) -> Result<Value<'a>, Rejection> {
        match self.next().ok_or(MALFORMED)? {
            b'"' => self.string(),
            b'-' | b'0'..=b'9' => self.number(),
            b':' => {
                self.at += 1;
                let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
                let bytes = self.take_while(letters).as_bytes();
                self.expect(b':')?;
                Ok(Value::Bytes(bytes))
            }
            b'?' => {
                self.at += 1;
                let truth = self.next().filter(|byte| b"01".contains(byte)).ok_or(MALFORMED)?;
                self.expect(truth)?;
                Ok(Value::Other)
            }
            byte if byte.is_ascii_alphabetic() || byte == b'*' => {
                let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte);
                self.take_while(letters);
                Ok(Value::Other)
            }
            _ => Err(MALFORMED),
        }
    }

    fn string(&mut self) -> Result<Value<'a>, Rejection> {
        self.expect(b'"')?;
        let (start, mut has_escapes) = (self.at, false);
        loop {
            self.take_while(|byte| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\');
            match self.next() {
                Some(b'"') => break,
                Some(b'\\') => {
                    has_escapes = true;
                    self.at += 1;
                    let escaped = self.next().filter(|byte| b"\"\\".contains(byte)).ok_or(MALFORMED)?;
                    self.expect(escaped)?;
                }
                _ => return Err(MALFORMED),
            }
        }
        let text = self.since(start);
        self.at += 1;
        Ok(if has_escapes { Value::Other } else { Value::Text(text) })
    }

    fn number(&mut self) -> Result<Value<'a>, Rejection> {
        let start = self.at;
        self.at += usize::from(self.next() == Some(b'-'));
        let digits = self.take_while(|byte| byte.is_ascii_digit()).len();
        let whole = self.since(start);
        if self.next() != Some(b'.') {
            return if (1..=15).contains(&digits) { Ok(Value::Integer(whole)) } else { Err(MALFORMED) };
        }
        self.at += 1;
        let fraction = self.take_while(|byte| byte.is_ascii_digit()).len();
        if (1..=12).contains(&digits) && (1..=3).contains(&fraction) { Ok(Value::Other) } else { Err(MALFORMED) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn a_member_keeps_its_text() {
        let text = r#"sig1=("@method" "x";key="a" "@query-param";name="b");created=1618884473;keyid="k\"1";alg="hmac-sha256", b=();x;y=?1;z=-1.5;t=to/k:en;q=:AA==:"#;
        let members = inner_lists(text.as_bytes()).unwrap();
        assert_eq!(members.iter().map(|member| member.label).collect::<Vec<_>>(), ["sig1", "b"]);
        let names: Vec<_> = members[0].components.iter().map(|component| (component.name, component.text)).collect();
        let expected =
            [("@method", "\"@method\""), ("x", "\"x\";key=\"a\""), ("@query-param", "\"@query-param\";name=\"b\"")];
        assert_eq!(names, expected);
        assert_eq!(members[0].components[2].parameters, [("name", Value::Text("b"))]);
        assert_eq!(members[0].parameter("created"), Some(Value::Integer("1618884473")));
        assert_eq!(members[0].parameter("keyid"), Some(Value::Other));
        assert_eq!(members[0].parameter("alg"), Some(Value::Text("hmac-sha256")));
        assert_eq!(members[1].text, "();x;y=?1;z=-1.5;t=to/k:en;q=:AA==:");
        assert_eq!(members[1].parameter("q"), Some(Value::Bytes(b"AA==")));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "a",
            "a=",
            "a=1",
            "a=(",
            "a=(b)",
            "a=(\"b\"",
            "a=(\"b\"\"c\")",
            "a=(\"b\",\"c\")",
            "a=(\"b\") ;c",
            "a=();c=",
            "a=();C=1",
            "a=();c=1;c=2",
            "a=(),",
            "a=(),a=()",
            "a=() b=()",
            "A=()",
            "1=()",
            "a=(\"\\b\")",
            "a=(\"b\\\"\")",
            "a=(\"\u{e9}\")",
            "a=(\"b\n\")",
            "a=();c=?2",
            "a=();c=1234567890123456",
            "a=();c=1.",
            "a=();c=1.1234",
            "a=();c=-",
            "a=();c=:A",
            "a=();c=:A!:",
            "a=();c=@1",
            " a=()",
        ] {
            assert!(inner_lists(text.as_bytes()).is_err(), "{text}");
        }
        let many = |count: usize| (0..count).map(|i| format!("a{i}=()")).collect::<Vec<_>>().join(", ");
        assert!(inner_lists(many(16).as_bytes()).is_ok() && inner_lists(many(17).as_bytes()).is_err());
        let list = |count: usize| format!("a=({})", vec!["\"b\""; count].join(" "));
        assert!(inner_lists(list(32).as_bytes()).is_ok() && inner_lists(list(33).as_bytes()).is_err());
        let parameters = |count: usize| (0..count).fold("a=()".to_owned(), |text, i| format!("{text};b{i}"));
        assert!(inner_lists(parameters(16).as_bytes()).is_ok() && inner_lists(parameters(17).as_bytes()).is_err());
    }

    #[test]
    fn byte_sequences_stand_between_colons() {
        assert_eq!(byte_sequences(b"a=:AA==:;x=1,b=::").unwrap(), [("a", &b"AA=="[..]), ("b", b"")]);
        for text in ["a=AA==", "a=:AA==", "a=\"AA\"", "a=:AA==:;", "a=:A-A_:", "a=(:AA==:)"] {
            assert!(byte_sequences(text.as_bytes()).is_err(), "{text}");
        }
    }
}
