//! An object of the archive: the events of one connection in a range of one log, as lines, compressed.

use std::fmt;
use std::io::{self, Read as _, Write as _};

use blake3::Hasher;
use countersign_inbox::{LogId, Seq};
use serde::{Deserialize, Serialize};

use crate::archive::encoding::{Decoder, Encoder, Encoding};

/// What an object holds. It is decided once, before the object is put, and is durable from then on: whoever puts it again after a
/// crash puts the same lines under the same key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Bounds {
    /// Whose events.
    pub connection: String,
    /// The log, 32 hexadecimal digits.
    pub log: String,
    /// The first and the last seq that belong to it. Not every one between is an event of this connection.
    pub first_seq: Seq,
    /// See `first_seq`.
    pub last_seq: Seq,
    /// The day on which the first was received, for people: nothing is decided by it.
    pub date: String,
    /// How its lines are compressed.
    #[serde(default, skip_serializing_if = "Encoding::is_default")]
    pub encoding: Encoding,
}

impl Bounds {
    /// How the keys of a connection's objects begin.
    #[must_use]
    pub fn prefix(connection: &str) -> String {
        format!("connection={connection}/")
    }

    /// The key of the object in its store.
    #[must_use]
    pub fn key(&self) -> String {
        let Self { connection, log, first_seq, last_seq, date, encoding } = self;
        format!("connection={connection}/date={date}/{log}-{first_seq}-{last_seq}{}", encoding.suffix())
    }

    /// The bounds that a key says; none if it is not one of ours.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        let (connection, rest) = key.strip_prefix("connection=")?.split_once('/')?;
        let (date, name) = rest.strip_prefix("date=")?.split_once('/')?;
        let (name, encoding) = Encoding::of_name(name)?;
        let mut parts = name.splitn(3, '-');
        let (log, first_seq, last_seq) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let (connection, log, date) = (connection.to_owned(), log.to_owned(), date.to_owned());
        let bounds = Self { connection, log, first_seq, last_seq, date, encoding };
        (bounds.log_id().is_some() && bounds.key() == key).then_some(bounds)
    }

    /// The id of the log.
    #[must_use]
    pub fn log_id(&self) -> Option<LogId> {
        read_log(&self.log)
    }
}

/// The id of a log from its 32 hexadecimal digits.
#[must_use]
pub fn read_log(text: &str) -> Option<LogId> {
    let is_ours = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let number = u128::from_str_radix(text, 16).ok().filter(|_| is_ours)?;
    Some(LogId(number.to_be_bytes()))
}

// Powers of two, and hashed as such: BLAKE3 uses its lanes in full where what it has had already is a multiple of what it gets.

/// How many bytes of lines are hashed and compressed together: few enough to be in the processor's cache still.
const PIECE_BYTES: usize = 128 << 10;
/// How many bytes of lines are read together.
const BLOCK_BYTES: usize = 256 << 10;

/// Makes an object of lines as they come. Of the lines no more than a piece is in memory.
pub struct Packer {
    piece: Vec<u8>,
    encoder: Encoder,
    hasher: Hasher,
    /// How many bytes of lines there were before the piece.
    bytes: u64,
}

/// An object, and by what its lines are recognised.
#[derive(Debug)]
pub struct Packed {
    /// The object.
    pub object: Vec<u8>,
    /// The digest of its lines.
    pub digest: [u8; 32],
}

impl Packer {
    /// No lines yet.
    ///
    /// # Errors
    /// Of the library.
    pub fn new(encoding: Encoding) -> io::Result<Self> {
        let encoder = Encoder::new(encoding)?;
        Ok(Self { piece: Vec::with_capacity(PIECE_BYTES * 2), encoder, hasher: Hasher::new(), bytes: 0 })
    }

    /// Where lines are appended.
    pub fn end(&mut self) -> &mut Vec<u8> {
        &mut self.piece
    }

    /// Compresses what was appended, if it is enough.
    ///
    /// # Errors
    /// Of the library.
    pub fn pack(&mut self) -> io::Result<()> {
        let whole = self.piece.len() - self.piece.len() % PIECE_BYTES;
        if whole > 0 { self.pack_first(whole) } else { Ok(()) }
    }

    fn pack_first(&mut self, count: usize) -> io::Result<()> {
        self.hasher.update(&self.piece[..count]);
        self.encoder.write_all(&self.piece[..count])?;
        self.bytes += count as u64;
        self.piece.drain(..count);
        Ok(())
    }

    /// How many bytes the lines have.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes + self.piece.len() as u64
    }

    /// The object.
    ///
    /// # Errors
    /// Of the library.
    pub fn finish(mut self) -> io::Result<Packed> {
        self.pack_first(self.piece.len())?;
        Ok(Packed { object: self.encoder.finish()?, digest: self.hasher.finalize().into() })
    }
}

impl fmt::Debug for Packer {
    /// Leaves out what senders have sent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packer").field("bytes", &self.bytes()).finish_non_exhaustive()
    }
}

/// Compresses lines as they are in the own store.
///
/// # Errors
/// Of the library.
pub fn compress(lines: &[u8]) -> io::Result<Vec<u8>> {
    compress_as(Encoding::Zstd, lines)
}

/// Compresses lines as [`Packer`] does.
///
/// # Errors
/// Of the library.
pub fn compress_as(encoding: Encoding, lines: &[u8]) -> io::Result<Vec<u8>> {
    let mut packer = Packer::new(encoding)?;
    for piece in lines.chunks(PIECE_BYTES) {
        packer.end().extend_from_slice(piece);
        packer.pack()?;
    }
    packer.finish().map(|packed| packed.object)
}

/// Reads the lines of an object, block by block: `lines` is given whole lines, of which the last one of all may lack its end. Returns the
/// digest of all lines.
///
/// # Errors
/// If the object is damaged, or has more than `bytes_max` bytes. Some of its lines may have been given by then.
pub fn read_lines(object: &[u8], bytes_max: u64, mut lines: impl FnMut(&[u8])) -> io::Result<[u8; 32]> {
    let mut decoder = Decoder::new(object)?;
    let mut hasher = Hasher::new();
    // A line that has begun comes before what is read next.
    let (mut block, mut begun, mut bytes) = (Vec::new(), 0, 0);
    loop {
        let end = begun + BLOCK_BYTES;
        if block.len() < end {
            block.resize(end, 0);
        }
        let mut filled = begun;
        while filled < end {
            match decoder.read(&mut block[filled..end])? {
                0 => break,
                read => filled += read,
            }
        }
        hasher.update(&block[begun..filled]);
        bytes += (filled - begun) as u64;
        if bytes > bytes_max {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the object has more bytes than any of ours"));
        }
        if filled < end {
            if filled > 0 {
                lines(&block[..filled]);
            }
            return Ok(hasher.finalize().into());
        }
        let newline = memchr::memrchr(b'\n', &block[begun..end]).map(|newline| begun + newline);
        begun = end;
        if let Some(newline) = newline {
            lines(&block[..=newline]);
            block.copy_within(newline + 1..end, 0);
            begun -= newline + 1;
        }
    }
}

/// The lines of an object.
///
/// # Errors
/// If the object is damaged, or has more than `bytes_max` bytes.
pub fn decompress(object: &[u8], bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    read_lines(object, bytes_max, |lines| all.extend_from_slice(lines))?;
    Ok(all)
}

/// By what the lines of an object are recognised.
#[must_use]
pub fn digest(lines: &[u8]) -> [u8; 32] {
    blake3::hash(lines).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(encoding: Encoding) -> Bounds {
        Bounds {
            connection: "speedy-otter_1.b".to_owned(),
            log: "0192ab0192ab0192ab0192ab0192ab00".to_owned(),
            first_seq: 7,
            last_seq: 4711,
            date: "2026-11-29".to_owned(),
            encoding,
        }
    }

    #[test]
    fn keys_say_their_bounds() {
        let key = "connection=speedy-otter_1.b/date=2026-11-29/0192ab0192ab0192ab0192ab0192ab00-7-4711.ndjson.zst";
        for (encoding, key) in [(Encoding::Zstd, key.to_owned()), (Encoding::Gzip, key.replace("zst", "gz"))] {
            assert_eq!(bounds(encoding).key(), key);
            assert_eq!(Bounds::of_key(&key), Some(bounds(encoding)));
        }
        for other in
            ["", "x", &key[1..], &key.replace("-7-", "-07-"), &key.replace("zst", "xz"), &key.replace("0192", "X192")]
        {
            assert_eq!(Bounds::of_key(other), None, "{other}");
        }
    }

    /// Bounds in the inbox of an earlier version say nothing of it, and such a version reads those of the own store.
    #[test]
    fn bounds_without_an_encoding_are_of_zstandard() {
        let without = serde_json::to_string(&bounds(Encoding::Zstd)).unwrap();
        assert!(!without.contains("encoding"), "{without}");
        let with = serde_json::to_string(&bounds(Encoding::Gzip)).unwrap();
        assert!(with.contains(r#""encoding":"gzip""#), "{with}");
        for (text, encoding) in [(without, Encoding::Zstd), (with, Encoding::Gzip)] {
            assert_eq!(serde_json::from_str::<Bounds>(&text).unwrap(), bounds(encoding));
        }
    }

    #[test]
    fn what_is_compressed_is_decompressed() {
        let lines = b"{\"a\":1}\n".repeat(10_000);
        for encoding in Encoding::ALL {
            let object = compress_as(encoding, &lines).unwrap();
            assert!(object.len() < lines.len() / 10);
            assert_eq!(decompress(&object, lines.len() as u64).unwrap(), lines);
            assert!(decompress(&object, lines.len() as u64 - 1).is_err());
            assert!(decompress(&object[..object.len() - 1], 1 << 20).is_err(), "{encoding:?}: it is cut off");
            assert!(decompress(&[&object[..], b"x"].concat(), 1 << 20).is_err(), "{encoding:?}: there is more");
            let mut damaged = object;
            let middle = damaged.len() / 2;
            damaged[middle] ^= 1;
            assert!(decompress(&damaged, 1 << 20).is_err(), "{encoding:?}: it is damaged");
        }
    }

    #[test]
    fn whole_lines_are_read_however_long_they_are() {
        for length in [1, 80, 1000, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 5 * BLOCK_BYTES / 2] {
            for (count, end) in [(1, ""), (3, ""), (3, "the last"), (2 * BLOCK_BYTES / length + 3, "")] {
                let line = format!("{}\n", "x".repeat(length - 1));
                let all = line.repeat(count) + end;
                let mut packer = Packer::new(Encoding::default()).unwrap();
                for line in all.split_inclusive('\n') {
                    packer.end().extend_from_slice(line.as_bytes());
                    packer.pack().unwrap();
                }
                assert_eq!(packer.bytes(), all.len() as u64);
                let made = packer.finish().unwrap();
                assert_eq!(made.digest, digest(all.as_bytes()));
                let mut read = Vec::new();
                let found = read_lines(&made.object, all.len() as u64, |lines| {
                    assert!(lines.ends_with(b"\n") || read.len() + lines.len() == all.len());
                    read.extend_from_slice(lines);
                });
                assert_eq!(found.unwrap(), made.digest);
                assert!(read == all.as_bytes(), "{length} {count}");
            }
        }
    }
}
