//! Headers that the sender lists in the signature header: `signed_headers` in a scheme.

use countersign_core::http_header::{is_name, trim};
use countersign_core::{Headers, Rejection};

use crate::error::ConfigError;
use crate::header_line::single_line;
use crate::json::Node;

/// The most headers that may be signed. Each of them is searched among all headers of the delivery.
const MAX_HEADERS: usize = 64;

/// How the list is written, and how the values are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignedHeaders {
    /// The key of the signature header with the list.
    pub(super) key: String,
    /// What stands between two names.
    separator: String,
    /// What stands between two values.
    pub(super) join: String,
    /// What stands behind the last value, on the side of the body.
    pub(super) end: String,
    /// What stands between two pairs of the signature header, and between a key and its value.
    pub(super) pairs: (u8, u8),
    /// Whether a value may contain what stands between two values.
    pub(super) is_ambiguous: bool,
}

impl SignedHeaders {
    /// Reads `{"from": "signature:h", "separator": " ", "join": "."}`.
    pub(crate) fn read(node: &Node<'_>) -> Result<Self, ConfigError> {
        let object = node.object(&["from", "separator", "join"])?;
        let from = node.required(&object, "from")?;
        let text = from.string()?;
        let key = text.strip_prefix("signature:").filter(|key| !key.is_empty());
        let key =
            key.ok_or_else(|| from.error("needs signature:KEY, the key of the signature header with the list"))?;
        Ok(Self {
            key: key.to_owned(),
            separator: node.required(&object, "separator").and_then(Node::non_empty_string)?,
            join: node.required(&object, "join").and_then(Node::string)?,
            end: String::new(),
            pairs: (b',', b'='),
            is_ambiguous: false,
        })
    }

    /// The names in the value of the signature header, in lower case; none if there is no list.
    pub(super) fn names(&self, value: &[u8]) -> Vec<String> {
        let list = self.list(value).ok().and_then(|list| str::from_utf8(list).ok()).unwrap_or_default();
        list.split(&self.separator).filter(|name| is_name(name)).map(str::to_ascii_lowercase).collect()
    }

    /// The list in the value of the signature header.
    ///
    /// # Errors
    /// `malformed_signature` if there is none, or more than one.
    pub(super) fn list<'v>(&self, value: &'v [u8]) -> Result<&'v [u8], Rejection> {
        let (separator, mark) = self.pairs;
        let mut lists = value.split(|&byte| byte == separator).filter_map(|pair| {
            let (key, value) = trim(pair).split_at_checked(self.key.len())?;
            let value = value.split_first().filter(|(first, _)| **first == mark)?.1;
            (key == self.key.as_bytes()).then_some(value)
        });
        match (lists.next(), lists.next()) {
            (Some(list), None) if !list.is_empty() => Ok(list),
            _ => Err(Rejection::MalformedSignature),
        }
    }

    /// The joined values of the headers in a list.
    ///
    /// # Errors
    /// `malformed_signature` if the list is not one of header names, each once; `missing_part` if one of these headers is
    /// absent or empty, or if its value contains what stands between two values or behind the last; `repeated_signature` if it has two lines.
    pub(super) fn values<H: Headers + ?Sized>(&self, list: &[u8], headers: &H) -> Result<Vec<u8>, Rejection> {
        let list = str::from_utf8(list).map_err(|_| Rejection::MalformedSignature)?;
        let names: Vec<&str> = list.split(&self.separator).take(MAX_HEADERS + 1).collect();
        let mut sorted: Vec<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        sorted.sort_unstable();
        sorted.dedup();
        if names.len() > MAX_HEADERS || sorted.len() < names.len() || !names.iter().all(|name| is_name(name)) {
            return Err(Rejection::MalformedSignature);
        }
        let mut values = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let value = single_line(headers, name)?.map(trim).filter(|value| !value.is_empty());
            let value = value.ok_or(Rejection::MissingPart)?;
            // How many values there are is known from the list, so each ends where the next of these texts begins.
            let contains =
                |text: &str| text.is_empty() || value.windows(text.len()).any(|window| window == text.as_bytes());
            if !self.is_ambiguous && (contains(&self.join) || contains(&self.end)) {
                return Err(Rejection::MissingPart);
            }
            if at > 0 {
                values.extend_from_slice(self.join.as_bytes());
            }
            values.extend_from_slice(value);
        }
        Ok(values)
    }
}
