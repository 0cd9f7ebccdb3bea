//! The records of a block of lines.

use std::fmt;

use serde_json::StreamDeserializer;
use serde_json::de::StrRead;

use super::error::RecordError;
use super::fields::Fields;
use super::record::Record;

/// Reads the lines of a block, such as a whole file: an iterator of each line that is not blank, with its number and the
/// record that it holds, or what is wrong with it. A line with a fault does not end it.
///
/// It reads as [`Record::read`] does, and faster. A file that does not fit into memory is read in blocks of whole lines.
// Almost all lines are read by one deserializer for the whole block, whose room for unescaped texts serves all of them. A
// deserializer for each line would ask for such room in ever larger pieces, of an allocator that the workers share.
pub struct Records<'a> {
    bytes: &'a [u8],
    /// The same, if all of it is UTF-8.
    text: Option<&'a str>,
    /// Reads on behind the line before, which began at the place beside it or further on.
    stream: Option<(usize, StreamDeserializer<'a, StrRead<'a>, Fields<'a>>)>,
    /// Where the next line begins.
    start: usize,
    number: u64,
}

impl<'a> Records<'a> {
    /// The records of whole lines, of which the first has the number `first_line`. A byte order mark is passed over before
    /// line 1 only. The last line may lack its newline.
    #[must_use]
    pub fn new(bytes: &'a [u8], first_line: u64) -> Self {
        // Some programs put a byte order mark in front of the first line.
        let mark = if first_line == 1 && bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        Self { bytes, text: std::str::from_utf8(bytes).ok(), stream: None, start: mark, number: first_line }
    }

    /// Reads the record from `start` to `end`, if the stream can.
    fn stream(&mut self, start: usize, end: usize) -> Option<Fields<'a>> {
        let text = self.text?;
        // Serde would take a list of values too. Read alone, such a line is refused.
        if !text[start..end].trim_ascii_start().starts_with('{') {
            return None;
        }
        let open = || (start, serde_json::Deserializer::from_str(&text[start..]).into_iter());
        let (opened, stream) = self.stream.get_or_insert_with(open);
        let fields = stream.next()?.ok()?;
        // It must end in its line, and nothing else may stand there.
        let behind = self.bytes.get(*opened + stream.byte_offset()..end)?;
        behind.iter().all(|byte| b" \t\r".contains(byte)).then_some(fields)
    }
}

impl fmt::Debug for Records<'_> {
    /// Leaves out the lines, which hold headers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").field("line", &self.number).finish_non_exhaustive()
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = (u64, Result<Record<'a>, RecordError>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (start, number) = (self.start, self.number);
            let rest = self.bytes.get(start..)?;
            let end = memchr::memchr(b'\n', rest).map_or(self.bytes.len(), |newline| start + newline);
            (self.start, self.number) = (end + 1, number + 1);
            let line = &self.bytes[start..end];
            if line.trim_ascii().is_empty() {
                continue;
            }
            let record = if let Some(fields) = self.stream(start, end) {
                fields.record()
            } else {
                self.stream = None;
                Record::read(line)
            };
            return Some((number, record));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of a block must be what is read of each line alone.
    fn check(block: &[u8]) {
        let read: Vec<_> = Records::new(block, 2).collect();
        let lines = (2..).zip(block.split(|byte| *byte == b'\n'));
        let alone: Vec<_> = lines
            .filter(|(_, line)| !line.trim_ascii().is_empty())
            .map(|(number, line)| (number, Record::read(line)))
            .collect();
        assert_eq!(read, alone, "{}", String::from_utf8_lossy(block));
    }

    const LINES: [&[u8]; 19] = [
        br#"{"id":"a","headers":{"X":"1"},"body":"b\n\u00e9"}"#,
        b" {\"headers\":[[\"X\",\"\xc3\xa9\"]],\"body_base64\":\"\"} \t\r",
        b"",
        b" \t",
        b"\x0c",
        br#"{"headers":{},"body":""} {"headers":{},"body":""}"#,
        br#"{"headers":{},"body":"" "#,
        br#"{"headers":{"#,
        br#""X":"1"},"body":"b"}"#,
        br#"{"headers":{},"#,
        br#""body":"\ud800"}"#,
        br#"{"headers":{},"body":7}"#,
        br#"{"headers":{}}"#,
        br#"{"headers":{},"body":"","received_at":1.25,"countersignd":{"a":[1]}}"#,
        b"\xff",
        b"[]",
        br#"["id",null,null,null,{},"body",null,null,null]"#,
        b"\x0c{\"headers\":{},\"body\":\"\"}",
        b"{\"headers\":{},\"body\":\"\"}\x0c",
    ];

    #[test]
    fn a_block_is_read_as_its_lines_are() {
        for first in LINES {
            for second in LINES {
                for third in LINES {
                    let block = [first, second, third].join(&b'\n');
                    check(&block);
                    check(&[&block[..], b"\n"].concat());
                }
            }
        }
    }

    #[test]
    fn a_byte_order_mark_may_stand_at_the_very_beginning() {
        let block = b"\xef\xbb\xbf{\"headers\":{},\"body\":\"\"}\n\xef\xbb\xbf{\"headers\":{},\"body\":\"\"}\n";
        let read =
            |first| Records::new(block, first).map(|(number, record)| (number, record.is_ok())).collect::<Vec<_>>();
        assert_eq!(read(1), [(1, true), (2, false)]);
        assert_eq!(read(2), [(2, false), (3, false)]);
    }
}
