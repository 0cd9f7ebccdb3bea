//! Errors when a key or a verifier is made.

use core::fmt;

/// The maximum number of secrets in a verifier. Each costs one MAC per delivery, and a stream has room for this many.
pub const MAX_SECRETS: usize = 8;

/// Why a key or a verifier cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SetupError {
    /// The secret is empty, or there is no secret.
    EmptySecret,
    /// The secret consists only of zeros, such as an uninitialised buffer. HMAC pads short secrets with zeros (RFC 2104
    /// section 2), so it would be the same key as the empty secret.
    ZeroSecret,
    /// The secret consists only of spaces, tabs and line breaks, such as a file or a variable that was never filled in.
    BlankSecret,
    /// The secret consists only of `*`, as APIs and pages print in place of a secret.
    MaskedSecret,
    /// A token that no header can contain, so it could never match: it has spaces or tabs at its ends, control
    /// characters such as the newline at the end of a file, or more than [`MAX_VALUE`](crate::MAX_VALUE) bytes.
    UnsendableToken,
    /// More than [`MAX_SECRETS`] secrets.
    TooManySecrets,
    /// A key that the scheme cannot use: for another algorithm, or a token for a scheme with HMAC.
    UnsuitableKey,
    /// A secret that is not valid text of its form, base64 or hex.
    MalformedSecret,
    /// A scheme whose parts do not fit together.
    Scheme(SchemeFault),
    /// The scheme signs something after the body, so the body cannot be verified as a stream.
    NotStreamable,
}

/// Which part of a scheme is wrong, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SchemeFault {
    field: &'static str,
    position: Option<usize>,
    message: &'static str,
}

impl SchemeFault {
    pub(crate) const fn new(field: &'static str, message: &'static str) -> Self {
        Self { field, position: None, message }
    }

    pub(crate) const fn at_position(field: &'static str, position: usize, message: &'static str) -> Self {
        Self { field, position: Some(position), message }
    }

    /// The part, by its name in a scheme's JSON, such as `signature.separator`.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// The position of the fault in the text of that part, in bytes, if it has one.
    #[must_use]
    pub const fn position(&self) -> Option<usize> {
        self.position
    }

    /// What is wrong and what is allowed.
    #[must_use]
    pub const fn message(&self) -> &'static str {
        self.message
    }
}

impl SetupError {
    /// The fixed number: 65 empty_secret, 66 malformed_secret, 67 invalid_config, 69 unsupported.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::EmptySecret | Self::ZeroSecret | Self::BlankSecret | Self::MaskedSecret => 65,
            Self::UnsendableToken | Self::MalformedSecret => 66,
            Self::TooManySecrets | Self::UnsuitableKey | Self::Scheme(_) => 67,
            Self::NotStreamable => 69,
        }
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptySecret => f.write_str("a secret is required and must not be empty"),
            Self::ZeroSecret => f.write_str(
                "the secret is nothing but zero bytes, which HMAC cannot tell from an empty one; was it ever filled in?",
            ),
            Self::BlankSecret => f.write_str(
                "the secret is nothing but white space, which any sender could guess; was it ever filled in?",
            ),
            Self::MaskedSecret => f.write_str(
                "the secret is nothing but *, which stands for a secret where one is shown, and which any sender could guess; \
                 give the secret itself",
            ),
            Self::UnsendableToken => f.write_str(
                "the token could never match: no header carries blanks at its ends, control characters (such as the \
                 newline at the end of a file) or more than 4,096 bytes",
            ),
            Self::TooManySecrets => write!(f, "more than {MAX_SECRETS} secrets"),
            Self::UnsuitableKey => f.write_str("a key was made for another algorithm than the scheme uses"),
            Self::MalformedSecret => f.write_str("the secret is not the base64 or hex text that its scheme asks for"),
            Self::Scheme(fault) => write!(f, "{}: {}", fault.field, fault.message),
            Self::NotStreamable => f.write_str(
                "this scheme signs something behind the body, so the body must be whole before it can be verified; use verify",
            ),
        }
    }
}

impl core::error::Error for SetupError {}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    /// The numbers of the documentation's table, and the exact messages, since operators search for them.
    #[test]
    fn numbers_and_messages_are_fixed() {
        for (error, code, message) in [
            (SetupError::EmptySecret, 65, "a secret is required and must not be empty"),
            (
                SetupError::UnsendableToken,
                66,
                "the token could never match: no header carries blanks at its ends, control characters (such as the newline \
                 at the end of a file) or more than 4,096 bytes",
            ),
            (
                SetupError::ZeroSecret,
                65,
                "the secret is nothing but zero bytes, which HMAC cannot tell from an empty one; was it ever filled in?",
            ),
            (
                SetupError::BlankSecret,
                65,
                "the secret is nothing but white space, which any sender could guess; was it ever filled in?",
            ),
            (
                SetupError::MaskedSecret,
                65,
                "the secret is nothing but *, which stands for a secret where one is shown, and which any sender could guess; \
                 give the secret itself",
            ),
            (SetupError::TooManySecrets, 67, "more than 8 secrets"),
            (SetupError::UnsuitableKey, 67, "a key was made for another algorithm than the scheme uses"),
        ] {
            assert_eq!(error.code(), code);
            assert_eq!(error.to_string(), message);
        }
    }
}
