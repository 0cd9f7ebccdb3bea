//! One line of a file of deliveries.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::json::{Fault, Reader};

/// A name or value of a header line.
#[derive(Debug)]
pub(super) struct Text<'a>(Cow<'a, str>);

impl AsRef<[u8]> for Text<'_> {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// A header line.
pub(super) type Header<'a> = (Text<'a>, Text<'a>);

/// A delivery, but for its headers and body, which are in the buffers given to [`Record::read`].
#[derive(Debug, Default)]
pub(super) struct Record<'a> {
    pub(super) id: Option<Cow<'a, str>>,
    pub(super) method: Option<Cow<'a, str>>,
    pub(super) url: Option<Cow<'a, str>>,
    pub(super) received_at: Option<i64>,
    pub(super) body_length: usize,
}

const FIELDS: [&str; 8] = ["id", "connection", "method", "url", "headers", "body", "body_base64", "received_at"];

impl<'a> Record<'a> {
    /// Reads a line. `headers` is emptied first; the body goes to the beginning of `body`. Both are the caller's, so that
    /// there is nothing to allocate for each line.
    pub(super) fn read(line: &'a [u8], headers: &mut Vec<Header<'a>>, body: &mut Vec<u8>) -> Result<Self, Fault> {
        let text = std::str::from_utf8(line).map_err(|error| not_utf8(line, error.valid_up_to()))?;
        headers.clear();
        let mut record = Self::default();
        let mut seen = [false; FIELDS.len()];
        let mut reader = Reader::new(text);
        reader.object(|reader, name| {
            let Some(index) = FIELDS.iter().position(|field| *field == name) else {
                return Err(unknown(&name));
            };
            let field = FIELDS[index];
            if std::mem::replace(&mut seen[index], true) {
                return Err(Fault::new("stands twice; only one can count").in_field(field));
            }
            record.read_field(reader, field, headers, body).map_err(|fault| fault.in_field(field))
        })?;
        reader.end()?;
        let [_, _, _, _, has_headers, has_body, has_base64, _] = seen;
        match (has_headers, has_body, has_base64) {
            (false, ..) => Err(Fault::new("the field \"headers\" is missing")),
            (_, false, false) => Err(Fault::new("the body is missing; give \"body\" or \"body_base64\"")),
            (_, true, true) => Err(Fault::new("\"body\" and \"body_base64\" are both given; give one of them")),
            _ => Ok(record),
        }
    }

    fn read_field(
        &mut self,
        reader: &mut Reader<'a>,
        field: &str,
        headers: &mut Vec<Header<'a>>,
        body: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        match field {
            "id" => self.id = Some(reader.text()?),
            "method" => self.method = Some(reader.text()?),
            "url" => self.url = Some(reader.text()?),
            "headers" => read_headers(reader, headers)?,
            "body" => self.body_length = reader.text_into(body)?,
            "body_base64" => self.body_length = decode(&reader.text()?, body)?,
            "received_at" => self.received_at = Some(reader.integer()?),
            // Whose delivery it is: a word for the reader of the file.
            _ => drop(reader.text()?),
        }
        Ok(())
    }
}

/// Either an object, or a list of pairs. A name that stands twice in an object is two header lines.
fn read_headers<'a>(reader: &mut Reader<'a>, headers: &mut Vec<Header<'a>>) -> Result<(), Fault> {
    match reader.peek() {
        Some(b'{') => reader.object(|reader, name| {
            headers.push((Text(name), Text(reader.text()?)));
            Ok(())
        }),
        Some(b'[') => reader.list(|reader| {
            let mut pair = [None, None];
            let mut count = 0;
            reader.list(|reader| {
                let text = reader.text()?;
                if let Some(slot) = pair.get_mut(count) {
                    *slot = Some(Text(text));
                }
                count += 1;
                Ok(())
            })?;
            match (count, pair) {
                (2, [Some(name), Some(value)]) => headers.push((name, value)),
                _ => return Err(Fault::new(format!("found a list of {count}; expected pairs [\"Name\", \"value\"]"))),
            }
            Ok(())
        }),
        _ => Err(reader.expected("an object, or a list of pairs")),
    }
}

fn decode(text: &str, body: &mut Vec<u8>) -> Result<usize, Fault> {
    let room = base64::decoded_len_estimate(text.len());
    if body.len() < room {
        body.resize(room, 0);
    }
    STANDARD.decode_slice(text, body).map_err(|_| Fault::new("not valid base64 (standard alphabet, with padding)"))
}

#[cold]
fn not_utf8(line: &[u8], valid: usize) -> Fault {
    let column = 1 + String::from_utf8_lossy(&line[..valid]).chars().count();
    Fault::new(format!("not UTF-8 in column {column}; a body that is not UTF-8 goes into \"body_base64\""))
}

#[cold]
fn unknown(name: &str) -> Fault {
    // Only the beginning of a long name is shown or compared.
    let short: String = name.chars().take(40).collect();
    let nearest = FIELDS
        .into_iter()
        .map(|field| (strsim::damerau_levenshtein(&short.to_ascii_lowercase(), field), field))
        .min()
        .filter(|(distance, field)| *distance <= field.len() / 3)
        .map_or_else(String::new, |(_, field)| format!("; did you mean \"{field}\"?"));
    Fault::new(format!("unknown field {short:?}{nearest}"))
}

#[cfg(test)]
mod tests;
