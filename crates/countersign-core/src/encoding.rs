//! The encodings in which a tag is written as text.

use core::fmt;

/// The encoding of a tag in the header. It is configured, never guessed.
///
/// Exhaustive on purpose: if a variant is added, the compiler reports every `match` that lacks it. Adding one is a
/// breaking change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// `BASE64`: the standard alphabet (RFC 4648 section 4); padding complete or absent. The default.
    Base64,
    /// `HEXA_DECIMAL`: two digits per byte (RFC 4648 section 8), upper or lower case.
    HexaDecimal,
    /// `BASE64_URL`: the alphabet with `-` and `_` (RFC 4648 section 5); padding complete or absent.
    Base64Url,
}

impl Encoding {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Base64, Self::HexaDecimal, Self::Base64Url];

    /// The configuration name, such as `HEXA_DECIMAL`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Base64 => "BASE64",
            Self::HexaDecimal => "HEXA_DECIMAL",
            Self::Base64Url => "BASE64_URL",
        }
    }

    /// The encoding with this configuration name. Case matters, as in a connection.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encoding| encoding.name() == name)
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_fixed_and_exact() {
        let table = ["BASE64", "HEXA_DECIMAL", "BASE64_URL"];
        for (encoding, name) in Encoding::ALL.into_iter().zip(table) {
            assert_eq!(encoding.name(), name);
            assert_eq!(Encoding::from_name(name), Some(encoding));
            assert_eq!(std::format!("{encoding:>14}"), std::format!("{name:>14}"));
            assert_eq!(Encoding::from_name(&name.to_ascii_lowercase()), None);
        }
        for name in ["", "HEX", "HEXADECIMAL", "BASE64URL", "BASE_64", "BASE64 "] {
            assert_eq!(Encoding::from_name(name), None, "{name}");
        }
    }
}
