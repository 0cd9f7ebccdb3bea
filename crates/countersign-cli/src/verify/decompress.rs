//! Compressed files: gzip and Zstandard, known by their first bytes and decompressed while they are read.
//!
//! The thread that reads does it, beside those that verify. It holds a few hundred KiB, and of Zstandard the window that the
//! file asks for, up to [`WINDOW_LOG`].

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use crate::input::Input;
use crate::terminal::grouped;

/// How much of the compressed file is read at a time.
const PIECE: usize = 128 << 10;
/// Windows of Zstandard up to 128 MiB: as many as `zstd` itself takes without being asked to, and more than it makes without.
const WINDOW_LOG: u32 = 27;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zstandard,
}

impl Compression {
    /// By the first bytes of a file.
    pub(super) fn of(start: &[u8]) -> Option<Self> {
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

/// What a compressed input holds: all members of gzip, all frames of Zstandard, one behind the other.
pub(super) fn decompress(input: Input, compression: Compression) -> io::Result<Input> {
    let (name, length) = (input.name.clone(), input.length);
    let read = Arc::new(AtomicU64::new(0));
    let source = Counted { source: BufReader::with_capacity(PIECE, input), read: Arc::clone(&read) };
    let decoder: Box<dyn Read + Send> = match compression {
        Compression::Gzip => Box::new(MultiGzDecoder::new(source)),
        Compression::Zstandard => {
            let mut decoder = zstd::Decoder::with_buffer(source)?;
            decoder.window_log_max(WINDOW_LOG)?;
            Box::new(decoder)
        }
    };
    let source = Decompressor { decoder, compression, read: Arc::clone(&read) };
    Ok(Input::decompressed(name, length, Box::new(source), read))
}

/// Says of every error of the decoder where it is.
struct Decompressor {
    decoder: Box<dyn Read + Send>,
    compression: Compression,
    read: Arc<AtomicU64>,
}

impl Read for Decompressor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.decoder.read(buffer).map_err(|error| self.describe(error))
    }
}

impl Decompressor {
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
                "its {name} data needs a window of more than 128 MiB; undo it first: zstd -dc --long=31 FILE | countersign \
                 verify … --deliveries -"
            )
        } else {
            // The decoder may have taken the piece with the fault, or not yet.
            format!("its {name} data is broken, which shows near byte {byte} ({text})")
        };
        io::Error::new(error.kind(), message)
    }
}

/// Counts what was read of a file.
struct Counted<R> {
    source: R,
    read: Arc<AtomicU64>,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read(buffer)?;
        self.read.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.source.fill_buf()
    }

    fn consume(&mut self, length: usize) {
        self.read.fetch_add(length as u64, Ordering::Relaxed);
        self.source.consume(length);
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
