//! countersignd on a disk that makes only so many bytes of events durable a second: `slow_disk BYTES [settings of countersignd serve]`.
//!
//! A flush takes as long as such a disk would need for what was written since the last one. The zeros with which segments are filled
//! in advance are free, so that the capacity is one number. It logs where it listens as countersignd does, and ends with SIGTERM.

use std::error::Error;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use clap::Parser;
use countersign_inbox::Inbox;
use countersign_inbox::disk::{Disk, DiskFile, OsDisk, OsFile, Space};
use countersignd::clock::Clock;
use countersignd::collect::{self, Collector};
use countersignd::inbox::folder;
use countersignd::server::{Handle, TowerToHyperService, serve_tcp};
use countersignd::settings::Options;
use countersignd::source::Source;
use tokio::signal::unix::{SignalKind, signal};

#[derive(Parser)]
struct Arguments {
    /// How many bytes become durable a second.
    bytes_per_second: f64,
    /// How many bytes of events may wait for the disk; without, as many as in countersignd.
    #[arg(long)]
    queue_bytes: Option<usize>,
    /// How many TCP connections may wait to be accepted; without, as many as in countersignd.
    #[arg(long)]
    backlog: Option<i32>,
    /// As countersignd takes it, and ignores it here.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    options: Options,
}

/// A disk whose flushes take time.
struct SlowDisk {
    disk: OsDisk,
    bytes_per_second: f64,
}

struct SlowFile {
    file: OsFile,
    bytes_per_second: f64,
    written: AtomicU64,
}

impl SlowDisk {
    fn slow(&self, file: OsFile) -> SlowFile {
        SlowFile { file, bytes_per_second: self.bytes_per_second, written: AtomicU64::new(0) }
    }
}

impl Disk for SlowDisk {
    type File = SlowFile;

    fn list(&self) -> io::Result<Vec<String>> {
        self.disk.list()
    }

    fn create(&self, name: &str) -> io::Result<SlowFile> {
        self.disk.create(name).map(|file| self.slow(file))
    }

    fn open(&self, name: &str) -> io::Result<SlowFile> {
        self.disk.open(name).map(|file| self.slow(file))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.disk.remove(name)
    }

    fn flush_names(&self) -> io::Result<()> {
        self.disk.flush_names()
    }

    fn space(&self) -> io::Result<Space> {
        self.disk.space()
    }
}

impl DiskFile for SlowFile {
    fn length(&self) -> io::Result<u64> {
        self.file.length()
    }

    fn read_at(&self, room: &mut [u8], position: u64) -> io::Result<usize> {
        self.file.read_at(room, position)
    }

    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<usize> {
        let written = self.file.write_at(bytes, position)?;
        if bytes.iter().any(|byte| *byte != 0) {
            self.written.fetch_add(written as u64, Ordering::Relaxed);
        }
        Ok(written)
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.file.truncate(length)
    }

    #[expect(clippy::cast_precision_loss, reason = "bytes of one flush")]
    fn flush(&self) -> io::Result<()> {
        let bytes = self.written.swap(0, Ordering::Relaxed);
        std::thread::sleep(Duration::from_secs_f64(bytes as f64 / self.bytes_per_second));
        self.file.flush()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { bytes_per_second, queue_bytes, backlog, options, .. } = Arguments::parse();
    let mut end = signal(SignalKind::terminate())?;
    let settings = options.settings()?;
    let clock = Clock::system();
    let connections = Source::open(settings.connections.clone(), settings.common(), clock.clone())?;
    let disk = SlowDisk { disk: OsDisk::open(folder(&settings.data))?, bytes_per_second };
    let mut inbox_settings = countersign_inbox::Settings::default();
    inbox_settings.queue_bytes_max = queue_bytes.unwrap_or(inbox_settings.queue_bytes_max);
    let (inbox, _) = Inbox::open(disk, &inbox_settings)?;
    let inbox = Arc::new(inbox);
    let collector = Collector::new(inbox, connections, clock, &settings.limits);
    let listen = |address| {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        if let Some(backlog) = backlog {
            rustix::net::listen(&listener, backlog)?;
        }
        io::Result::Ok(listener)
    };
    let (hooks, operators) = (listen(settings.listen)?, listen(settings.admin_listen)?);
    let fields = serde_json::json!({"listen": hooks.local_addr()?, "admin_listen": operators.local_addr()?});
    eprintln!("{}", serde_json::json!({ "fields": fields }));
    let handle = Handle::new();
    let (receive, limits) = (collect::service(&collector, &settings.limits)?, settings.limits.clone());
    let serving = tokio::spawn({
        let (limits, handle) = (limits.clone(), handle.clone());
        async move { serve_tcp(hooks, receive, &limits, None, handle).await }
    });
    // It is ready as soon as it listens.
    let admin_routes = TowerToHyperService::new(Router::new().route("/readyz", get(|| async { "ready\n" })));
    tokio::spawn(async move { serve_tcp(operators, admin_routes, &limits, None, Handle::new()).await });
    end.recv().await;
    handle.end(settings.limits.drain);
    serving.await??;
    // The process ends with the inbox open: what was acknowledged is durable.
    Ok(())
}
