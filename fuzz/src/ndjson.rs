//! Claims: a delivery record that was written as documented is read as it was written, however its texts are escaped and its
//! fields are ordered; one that was not is refused. No line makes the reader panic, and what it says shows no value. What is
//! read of a block of lines is what is read of each of them alone. A record that was read and is written is the same when it
//! is read again.

use std::collections::BTreeSet;

use arbitrary::{Arbitrary, Unstructured};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::records::{Record, Records, Text, UnixMicros};
use serde::de::IgnoredAny;
use serde_json::Value;

/// Stands in every value that must not be shown.
const HIDDEN: &str = "S3cr3tW0rd";

const NAMES: [&str; 9] =
    ["id", "connection", "method", "url", "headers", "body", "body_base64", "received_at", "countersignd"];

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Written(Written<'a>),
    Any(&'a [u8]),
}

#[derive(Arbitrary, Debug)]
struct Written<'a> {
    fields: Vec<Field<'a>>,
    /// What stands between the tokens.
    #[arbitrary(with = crate::setting::of(&["", " ", "\t", "\r", "  "]))]
    blank: &'static str,
    /// Which characters are written as `\u…`, by their lowest bits.
    escaped: u8,
}

#[derive(Arbitrary, Debug)]
enum Field<'a> {
    Id(&'a str),
    Connection(&'a str),
    Method(&'a str),
    Url(&'a str),
    Headers(Vec<(&'a str, &'a str)>, bool),
    Body(&'a str),
    BodyBase64(&'a [u8], bool),
    /// Seconds, with so many decimals.
    ReceivedAt(#[arbitrary(with = seconds)] i64, u32, u8),
    /// An object of the program that wrote the line, with a text in it.
    Extension(&'a str),
    /// A name that means nothing.
    Unknown(&'a str),
    /// A name with a value of another type.
    Mistyped(u8, u8),
}

/// What a record says.
#[derive(Debug, Default, PartialEq)]
struct Said {
    id: Option<String>,
    method: Option<String>,
    url: Option<String>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// In microseconds.
    received_at: Option<i64>,
}

/// Reads the line that `data` describes.
pub fn run(data: &[u8]) -> Option<u8> {
    match Input::arbitrary_take_rest(Unstructured::new(data)).ok()? {
        Input::Any(line) => Some(any(line)),
        Input::Written(written) => {
            let line = written.line();
            let expected = written.said();
            let read = read(line.as_bytes());
            match (&read, &expected) {
                (Ok(read), Some(expected)) => assert_eq!(read, expected, "{line}"),
                (Err(fault), None) => assert!(!fault.contains(HIDDEN) || written.names_hidden(), "shown: {fault}"),
                _ => panic!("{read:?} in place of {expected:?}: {line}"),
            }
            Some(if read.is_ok() { 0 } else { 64 })
        }
    }
}

/// Of a line that nobody has written on purpose, only what `serde_json` makes of it is known.
fn any(line: &[u8]) -> u8 {
    let value = serde_json::from_slice::<Value>(line).ok();
    match read(line) {
        Ok(said) => {
            let Some(value) = value else {
                // An extension is passed over, whatever numbers and escapes are in it.
                serde_json::from_slice::<IgnoredAny>(line).expect("it was read, so it is valid JSON");
                return 0;
            };
            assert_eq!(value["id"].as_str(), said.id.as_deref());
            let seconds = said.received_at.map(|micros| micros.div_euclid(1_000_000));
            let whole = value["received_at"].as_i64();
            assert!(whole.is_none() || whole == seconds, "{whole:?} {seconds:?}");
            assert_eq!(value["received_at"].is_number(), seconds.is_some());
            assert!(value["countersignd"].is_object() || value["countersignd"].is_null());
            let body = value["body"].as_str().map(|body| body.as_bytes().to_vec());
            assert_eq!(body.or_else(|| STANDARD.decode(value["body_base64"].as_str()?).ok()), Some(said.body));
            0
        }
        Err(fault) => {
            // It stops at the first fault, be it of the syntax or another.
            let syntax = fault.starts_with("not valid JSON");
            assert!(!syntax || value.is_none(), "the syntax is blamed: {fault}");
            assert!(!fault.chars().any(char::is_control), "{fault:?}");
            64
        }
    }
}

fn read(line: &[u8]) -> Result<Said, String> {
    block(line);
    let record = Record::read(line).map_err(|fault| fault.to_string())?;
    again(&record);
    let own = |text: &Text<'_>| text.as_str().to_owned();
    Ok(Said {
        id: record.id.as_ref().map(own),
        method: record.method.as_ref().map(own),
        url: record.url.as_ref().map(own),
        headers: record.headers.iter().map(|(name, value)| (own(name), own(value))).collect(),
        body: record.body.to_vec(),
        received_at: record.received_at.map(UnixMicros::get),
    })
}

/// Writes the record and reads it.
fn again(record: &Record<'_>) {
    let mut line = Vec::new();
    record.write_line(&mut line).expect("a vector takes everything");
    assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1, "{}", String::from_utf8_lossy(&line));
    assert_eq!(Record::read(&line).as_ref(), Ok(record), "{}", String::from_utf8_lossy(&line));
}

/// Reads the line (which may be several) among good ones.
fn block(line: &[u8]) {
    let good: &[u8] = br#"{"headers":{"X":"\n"},"body":"\t"}"#;
    let block = [good, line, good, line].join(&b'\n');
    let read = Records::new(&block, 2);
    let lines = (2..).zip(block.split(|byte| *byte == b'\n')).filter(|(_, line)| !line.trim_ascii().is_empty());
    let alone = lines.map(|(number, line)| (number, Record::read(line)));
    assert!(read.eq(alone), "{}", String::from_utf8_lossy(&block));
}

impl Written<'_> {
    fn line(&self) -> String {
        let blank = self.blank;
        let fields = self.fields.iter().map(|field| {
            let (name, value) = field.written(self);
            format!("{blank}{}{blank}:{blank}{value}{blank}", self.text(&name))
        });
        format!("{blank}{{{}}}{blank}", fields.collect::<Vec<_>>().join(","))
    }

    /// A JSON text.
    fn text(&self, text: &str) -> String {
        let mut written = String::from('"');
        for c in text.chars() {
            match c {
                '"' | '\\' => written.extend(['\\', c]),
                c if c.is_control() || (c as u32) & 7 == u32::from(self.escaped) => {
                    c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| written += &format!("\\u{unit:04X}"));
                }
                c => written.push(c),
            }
        }
        written + "\""
    }

    /// Whether a name that means nothing happens to be what is hidden in values. Names are shown.
    fn names_hidden(&self) -> bool {
        self.fields.iter().any(|field| matches!(field, Field::Unknown(name) if name.contains(HIDDEN)))
    }

    /// `None` if it must be refused.
    fn said(&self) -> Option<Said> {
        let (mut said, mut seen) = (Said::default(), BTreeSet::new());
        let (mut has_headers, mut bodies) = (false, 0);
        for field in &self.fields {
            if !seen.insert(field.written(self).0) {
                return None;
            }
            match field {
                Field::Id(text) => said.id = Some((*text).to_owned()),
                Field::Method(text) => said.method = Some((*text).to_owned()),
                Field::Url(text) => said.url = Some((*text).to_owned()),
                Field::Connection(_) => {}
                Field::Headers(lines, _) => {
                    has_headers = true;
                    said.headers = lines.iter().map(|(name, value)| ((*name).to_owned(), hidden(value))).collect();
                }
                Field::Body(text) => {
                    bodies += 1;
                    said.body = hidden(text).into_bytes();
                }
                Field::BodyBase64(bytes, is_whole) => {
                    bodies += 1;
                    said.body = bytes.to_vec();
                    if !is_whole {
                        return None;
                    }
                }
                Field::ReceivedAt(seconds, fraction, decimals) => {
                    said.received_at = Some(micros(*seconds, *fraction, *decimals)?);
                }
                Field::Extension(_) => {}
                Field::Unknown(_) | Field::Mistyped(..) => return None,
            }
        }
        (has_headers && bodies == 1).then_some(said)
    }
}

impl Field<'_> {
    /// The name, and the value in JSON.
    fn written(&self, form: &Written<'_>) -> (String, String) {
        let pair = |(name, value): &(&str, &str), between: &str| {
            format!("{}{between}{}", form.text(name), form.text(&hidden(value)))
        };
        match self {
            Self::Id(text) => ("id".into(), form.text(text)),
            Self::Connection(text) => ("connection".into(), form.text(text)),
            Self::Method(text) => ("method".into(), form.text(text)),
            Self::Url(text) => ("url".into(), form.text(text)),
            Self::Headers(lines, true) => {
                let lines: Vec<_> = lines.iter().map(|line| format!("[{}]", pair(line, ","))).collect();
                ("headers".into(), format!("[{}]", lines.join(",")))
            }
            Self::Headers(lines, false) => {
                let lines: Vec<_> = lines.iter().map(|line| pair(line, ":")).collect();
                ("headers".into(), format!("{{{}}}", lines.join(",")))
            }
            Self::Body(text) => ("body".into(), form.text(&hidden(text))),
            Self::BodyBase64(bytes, is_whole) => {
                let text = STANDARD.encode(bytes);
                ("body_base64".into(), form.text(&if *is_whole { text } else { text + "*" }))
            }
            Self::ReceivedAt(seconds, fraction, decimals) => {
                let decimals = self::decimals(*fraction, *decimals);
                let dot = if decimals.is_empty() { "" } else { "." };
                ("received_at".into(), format!("{seconds}{dot}{decimals}"))
            }
            Self::Extension(text) => {
                let text = form.text(&hidden(text));
                ("countersignd".into(), format!("{{{0}\"a\"{0}:[{text}{0},1e400]}}", form.blank))
            }
            Self::Unknown(name) if NAMES.contains(name) => (format!("{name}s"), form.text(HIDDEN)),
            Self::Unknown(name) => ((*name).into(), form.text(HIDDEN)),
            Self::Mistyped(name, value) => {
                let name = NAMES[usize::from(*name) % NAMES.len()];
                let values =
                    [format!("[[\"{HIDDEN}\"]]"), format!("[{{\"{HIDDEN}\": 1}}]"), "true".into(), "1.5e0".into()];
                (name.into(), values[usize::from(*value) % values.len()].clone())
            }
        }
    }
}

/// Twice as far as a record reaches.
fn seconds(data: &mut Unstructured<'_>) -> arbitrary::Result<i64> {
    Ok(i64::arbitrary(data)? % (2 * (i64::MAX / 1_000_000)))
}

/// Up to eight digits, which are the last of `fraction`.
fn decimals(fraction: u32, count: u8) -> String {
    let digits = format!("{fraction:08}");
    digits[digits.len() - usize::from(count % 9)..].to_owned()
}

/// The moment, by plain arithmetic with more room; `None` if there are too many decimals, or too many seconds.
fn micros(seconds: i64, fraction: u32, count: u8) -> Option<i64> {
    let decimals = decimals(fraction, count);
    let fraction: i128 = format!("{decimals:0<6}").parse().ok().filter(|_| decimals.len() <= 6)?;
    let whole = i128::from(seconds) * 1_000_000;
    let micros = i64::try_from(if seconds < 0 { whole - fraction } else { whole + fraction }).ok()?;
    Some(micros).filter(|micros| *micros <= UnixMicros::MAX.get())
}

fn hidden(value: &str) -> String {
    format!("{HIDDEN}{value}")
}
