//! A file of deliveries, on all cores.
//!
//! ```text
//! reader ─▶ blocks of whole lines ─▶ workers: parse, verify ─▶ in input order again ─▶ report
//!    ▲                                                                                   │
//!    └──────────────────────── blocks, to be filled again ◀──────────────────────────────┘
//! ```
//!
//! The reader decompresses what is compressed, and fills only so many blocks ahead of the report, which is what bounds the memory.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use countersign::records::{Record, Records};
use countersign::{Batch, Rejection, Verifier};

use super::job::{Job, JobResults};
use super::report::Report;
use crate::args::VerifyArgs;
use crate::deliveries::{self, Block, BlockReader, Kind, Workers, judged_at};
use crate::error::{CliError, describe_io_error};
use crate::input::Input;
use crate::interrupt;
use crate::verdict::Verdict;

/// How many bytes of input may be under way at a time (or one line, if that is longer).
const BUDGET: usize = 32 << 20;
/// How many blocks may be under way for each worker: one in work, and enough in the queue to never wait.
const AHEAD: usize = 4;
/// How long it may take until an interruption is noticed while nothing arrives.
const PATIENCE: Duration = Duration::from_millis(100);

/// Verifies the deliveries of a file and reports on them; true if all are authentic.
///
/// `place` is where the signature is looked for, if that is known.
pub(super) fn run(
    args: &VerifyArgs,
    path: &Path,
    verifier: Verifier,
    place: String,
    now: SystemTime,
) -> Result<bool, CliError> {
    let input = deliveries::open(path)?;
    let name = input.name.clone();
    let mut report = Report::new(args, &input, place);
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    // On a machine of very many cores smaller blocks keep all of them busy within the budget.
    let block_size = (BUDGET / (AHEAD * workers)).clamp(64 << 10, 1 << 20);

    let (work, queue) = mpsc::channel();
    let (done, finished) = mpsc::channel::<Job>();
    let (give_back, returned) = mpsc::channel();
    let flow = Flow { returned, jobs: 0, bytes: 0, spare: Vec::new(), workers, block_size };
    // Detached, because a reader that waits for a pipe must not keep the program alive when the output is closed.
    let reader = start(move || read(input, flow, &work))?;
    let (queue, verifier) = (Arc::new(Mutex::new(queue)), Arc::new(verifier));
    for _ in 0..workers {
        let (queue, verifier, done) = (Arc::clone(&queue), Arc::clone(&verifier), done.clone());
        start(move || worker(&verifier, now, &queue, &done))?;
    }
    drop(done);

    let mut waiting = BTreeMap::new();
    let mut next = 0;
    interrupt::watch();
    loop {
        let job = match finished.recv_timeout(PATIENCE) {
            Ok(job) => job,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) if interrupt::seen() => return Err(report.interrupt()),
            Err(RecvTimeoutError::Timeout) => continue,
        };
        waiting.insert(job.index, job);
        while let Some(job) = waiting.remove(&next) {
            next += 1;
            report.block(&job)?;
            // The reader may have come to the end and be gone.
            let _ = give_back.send(job);
        }
        if interrupt::seen() {
            return Err(report.interrupt());
        }
    }
    match reader.join() {
        Ok(Ok(())) => report.finish(),
        Ok(Err(error)) => {
            report.abandon();
            Err(Input::unreadable(&name, &error))
        }
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn start<T: Send + 'static>(task: impl FnOnce() -> T + Send + 'static) -> Result<JoinHandle<T>, CliError> {
    let started = thread::Builder::new().spawn(task);
    started.map_err(|error| CliError::Io(format!("cannot start a thread: {}", describe_io_error(&error))))
}

/// Keeps count of what is under way between the reader and the report.
struct Flow {
    returned: Receiver<Job>,
    jobs: usize,
    bytes: usize,
    spare: Vec<Job>,
    workers: usize,
    block_size: usize,
}

impl Flow {
    fn take_back(&mut self, mut job: Job) {
        self.jobs -= 1;
        self.bytes -= job.block.memory();
        job.block.shrink(self.block_size);
        job.results.clear(self.block_size);
        self.spare.push(job);
    }

    /// Waits until `bytes` more may be sent; false if nobody wants any more.
    fn wait_for(&mut self, bytes: usize) -> bool {
        let open = self.wait_while(|flow| flow.jobs >= AHEAD * flow.workers || flow.bytes + bytes > BUDGET);
        self.jobs += 1;
        self.bytes += bytes;
        open
    }

    /// Takes jobs back as long as there are any and `full` says so; false if nobody wants any more.
    fn wait_while(&mut self, full: impl Fn(&Self) -> bool) -> bool {
        while self.jobs > 0 && full(self) {
            match self.returned.recv() {
                Ok(job) => self.take_back(job),
                Err(_) => return false,
            }
        }
        true
    }
}

impl Workers for Flow {
    fn are_idle(&mut self) -> bool {
        while let Ok(job) = self.returned.try_recv() {
            self.take_back(job);
        }
        self.jobs < self.workers
    }

    fn wait_until_idle(&mut self) {
        // Whether anybody wants more is found out when the block is sent.
        let _ = self.wait_while(|_| true);
    }
}

fn read(input: Input, mut flow: Flow, work: &Sender<Job>) -> io::Result<()> {
    let mut cutter = BlockReader::new(input, flow.block_size);
    for index in 0.. {
        let mut job = flow.spare.pop().unwrap_or_default();
        job.index = index;
        let more = cutter.fill(&mut job.block, &mut flow)?;
        if !more || !flow.wait_for(job.block.memory()) || work.send(job).is_err() {
            break;
        }
    }
    Ok(())
}

fn worker(verifier: &Verifier, now: SystemTime, queue: &Mutex<Receiver<Job>>, done: &Sender<Job>) {
    let _exit_on_panic = ExitOnPanic;
    loop {
        // The lock is held while waiting; another worker could do nothing else with it either.
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(mut job) = job else { return };
        match job.block.kind {
            Kind::Lines => verify(verifier, now, &job.block, &mut job.results),
            Kind::TooLong => job.results.add(None, job.block.first_line, Verdict::Malformed),
        }
        if done.send(job).is_err() {
            return;
        }
    }
}

/// Ends the program when a worker panics. Without it the others would wait for its block for ever.
struct ExitOnPanic;

impl Drop for ExitOnPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            std::process::exit(101);
        }
    }
}

/// Verifies every line of a block: reads all of them, verifies all together, notes the verdicts in order.
fn verify(verifier: &Verifier, now: SystemTime, block: &Block, results: &mut JobResults) {
    let lines: Vec<_> = Records::new(block.bytes(), block.first_line).collect();
    let now = |record: &Record<'_>| judged_at(record, now);
    let readable = lines.iter().filter_map(|(_, record)| record.as_ref().ok());
    let deliveries: Vec<_> = readable.filter_map(|record| Some((verifier, record.delivery(), now(record)?))).collect();
    let mut verdicts = vec![Err(Rejection::MissingSignature); deliveries.len()];
    Batch::new().verify(&deliveries, &mut verdicts);

    let mut verdicts = verdicts.into_iter().map(Verdict::of);
    for (number, record) in &lines {
        match record {
            Ok(record) if now(record).is_some() => {
                let verdict = verdicts.next().unwrap_or(Verdict::Malformed);
                results.add(record.id.as_deref(), *number, verdict);
            }
            _ => results.add(None, *number, Verdict::Malformed),
        }
    }
}
