//! Why settings cannot be used.

use std::error::Error;
use std::fmt;

/// Why settings cannot be used.
#[derive(Debug)]
pub struct SettingsError {
    name: String,
    message: String,
}

impl SettingsError {
    /// What is wrong with the setting of this name.
    pub fn new(name: impl Into<String>, message: impl fmt::Display) -> Self {
        Self { name: name.into(), message: message.to_string() }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message)
    }
}

impl Error for SettingsError {}
