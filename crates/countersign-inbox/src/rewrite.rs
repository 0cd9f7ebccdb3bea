//! Puts a new file in the place of a segment: the same records, with an end.

use std::io;

use crate::disk::{Disk, write_all};
use crate::event::Seq;
use crate::index::{self, Index, Summary};
use crate::segment::{REWRITTEN, SegmentHeader};

/// Puts a new file with this content and an end at `end` in the place of a segment.
///
/// # Errors
/// Of the system. The segment is then as it was.
pub(crate) fn rewrite<D: Disk>(
    disk: &D,
    text: &str,
    header: &SegmentHeader,
    content: &[u8],
    index: &Index,
    lost: Vec<Seq>,
    end: u64,
) -> io::Result<Summary> {
    let rewritten = format!("{text}{REWRITTEN}");
    let _ = disk.remove(&rewritten);
    let written = disk.create(&rewritten).and_then(|file| {
        write_all(&file, content, 0)?;
        // One copy may have been torn or damaged, and another damage is not to cost the file.
        for (copy, position) in header.copies() {
            write_all(&file, &copy, position)?;
        }
        index::seal(&file, header, index, lost, end)
    });
    if written.is_err() {
        let _ = disk.remove(&rewritten);
    }
    let summary = written?;
    disk.rename(&rewritten, text)?;
    disk.flush_names()?;
    Ok(summary)
}
