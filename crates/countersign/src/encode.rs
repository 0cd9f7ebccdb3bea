//! Writes tags and times as senders do.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use countersign_core::{Encoding, TimeUnit, Timestamp};

use crate::error::ConfigError;

/// Encodes a tag as most receivers expect it: hex in lower case, base64 with padding, base64url without.
pub(crate) fn encode(encoding: Encoding, tag: &[u8]) -> String {
    match encoding {
        Encoding::Base64 => STANDARD.encode(tag),
        Encoding::Base64Url => URL_SAFE_NO_PAD.encode(tag),
        Encoding::HexaDecimal => const_hex::encode(tag),
    }
}

/// The text of a time of sending in the unit of a scheme.
///
/// # Errors
/// `invalid_config` if it cannot be written in this unit.
pub(crate) fn format_time(time: Timestamp, unit: TimeUnit) -> Result<String, ConfigError> {
    let milliseconds = time.as_milliseconds();
    let text = match unit {
        TimeUnit::Seconds if milliseconds >= 0 => Some((milliseconds / 1000).to_string()),
        TimeUnit::Milliseconds if milliseconds >= 0 => Some(milliseconds.to_string()),
        TimeUnit::Rfc3339 => jiff::Timestamp::from_millisecond(milliseconds).ok().map(|time| time.to_string()),
        TimeUnit::Utc => jiff::Timestamp::from_millisecond(milliseconds)
            .ok()
            .map(|time| time.to_string().trim_end_matches('Z').to_owned()),
        TimeUnit::Seconds | TimeUnit::Milliseconds => None,
    };
    text.filter(|text| Timestamp::parse(text.as_bytes(), unit).is_some()).ok_or_else(|| {
        ConfigError::invalid(format!(
            "the time of sending cannot be written in the unit {} of this scheme",
            unit.name()
        ))
    })
}
