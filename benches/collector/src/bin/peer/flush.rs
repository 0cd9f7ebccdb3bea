//! Flushes of one block each, one after the other, by nobody but this process.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub(crate) const FILE_BYTES: u64 = 64 << 20;
pub(crate) const BLOCK_BYTES: usize = 4096;

/// A file that is filled with zeros, and removed in the end.
pub(crate) struct Filled {
    pub(crate) file: File,
    path: PathBuf,
}

impl Filled {
    pub(crate) fn create(folder: &Path, name: &str) -> io::Result<Self> {
        let path = folder.join(name);
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(&path)?;
        for position in (0..FILE_BYTES).step_by(BLOCK_BYTES) {
            file.write_all_at(&[0; BLOCK_BYTES], position)?;
        }
        file.sync_all()?;
        Ok(Self { file, path })
    }
}

impl Drop for Filled {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Measures them, and prints how long they took.
pub(crate) fn measure(folder: &Path, duration: Duration) -> Result<(), Box<dyn std::error::Error>> {
    let filled = Filled::create(folder, "fdatasync")?;
    let mut times = hdrhistogram::Histogram::<u64>::new(3)?;
    let start = Instant::now();
    let mut position = 0;
    while start.elapsed() < duration {
        let began = Instant::now();
        filled.file.write_all_at(&[7; BLOCK_BYTES], position)?;
        filled.file.sync_data()?;
        times.record(u64::try_from(began.elapsed().as_micros())?)?;
        position = (position + BLOCK_BYTES as u64) % FILE_BYTES;
    }
    let micros = |quantile| times.value_at_quantile(quantile);
    println!("{}", serde_json::json!({"count": times.len(), "p50_micros": micros(0.5), "p99_micros": micros(0.99)}));
    Ok(())
}
