//! The lines of the archive: an event of the inbox as a [record](countersign::records), and back.

mod note;

use std::borrow::Cow;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::records::{Record, Records, Text, UnixMicros};
use countersign_inbox::StoredEvent;
use countersign_tables::Event;
use http::Method;
use uuid::Uuid;

pub use self::note::{Note, ShortNote};
use self::note::{seq_of, write_note};
use crate::head::Head;
use crate::verdict::StoredVerdict;

/// As many headers as a usual event has at most: their list is then allocated once.
const USUAL_HEADERS: usize = 8;

/// Appends the line of an event; `log` is the id of its log in text.
///
/// # Errors
/// If head or verdict are of a later version, which says that this program is older than the inbox.
pub fn write(stored: &StoredEvent, log: &str, lines: &mut Vec<u8>) -> Result<(), String> {
    write_and_keep(stored, log, lines, |_| {})
}

/// As [`write`](fn@write), and gives `keep` the event that [`ArchivedEvent::read`] would read from the line, as tables take it.
///
/// # Errors
/// Likewise.
pub fn write_and_keep(
    stored: &StoredEvent,
    log: &str,
    lines: &mut Vec<u8>,
    keep: impl FnOnce(&Event<'_>),
) -> Result<(), String> {
    let event = stored.event();
    let unknown = |part: &str| {
        format!("the {part} of event {} of log {log} is not in an encoding that this version knows", stored.seq)
    };
    let head = Head::decode(event.head).ok_or_else(|| unknown("head"))?;
    let verdict = StoredVerdict::decode(event.verdict).ok_or_else(|| unknown("verdict"))?;
    let (mut headers, mut header_bytes) = (Vec::with_capacity(USUAL_HEADERS), Vec::new());
    for (place, (name, value)) in head.headers().enumerate() {
        let text = String::from_utf8_lossy(value);
        // It is borrowed if it is text.
        if let Cow::Owned(_) = &text {
            header_bytes.push((place, STANDARD.encode(value)));
        }
        headers.push((Text::from(name), Text::from(text)));
    }
    // The query of a GET stands in the URL; what the sender signed is an empty body.
    let is_get = head.method == Method::GET.as_str();
    let mut record = Record::new(headers, if is_get { &[][..] } else { event.body });
    let mut id = Uuid::encode_buffer();
    let id: &str = Uuid::from_bytes(event.id).hyphenated().encode_lower(&mut id);
    record.id = Some(Text::from(id));
    record.connection = Some(Text::from(event.connection));
    record.method = Some(Text::from(head.method));
    record.url = Some(Text::from(head.url));
    // A clock that is wrong by millennia loses no event.
    let received_at = UnixMicros::new(event.received_at).min(UnixMicros::MAX);
    record.received_at = Some(received_at);
    let note = Note {
        log,
        seq: stored.seq,
        sender_id: head.sender_id.map(Cow::Borrowed),
        algorithm: verdict.algorithm.map(countersign::Algorithm::name),
        secret: verdict.secret_index,
        configuration: verdict.configuration,
        header_bytes,
    };
    let begin = lines.len();
    if let Err(error) = write_with_note(&record, &note, lines) {
        lines.truncate(begin);
        return Err(error.to_string());
    }
    // A record that was written is read as the same record.
    let event =
        ArchivedEvent { id: Uuid::from_bytes(event.id), seq: stored.seq, received_at: received_at.get(), record };
    keep(&event.event());
    Ok(())
}

/// Writes the line of a record that has no extension, and in it the note as its extension. As an [`Extension`](countersign::records::Extension)
/// of the record, the note would be allocated and parsed, for each event.
fn write_with_note(record: &Record<'_>, note: &Note<'_>, lines: &mut Vec<u8>) -> io::Result<()> {
    const END: &[u8] = b"}\n";
    record.write_line(&mut *lines)?;
    // The extension is the last field.
    lines.truncate(lines.len() - END.len());
    lines.extend_from_slice(b",\"countersignd\":");
    write_note(note, lines)?;
    lines.extend_from_slice(END);
    Ok(())
}

/// An event, as it is read from a line.
#[derive(Debug)]
pub struct ArchivedEvent<'a> {
    /// The delivery.
    pub record: Record<'a>,
    /// The `_id`.
    pub id: Uuid,
    /// The place of the event in its log.
    pub seq: u64,
    /// When it was received, in microseconds since 1970.
    pub received_at: i64,
}

impl<'a> ArchivedEvent<'a> {
    /// Reads a line, without its end.
    ///
    /// # Errors
    /// What is wrong with it: no line that [`write`](fn@write) has written is refused.
    pub fn read(line: &'a [u8]) -> Result<Self, String> {
        Self::of(Record::read(line).map_err(|error| error.to_string())?)
    }

    /// Reads whole lines, as [`read`](Self::read) does each.
    pub fn read_block(lines: &'a [u8]) -> impl Iterator<Item = Result<Self, String>> {
        // Not as the first line, before which a byte order mark may stand.
        let records = Records::new(lines, 2).map(|(_, record)| record.map_err(|error| error.to_string()));
        records.map(|record| record.and_then(Self::of))
    }

    /// The event of a record.
    fn of(record: Record<'a>) -> Result<Self, String> {
        let missing = |field: &str| format!("{field} is missing");
        let id = record.id.as_deref().and_then(|id| Uuid::parse_str(id).ok()).ok_or_else(|| missing("the id"))?;
        let received_at = record.received_at.ok_or_else(|| missing("received_at"))?.get();
        let mut event = Self { id, seq: 0, received_at, record };
        event.seq = match event.record.extension.as_ref().and_then(|note| seq_of(note.as_str())) {
            Some(seq) => seq,
            None => event.note()?.seq,
        };
        Ok(event)
    }

    /// What the line says beside the delivery.
    ///
    /// # Errors
    /// If it is not there, or is not ours.
    pub fn note(&self) -> Result<Note<'_>, String> {
        let extension = self.record.extension.as_ref().ok_or("countersignd is missing")?;
        serde_json::from_str(extension.as_str()).map_err(|error| format!("countersignd: {error}"))
    }

    /// What the line says of the verdict.
    ///
    /// # Errors
    /// As of [`note`](Self::note).
    pub fn short_note(&self) -> Result<ShortNote<'_>, String> {
        if let Some(note) = self.record.extension.as_ref().and_then(|note| ShortNote::of(note.as_str())) {
            return Ok(note);
        }
        let Note { log, algorithm, secret, configuration, .. } = self.note()?;
        Ok(ShortNote { log, algorithm, secret, configuration })
    }

    /// The event, as tables take it.
    #[must_use]
    pub fn event(&self) -> Event<'_> {
        Event {
            seq: self.seq,
            id: *self.id.as_bytes(),
            received_at: self.received_at,
            content_type: self.header("content-type"),
            content_encoding: self.header("content-encoding"),
            is_query: self.is_get(),
            body: self.content(),
        }
    }

    /// Whether it was a GET.
    #[must_use]
    pub fn is_get(&self) -> bool {
        self.record.method.as_deref() == Some(Method::GET.as_str())
    }

    /// What the event says: the body, or the query of a GET.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        if !self.is_get() {
            return &self.record.body;
        }
        let url = self.record.url.as_deref().unwrap_or_default();
        url.split_once('?').map_or("", |(_, query)| query).as_bytes()
    }

    /// The first value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let of_name = |(other, _): &&(Text<'_>, Text<'_>)| other.eq_ignore_ascii_case(name);
        self.record.headers.iter().find(of_name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use countersign::records::Extension;

    use super::*;

    /// What completes a line must be what a record with an extension is written as.
    #[test]
    fn a_line_is_a_record_with_its_note() {
        let mut notes = Vec::new();
        for sender_id in
            [None, Some(""), Some("evt_1"), Some("Zoë"), Some("a \"quoted\"\nid"), Some("a\\b"), Some("\u{1f}")]
        {
            for (algorithm, secret) in [(None, None), (Some("SHA_256"), Some(0)), (None, Some(255))] {
                for header_bytes in [Vec::new(), vec![(1, "/w==".to_owned()), (3, String::new())]] {
                    let (sender_id, seq) = (sender_id.map(Cow::Borrowed), notes.len() as u64 * 1_000);
                    let log = "0192ab0192ab0192ab0192ab0192ab00";
                    notes.push(Note { log, seq, sender_id, algorithm, secret, configuration: u64::MAX, header_bytes });
                }
            }
        }
        for note in notes {
            for received_at in [None, Some(UnixMicros::new(1_500_000))] {
                let mut record = Record::new(vec![(Text::from("a"), Text::from("b"))], &b"{}"[..]);
                record.received_at = received_at;
                let mut lines = b"another line\n".to_vec();
                write_with_note(&record, &note, &mut lines).unwrap();
                let text = serde_json::to_string(&note).unwrap();
                record.extension = Some(Extension::new(&text).unwrap());
                let mut expected = b"another line\n".to_vec();
                record.write_line(&mut expected).unwrap();
                assert_eq!(String::from_utf8(lines), String::from_utf8(expected));
            }
        }
    }

    #[test]
    fn the_seq_is_read_without_the_rest_of_the_note_or_with_it() {
        let log = "0192ab0192ab0192ab0192ab0192ab00";
        let note = Note {
            log,
            seq: 4711,
            sender_id: Some(Cow::Borrowed("a,\"b")),
            algorithm: None,
            secret: None,
            configuration: 7,
            header_bytes: Vec::new(),
        };
        let written = serde_json::to_string(&note).unwrap();
        assert_eq!(seq_of(&written), Some(4711));
        let line =
            |note: &str| format!(r#"{{"id":"{log}","headers":[],"body":"","received_at":1,"countersignd":{note}}}"#);
        for other in [
            format!(r#"{{"seq":4711,"log":"{log}","configuration":7}}"#),
            format!(r#"{{"log": "{log}", "seq": 4711, "configuration": 7}}"#),
            r#"{"log":"","seq":4711,"configuration":7}"#.to_owned(),
        ] {
            assert_eq!(seq_of(&other), None, "{other}");
            assert_eq!(ArchivedEvent::read(line(&other).as_bytes()).unwrap().seq, 4711, "{other}");
        }
        assert_eq!(ArchivedEvent::read(line(&written).as_bytes()).unwrap().seq, 4711);
        for wrong in ["-1", "1.0", "x", "99999999999999999999", "01"] {
            let note = format!(r#"{{"log":"{log}","seq":{wrong},"configuration":7}}"#);
            assert!(ArchivedEvent::read(line(&note).as_bytes()).is_err(), "{wrong}");
        }
    }

    /// A short note must be what the whole note says, however that is written.
    #[test]
    fn a_short_note_is_part_of_the_note() {
        let check = |note: &str, is_short: bool| {
            assert_eq!(ShortNote::of(note).is_some(), is_short, "{note}");
            let line = format!(
                r#"{{"id":"0192ab0192ab0192ab0192ab0192ab00","headers":[],"body":"","received_at":1,"countersignd":{note}}}"#
            );
            let event = ArchivedEvent::read(line.as_bytes()).unwrap();
            let of_note = event.note().map(|Note { log, algorithm, secret, configuration, .. }| ShortNote {
                log,
                algorithm,
                secret,
                configuration,
            });
            assert_eq!(event.short_note(), of_note, "{note}");
        };
        for sender_id in [None, Some("evt_1"), Some(""), Some("a\",\"algorithm\":\"MD5\"")] {
            for algorithm in [None, Some("SHA_256")] {
                for secret in [None, Some(0), Some(255)] {
                    for header_bytes in [Vec::new(), vec![(1, "/w==".to_owned())]] {
                        let note = Note {
                            log: "0192ab0192ab0192ab0192ab0192ab00",
                            seq: 4711,
                            sender_id: sender_id.map(Cow::Borrowed),
                            algorithm,
                            secret,
                            configuration: u64::MAX,
                            header_bytes,
                        };
                        let is_short = note.header_bytes.is_empty() && !sender_id.is_some_and(|id| id.contains('"'));
                        check(&serde_json::to_string(&note).unwrap(), is_short);
                    }
                }
            }
        }
        for other in [
            r#"{"seq":1,"log":"LOG","configuration":7,"algorithm":"MD5"}"#,
            r#"{"log":"LOG","seq":1,"configuration":7 }"#,
            r#"{"log":"LOG","seq":1,"secret":256,"configuration":7}"#,
            r#"{"log":"LOG","seq":1,"configuration":18446744073709551616}"#,
            r#"{"log":"LOG","seq":1,"algorithm":"\u004dD5","configuration":7}"#,
            r#"{"log":"LOG","seq":1,"configuration":7,"configuration":8}"#,
            r#"{"log":"LOG","seq":1,"configuration":7,"later":8}"#,
        ] {
            check(&other.replace("LOG", "0192ab0192ab0192ab0192ab0192ab00"), false);
        }
    }
}
