//! The one field of a record that is for the program that wrote it.

use std::borrow::Cow;
use std::fmt;

use serde_json::value::RawValue;

use super::error::RecordError;
use super::kind::{OBJECT, kind};

/// The name of the field.
pub(super) const NAME: &str = "countersignd";

/// The JSON object in the field `countersignd`: what the program that wrote a record adds to it. Whoever verifies the
/// record passes over it.
///
/// Two are equal if their texts are.
#[derive(Clone)]
pub struct Extension<'a>(Cow<'a, RawValue>);

impl<'a> Extension<'a> {
    /// An extension from the text of a JSON object.
    ///
    /// # Errors
    ///
    /// If the text is not valid JSON, is not an object, or has a line break in it, which would end the record's line.
    pub fn new(json: &'a str) -> Result<Self, RecordError> {
        let raw: &RawValue = serde_json::from_str(json).map_err(|error| {
            let text = error.to_string();
            let text = text.split(" at line ").next().unwrap_or_default();
            RecordError::new(format!("{NAME}: not valid JSON: {text}"))
        })?;
        Self::of(raw).map_err(|fault| RecordError::new(format!("{NAME}: {fault}")))
    }

    /// The same of a value; the error does not name the field.
    pub(super) fn of(raw: &'a RawValue) -> Result<Self, String> {
        match kind(raw) {
            OBJECT if raw.get().contains('\n') => Err("has a line break; write the object in one line".to_owned()),
            OBJECT => Ok(Self(Cow::Borrowed(raw))),
            other => Err(format!("found {other}; expected {OBJECT}")),
        }
    }

    /// The text of the object, as it stands in the line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// The same, owned.
    #[must_use]
    pub fn into_owned(self) -> Extension<'static> {
        Extension(Cow::Owned(self.0.into_owned()))
    }
}

impl PartialEq for Extension<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Extension<'_> {}

impl fmt::Debug for Extension<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Extension").field(&self.as_str()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_in_one_line_is_one() {
        for text in ["{}", r#"{"seq":7,"a":[{"b":null}]}"#, r#"{ "a" : "\n" }"#] {
            assert_eq!(Extension::new(text).unwrap().as_str(), text);
        }
        assert_eq!(Extension::new(" {}\n").unwrap().as_str(), "{}");
        for (text, message) in [
            ("", "countersignd: not valid JSON: EOF while parsing a value"),
            ("[]", "countersignd: found a list; expected an object"),
            ("{\n}", "countersignd: has a line break; write the object in one line"),
            ("{} {}", "countersignd: not valid JSON: trailing characters"),
        ] {
            assert_eq!(Extension::new(text).unwrap_err().to_string(), message, "{text}");
        }
    }
}
