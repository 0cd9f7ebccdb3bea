//! Compressed files: gzip and Zstandard, known by their first bytes and decompressed while they are read.
//!
//! The thread that reads does it, beside those that verify. It holds a few hundred KiB, and of Zstandard the window that the
//! file asks for, up to [`WINDOW_LOG`].

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::GzDecoder;

use crate::input::Input;
use crate::terminal::grouped;

/// How much of the compressed file is read at a time.
const PIECE: usize = 128 << 10;
/// How many bytes make a member or frame known.
const MAGIC: usize = 4;
/// Windows of Zstandard up to 128 MiB: as many as `zstd` itself takes without being asked to, and more than it makes without.
const WINDOW_LOG: u32 = 27;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    Gzip,
    Zstandard,
}

impl Compression {
    /// By the first bytes of a file.
    pub(crate) fn of(start: &[u8]) -> Option<Self> {
        match start {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // A frame (RFC 8878, section 3.1.1), or one to be skipped, as some programs put before it (3.1.2).
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstandard),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstandard => "Zstandard",
        }
    }
}

/// What a compressed input holds: all members of gzip, all frames of Zstandard, one behind the other. Zeros behind the last one
/// are passed over, as `gzip` does: tapes and disk images are padded with them.
pub(crate) fn decompress(input: Input, compression: Compression) -> io::Result<Input> {
    let (name, length) = (input.name.clone(), input.length);
    let read = Arc::new(AtomicU64::new(0));
    let reader = BufReader::with_capacity(PIECE, input);
    let source = Source { reader, peeked: Vec::new(), read: Arc::clone(&read) };
    let part = Part::begin(compression, source)?;
    let source = Decompressor { part: Some(part), compression, read: Arc::clone(&read) };
    Ok(Input::decompressed(name, length, Box::new(source), read))
}

/// A member of gzip, or a frame of Zstandard.
#[expect(clippy::large_enum_variant, reason = "there is one of it")]
enum Part {
    Gzip(GzDecoder<Source>),
    Zstandard(zstd::Decoder<'static, Source>),
}

impl Part {
    fn begin(compression: Compression, source: Source) -> io::Result<Self> {
        Ok(match compression {
            Compression::Gzip => Self::Gzip(GzDecoder::new(source)),
            Compression::Zstandard => {
                let mut decoder = zstd::Decoder::with_buffer(source)?.single_frame();
                decoder.window_log_max(WINDOW_LOG)?;
                Self::Zstandard(decoder)
            }
        })
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(decoder) => decoder.read(buffer),
            Self::Zstandard(decoder) => decoder.read(buffer),
        }
    }

    /// The rest of the file.
    fn into_source(self) -> Source {
        match self {
            Self::Gzip(decoder) => decoder.into_inner(),
            Self::Zstandard(decoder) => decoder.finish(),
        }
    }
}

/// Reads one part after the other, and says of every error where it is.
struct Decompressor {
    /// `None` at the end of the file.
    part: Option<Part>,
    compression: Compression,
    read: Arc<AtomicU64>,
}

impl Read for Decompressor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(part) = &mut self.part {
            let length = part.read(buffer).map_err(|error| self.describe(error))?;
            if length > 0 || buffer.is_empty() {
                return Ok(length);
            }
            if let Some(part) = self.part.take() {
                self.part = self.next(part.into_source())?;
            }
        }
        Ok(0)
    }
}

impl Decompressor {
    /// The part that begins here; `None` if nothing follows, or zeros alone.
    fn next(&self, mut source: Source) -> io::Result<Option<Part>> {
        let start = source.peek()?;
        if start.is_empty() {
            return Ok(None);
        }
        // The first bytes of a part, or of one that is cut off.
        let magic: &[&[u8]] = match self.compression {
            Compression::Gzip => &[b"\x1f\x8b"],
            Compression::Zstandard => &[b"\x28\xb5\x2f\xfd"],
        };
        let is_cut_off = start.len() < MAGIC && magic.iter().any(|magic| magic.starts_with(start));
        if is_cut_off || Compression::of(start) == Some(self.compression) {
            return Part::begin(self.compression, source).map(Some);
        }
        let place = self.read.load(Ordering::Relaxed);
        let zeros = source.pass_over_zeros()?;
        let found = match source.peek()? {
            [] => return Ok(None),
            found => found.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
        };
        let (name, place) = (self.compression.name(), grouped(place));
        let zeros = match zeros {
            0 => String::new(),
            1 => "a zero byte and then ".to_owned(),
            _ => format!("{} zero bytes and then ", grouped(zeros)),
        };
        let message = format!(
            "its {name} data ends at byte {place}, and behind it stands {zeros}something else, which begins with the bytes {found}; \
             the lines before it are verified"
        );
        Err(io::Error::new(io::ErrorKind::InvalidData, message))
    }

    #[cold]
    fn describe(&self, error: io::Error) -> io::Error {
        // The file itself could not be read, or not yet.
        if error.raw_os_error().is_some() || error.kind() == io::ErrorKind::Interrupted {
            return error;
        }
        let name = self.compression.name();
        let byte = grouped(self.read.load(Ordering::Relaxed));
        let text = error.to_string();
        let message = if error.kind() == io::ErrorKind::UnexpectedEof {
            format!("its {name} data is cut off at byte {byte}, so the file is not whole")
        } else if text.contains("too much memory") {
            format!(
                "its {name} data needs a window of more than 128 MiB; undo it first: set -o pipefail; zstd -dc --long=31 FILE | countersign \
                 verify … --deliveries -"
            )
        } else {
            // The decoder may have taken the piece with the fault, or not yet.
            format!("its {name} data is broken, which shows near byte {byte} ({text})")
        };
        io::Error::new(error.kind(), message)
    }
}

/// A compressed file, of which the bytes are counted that were read.
struct Source {
    reader: BufReader<Input>,
    /// What was looked at before it is read. It is not counted yet.
    peeked: Vec<u8>,
    read: Arc<AtomicU64>,
}

impl Source {
    /// The next bytes, which are still to be read: as many as make a part known, fewer if there are no more.
    fn peek(&mut self) -> io::Result<&[u8]> {
        let missing = MAGIC.saturating_sub(self.peeked.len());
        self.reader.by_ref().take(missing as u64).read_to_end(&mut self.peeked)?;
        Ok(&self.peeked)
    }

    /// Reads zeros as long as there are any; how many there were.
    fn pass_over_zeros(&mut self) -> io::Result<u64> {
        let mut count = 0;
        loop {
            let bytes = self.fill_buf()?;
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            if zeros == 0 {
                return Ok(count);
            }
            count += zeros as u64;
            self.consume(zeros);
        }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Source {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.peeked.is_empty() { self.reader.fill_buf() } else { Ok(&self.peeked) }
    }

    fn consume(&mut self, length: usize) {
        self.read.fetch_add(length as u64, Ordering::Relaxed);
        if self.peeked.is_empty() {
            self.reader.consume(length);
        } else {
            self.peeked.drain(..length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_compressed_files_are_decompressed() {
        for start in [&b""[..], b"\x1f", b"\x28\xb5\x2f", b"{", b"\xef\xbb\xbf{", b"BZh9", b"\x60\x2a\x4d\x18"] {
            assert_eq!(Compression::of(start), None, "{start:?}");
        }
    }
}
