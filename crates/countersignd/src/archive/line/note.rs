//! What a line of the archive says beside the delivery, written and read without the cost of a general parser.

use std::borrow::Cow;
use std::io;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a line says beside the delivery: the field `countersignd` of the record.
#[derive(Debug, Serialize, Deserialize)]
pub struct Note<'a> {
    /// The log, 32 hexadecimal digits.
    pub log: &'a str,
    /// The place of the event in its log.
    pub seq: u64,
    /// The sender's id of the delivery.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sender_id: Option<Cow<'a, str>>,
    /// The algorithm of the MAC; none for a token, or if nothing was checked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub algorithm: Option<&'a str>,
    /// Which secret it was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub secret: Option<u8>,
    /// When the configuration was loaded that verified it, in microseconds since 1970.
    pub configuration: u64,
    /// Values of headers that are no text, which JSON cannot hold: the place of the header, and its bytes in base64.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub header_bytes: Vec<(usize, String)>,
}

/// Writes a note as serde does, in less than half of the time: this is done for each event.
pub(super) fn write_note(note: &Note<'_>, lines: &mut Vec<u8>) -> io::Result<()> {
    let Note { log, seq, sender_id, algorithm, secret, configuration, header_bytes } = note;
    lines.extend_from_slice(b"{\"log\":");
    write_text(log, lines)?;
    lines.extend_from_slice(b",\"seq\":");
    serde_json::to_writer(&mut *lines, seq)?;
    for (name, value) in [(&b",\"sender_id\":"[..], sender_id.as_deref()), (b",\"algorithm\":", *algorithm)] {
        if let Some(value) = value {
            lines.extend_from_slice(name);
            write_text(value, lines)?;
        }
    }
    if let Some(secret) = secret {
        lines.extend_from_slice(b",\"secret\":");
        serde_json::to_writer(&mut *lines, secret)?;
    }
    lines.extend_from_slice(b",\"configuration\":");
    serde_json::to_writer(&mut *lines, configuration)?;
    if !header_bytes.is_empty() {
        lines.extend_from_slice(b",\"header_bytes\":");
        serde_json::to_writer(&mut *lines, header_bytes)?;
    }
    lines.push(b'}');
    Ok(())
}

/// Writes a text as a string of JSON.
fn write_text(text: &str, lines: &mut Vec<u8>) -> io::Result<()> {
    if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        return Ok(serde_json::to_writer(lines, text)?);
    }
    lines.push(b'"');
    lines.extend_from_slice(text.as_bytes());
    lines.push(b'"');
    Ok(())
}

/// The seq in a note as [`write`](fn@super::write) writes it: the log comes first, then the seq, then more.
pub(super) fn seq_of(note: &str) -> Option<u64> {
    let (log, rest) = note.strip_prefix("{\"log\":\"")?.split_at_checked(32)?;
    let (seq, _) = rest.strip_prefix("\",\"seq\":")?.split_once(',')?;
    let is_number = !seq.is_empty() && seq.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && !log.contains(['"', '\\']) { seq.parse().ok() } else { None }
}

/// What a [`Note`] says of the verdict, borrowed from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortNote<'a> {
    /// See [`Note::log`].
    pub log: &'a str,
    /// See [`Note::algorithm`].
    pub algorithm: Option<&'a str>,
    /// See [`Note::secret`].
    pub secret: Option<u8>,
    /// See [`Note::configuration`].
    pub configuration: u64,
}

impl<'a> ShortNote<'a> {
    /// Reads a note as [`write`](fn@super::write) writes almost all: in its order, without escapes, and without bytes of headers.
    pub(super) fn of(note: &'a str) -> Option<Self> {
        let (log, rest) = text(note.strip_prefix("{\"log\":\"")?)?;
        let (_, mut rest) = number::<u64>(rest.strip_prefix(",\"seq\":")?)?;
        if let Some(sender_id) = rest.strip_prefix(",\"sender_id\":\"") {
            (_, rest) = text(sender_id)?;
        }
        let (mut algorithm, mut secret) = (None, None);
        if let Some(name) = rest.strip_prefix(",\"algorithm\":\"") {
            let (name, behind) = text(name)?;
            (algorithm, rest) = (Some(name), behind);
        }
        if let Some(index) = rest.strip_prefix(",\"secret\":") {
            let (index, behind) = number(index)?;
            (secret, rest) = (Some(index), behind);
        }
        let (configuration, rest) = number(rest.strip_prefix(",\"configuration\":")?)?;
        (rest == "}").then_some(Self { log, algorithm, secret, configuration })
    }
}

/// A text of JSON behind its first quote, if nothing in it is escaped, and what comes behind it.
fn text(json: &str) -> Option<(&str, &str)> {
    let end = memchr::memchr2(b'"', b'\\', json.as_bytes())?;
    Some((&json[..end], json[end..].strip_prefix('"')?))
}

/// A number of JSON that has digits alone, and what comes behind it.
fn number<T: FromStr>(json: &str) -> Option<(T, &str)> {
    let digits = json.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = json.split_at(digits);
    Some((number.parse().ok()?, rest))
}
