//! What can be wrong with a configuration.

use std::fmt;

use countersign_core::SetupError;

/// Why a verifier or signer cannot be made from a configuration.
///
/// [`Display`](fmt::Display) says where (line and field), what was found, what is allowed and what to do, and never
/// shows a secret. A text where the name of a preset, an algorithm or the like is expected is repeated only if it is almost
/// such a name, and the name of an unknown field if it consists of letters and `_`: if arguments or fields were swapped, a
/// secret stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    kind: ConfigErrorKind,
    line: Option<usize>,
    field: Option<String>,
    message: String,
    source: Option<SetupError>,
}

/// The kinds of configuration error, with fixed names and numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum ConfigErrorKind {
    /// 65: a secret is required and there is none, or it has no bytes, only zero bytes, only white space (spaces, tabs, line
    /// breaks) or only `*`.
    EmptySecret = 65,
    /// 66: a secret is not in the required form.
    MalformedSecret = 66,
    /// 67: a field is missing, unknown, of the wrong type or out of range.
    InvalidConfig = 67,
    /// 68: no preset has this name.
    UnknownPreset = 68,
    /// 69: something valid that is not supported.
    Unsupported = 69,
}

impl ConfigErrorKind {
    /// The fixed number.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The fixed name, such as `invalid_config`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EmptySecret => "empty_secret",
            Self::MalformedSecret => "malformed_secret",
            Self::InvalidConfig => "invalid_config",
            Self::UnknownPreset => "unknown_preset",
            Self::Unsupported => "unsupported",
        }
    }
}

impl ConfigError {
    pub(crate) fn new(kind: ConfigErrorKind, message: impl Into<String>) -> Self {
        Self { kind, line: None, field: None, message: message.into(), source: None }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ConfigErrorKind::InvalidConfig, message)
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ConfigErrorKind::Unsupported, message)
    }

    /// Adds the line of the text, unless the error has one already.
    pub(crate) fn on_line(mut self, line: usize) -> Self {
        self.line.get_or_insert(line);
        self
    }

    /// Adds the path of the field, unless the error has one already.
    pub(crate) fn in_field(mut self, path: &str) -> Self {
        if !path.is_empty() {
            self.field.get_or_insert_with(|| path.to_owned());
        }
        self
    }

    /// The kind, which has the fixed number and name.
    #[must_use]
    pub fn kind(&self) -> ConfigErrorKind {
        self.kind
    }

    /// The line of the JSON text, counted from 1, if the fault is in one place of it.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// The path of the field, such as `config.algorithm`, if the fault is in one field.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// What is wrong and what to do, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(field) = &self.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {
    /// The core's [`SetupError`], if the core refused the configuration. It describes the same fault in other words.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

impl From<SetupError> for ConfigError {
    fn from(error: SetupError) -> Self {
        let kind = match error {
            SetupError::EmptySecret | SetupError::ZeroSecret | SetupError::BlankSecret | SetupError::MaskedSecret => {
                ConfigErrorKind::EmptySecret
            }
            SetupError::UnsendableToken | SetupError::MalformedSecret => ConfigErrorKind::MalformedSecret,
            SetupError::NotStreamable => ConfigErrorKind::Unsupported,
            SetupError::TooManySecrets => {
                let message = format!("{error}; leave out those with which no sender signs any more");
                return Self { source: Some(error), ..Self::invalid(message) };
            }
            SetupError::Scheme(fault) => {
                let invalid = Self::invalid(fault.message()).in_field(fault.field());
                return Self { source: Some(error), ..invalid };
            }
            _ => ConfigErrorKind::InvalidConfig,
        };
        Self { source: Some(error), ..Self::new(kind, error.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn what_the_core_has_found_is_the_source() {
        for (found, kind) in [
            (SetupError::EmptySecret, ConfigErrorKind::EmptySecret),
            (SetupError::TooManySecrets, ConfigErrorKind::InvalidConfig),
            (SetupError::NotStreamable, ConfigErrorKind::Unsupported),
        ] {
            let error = ConfigError::from(found);
            assert_eq!(error.kind(), kind);
            assert_eq!(error.source().and_then(|source| source.downcast_ref()), Some(&found));
            // Adding a place later must not change that.
            let placed = error.in_field("auth_secret").on_line(3);
            assert_eq!(placed.source().and_then(|source| source.downcast_ref()), Some(&found));
        }
        assert!(ConfigError::invalid("of our own").source().is_none());
    }
}
