//! Cuts an input into blocks of whole lines, for workers to share.

use std::io::{self, Read};

/// The longest line that is read. A longer one is passed over without being held in memory.
pub(crate) const LINE_LIMIT: usize = 64 << 20;

/// What a block holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Whole lines; the last of the input may lack its newline.
    #[default]
    Lines,
    /// One line that was longer than [`LINE_LIMIT`], of which nothing is kept.
    TooLong,
}

/// A piece of the input, to be filled again and again.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pub(crate) kind: Kind,
    /// The number of its first line, from 1.
    pub(crate) first_line: u64,
    /// How much of the input it stands for, in bytes.
    pub(crate) input_bytes: u64,
    buffer: Vec<u8>,
    filled: usize,
}

impl Block {
    /// The lines.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[..self.filled]
    }

    /// How much memory it takes.
    pub(crate) fn memory(&self) -> usize {
        self.buffer.len()
    }

    /// Gives memory back that only an unusually long line needed.
    pub(crate) fn shrink(&mut self, usual: usize) {
        if self.buffer.len() > 2 * usual {
            self.buffer = Vec::new();
        }
    }

    /// Makes room for `more` bytes behind what is filled. Buffers are used again, so that this is rare.
    fn room(&mut self, more: usize) -> &mut [u8] {
        let needed = self.filled + more;
        if self.buffer.len() < needed {
            self.buffer.resize(needed, 0);
        }
        &mut self.buffer[self.filled..needed]
    }

    fn append(&mut self, bytes: &[u8]) {
        self.room(bytes.len()).copy_from_slice(bytes);
        self.filled += bytes.len();
    }
}

/// Those who take the blocks.
pub(crate) trait Workers {
    /// Whether somebody waits for work. Then what has arrived is handed out at once, so that a slow pipe is followed live.
    fn are_idle(&mut self) -> bool;

    /// Waits until nobody has work, because a long line is going to take much memory.
    fn wait_until_idle(&mut self);
}

/// Reads blocks from an input.
pub(crate) struct BlockReader<R> {
    source: R,
    size: usize,
    limit: usize,
    /// What was read beyond the last newline of the block before.
    rest: Vec<u8>,
    line: u64,
    ended: bool,
}

impl<R: Read> BlockReader<R> {
    /// Blocks of about `size` bytes.
    pub(crate) fn new(source: R, size: usize) -> Self {
        Self { source, size, limit: LINE_LIMIT, rest: Vec::new(), line: 1, ended: false }
    }

    /// Fills `block`; false at the end of the input.
    pub(crate) fn fill(&mut self, block: &mut Block, pace: &mut impl Workers) -> io::Result<bool> {
        block.filled = 0;
        block.kind = Kind::Lines;
        block.first_line = self.line;
        block.append(&self.rest);
        self.rest.clear();
        // Behind the last newline, if there is one in the block.
        let mut cut = memchr::memrchr(b'\n', block.bytes()).map(|newline| newline + 1);
        while !self.ended {
            if let Some(cut) = cut.filter(|_| block.filled >= self.size || pace.are_idle()) {
                self.rest.extend_from_slice(&block.bytes()[cut..]);
                block.filled = cut;
                break;
            }
            let wanted = if block.filled < self.size {
                self.size - block.filled
            } else {
                pace.wait_until_idle();
                self.size
            };
            let got = read(&mut self.source, block.room(wanted))?;
            let new = block.filled..block.filled + got;
            block.filled = new.end;
            self.ended = got == 0;
            let newline = memchr::memchr(b'\n', &block.buffer[new.clone()]).map(|newline| new.start + newline);
            if cut.is_none() && newline.unwrap_or(block.filled) > self.limit {
                self.pass_over(block, newline)?;
                return Ok(true);
            }
            if newline.is_some() {
                cut = memchr::memrchr(b'\n', &block.buffer[new.clone()]).map(|newline| new.start + newline + 1);
            }
        }
        block.input_bytes = block.filled as u64;
        self.line += memchr::memchr_iter(b'\n', block.bytes()).count() as u64;
        Ok(block.filled > 0)
    }

    /// Forgets the line that fills the block, reading up to its newline if that was not read yet.
    fn pass_over(&mut self, block: &mut Block, mut newline: Option<usize>) -> io::Result<()> {
        block.kind = Kind::TooLong;
        block.input_bytes = 0;
        loop {
            let end = newline.map_or(block.filled, |newline| newline + 1);
            block.input_bytes += end as u64;
            self.rest.extend_from_slice(&block.bytes()[end..]);
            block.filled = 0;
            if newline.is_some() || self.ended {
                self.line += 1;
                return Ok(());
            }
            block.buffer.truncate(self.size);
            block.buffer.shrink_to_fit();
            block.filled = read(&mut self.source, block.room(self.size))?;
            self.ended = block.filled == 0;
            newline = memchr::memchr(b'\n', block.bytes());
        }
    }
}

fn read(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives what it has in pieces of `piece` bytes, as a slow pipe would.
    struct Slow<'a> {
        bytes: &'a [u8],
        piece: usize,
    }

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.piece.min(self.bytes.len()).min(buffer.len());
            let (now, later) = self.bytes.split_at(length);
            buffer[..length].copy_from_slice(now);
            self.bytes = later;
            Ok(length)
        }
    }

    struct Always(bool);

    impl Workers for Always {
        fn are_idle(&mut self) -> bool {
            self.0
        }

        fn wait_until_idle(&mut self) {}
    }

    /// The number and text of a line, `None` for one that is too long.
    type Line = (u64, Option<Vec<u8>>);

    /// All lines, and the sum of the extents.
    fn cut(text: &[u8], piece: usize, size: usize, are_idle: bool) -> (Vec<Line>, u64) {
        let mut cutter = BlockReader { limit: 40, ..BlockReader::new(Slow { bytes: text, piece }, size) };
        let (mut block, mut lines, mut input_bytes) = (Block::default(), Vec::new(), 0);
        while cutter.fill(&mut block, &mut Always(are_idle)).unwrap() {
            input_bytes += block.input_bytes;
            if block.kind == Kind::TooLong {
                lines.push((block.first_line, None));
                continue;
            }
            let bytes = block.bytes().strip_suffix(b"\n").unwrap_or(block.bytes());
            let numbered = (block.first_line..).zip(bytes.split(|byte| *byte == b'\n'));
            lines.extend(numbered.map(|(number, line)| (number, Some(line.to_vec()))));
        }
        (lines, input_bytes)
    }

    #[test]
    fn every_line_comes_once_in_order_whole_and_with_its_number() {
        let lengths = [0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 39, 40, 0, 0, 3, 41, 42, 100, 5, 400, 2, 0, 40];
        let lines: Vec<Vec<u8>> =
            lengths.iter().enumerate().map(|(i, &length)| vec![b"abcdefghijklmnopqrstuvwxyz"[i]; length]).collect();
        for end in ["", "\n", "\r\n"] {
            let mut text = lines.join(&b'\n');
            text.extend_from_slice(end.as_bytes());
            let whole = text.strip_suffix(b"\n").unwrap_or(&text).split(|byte| *byte == b'\n');
            let kept = whole.map(|line| (line.len() <= 40).then(|| line.to_vec()));
            let expected: Vec<Line> = (1..).zip(kept).collect();
            for piece in 1..60 {
                for size in [1, 8, 16, 40] {
                    for are_idle in [false, true] {
                        let (found, input_bytes) = cut(&text, piece, size, are_idle);
                        assert_eq!(found, expected, "{piece} {size} {are_idle} {end:?}");
                        assert_eq!(input_bytes, text.len() as u64);
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_makes_no_block() {
        assert_eq!(cut(b"", 1, 8, false), (Vec::new(), 0));
        assert_eq!(cut(b"\n", 1, 8, false), (vec![(1, Some(Vec::new()))], 1));
    }
}
