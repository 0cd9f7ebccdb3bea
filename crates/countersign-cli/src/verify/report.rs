//! What is told of a file of deliveries while it is verified.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use unicode_width::UnicodeWidthStr as _;

use super::job::{Found, Job};
use super::progress::Progress;
use super::summary::Summary;
use crate::args::VerifyArgs;
use crate::deliveries::Faults;
use crate::error::{CliError, eprint_line, eprint_message};
use crate::input::Input;
use crate::terminal::{Colour, Palette, grouped, printable};
use crate::verdict::{Verdict, push_json_end, push_json_start};
use crate::wrap::{stderr_width, stdout_width};

/// How many malformed lines are described on standard error; more would bury the rest.
const MAX_DESCRIBED: usize = 20;
/// As wide as the longest name of a verdict.
const VERDICT_WIDTH: usize = 22;

/// Prints verdicts as they come, and a summary at the end.
pub(super) struct Report {
    form: Form,
    name: String,
    /// Where the signature is looked for, if that is known.
    place: String,
    palette: Palette,
    progress: Progress,
    /// How much of a compressed file was read, which is what the progress is measured by.
    compressed: Option<Arc<AtomicU64>>,
    summary: Summary,
    described: usize,
    /// As wide as the ids of the first block, so that columns stand under each other without waiting for the end.
    id_width: Option<usize>,
    frames: Vec<LineTemplate>,
    text: String,
    started: Instant,
    colour: Colour,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Table,
    Quiet,
}

impl Report {
    pub(super) fn new(args: &VerifyArgs, input: &Input, place: String) -> Self {
        let form = match (args.json, args.quiet) {
            (true, _) => Form::Json,
            (_, true) => Form::Quiet,
            _ => Form::Table,
        };
        // Where the verdicts run over the same screen, they are the progress.
        let shows_lines = form != Form::Quiet && io::stdout().is_terminal();
        Self {
            form,
            name: input.name.clone(),
            place,
            palette: Palette::new(args.color, &io::stdout()),
            progress: Progress::new(input.length, !shows_lines && io::stderr().is_terminal()),
            compressed: input.compressed.clone(),
            summary: Summary::default(),
            described: 0,
            id_width: None,
            frames: Vec::new(),
            text: String::new(),
            started: Instant::now(),
            colour: args.color,
        }
    }

    /// Tells what was found in the next block.
    pub(super) fn block(&mut self, job: &Job) -> Result<(), CliError> {
        let results = &job.results;
        let width = *self.id_width.get_or_insert_with(|| {
            results.iter().map(|found| columns(&label(&found))).max().unwrap_or_default().clamp(4, 40)
        });
        self.text.clear();
        let (mut faults, mut described) = (Faults::new(&job.block), Vec::new());
        for found in results.iter() {
            self.summary.count(found.verdict);
            let is_described = self.described + described.len() < MAX_DESCRIBED;
            let is_told = found.verdict == Verdict::Malformed && (is_described || self.form == Form::Json);
            let fault = is_told.then(|| faults.describe(found.line));
            if self.form == Form::Quiet {
                described.extend(fault.map(|fault| (found.line, fault)));
                continue;
            }
            let frame = frame(&mut self.frames, found.verdict, self.form, &self.place, &self.palette);
            self.text.push_str(&frame.before);
            if self.form == Form::Json {
                push_json_start(&mut self.text, found.id, found.line);
            } else {
                push_padded(&mut self.text, &label(&found), width);
            }
            self.text.push_str(&frame.behind);
            if self.form == Form::Json {
                push_json_end(&mut self.text, fault.as_deref());
            }
            described.extend(fault.filter(|_| is_described).map(|fault| (found.line, fault)));
        }
        self.summary.extend(job.block.input_bytes);
        self.described += described.len();
        if !described.is_empty() {
            self.progress.suspend(|| {
                for (line, fault) in described {
                    eprint_line(&format!("{}:{line}: {fault}", self.name));
                }
            });
        }
        print(&self.text)?;
        let done = self.compressed.as_ref().map(|read| read.load(Ordering::Relaxed));
        self.progress.set(done.unwrap_or(self.summary.bytes()));
        Ok(())
    }

    /// Tells the sum of it all; true if there are deliveries and all are authentic.
    pub(super) fn finish(self) -> Result<bool, CliError> {
        self.progress.clear();
        let untold = self.summary.malformed() - self.described as u64;
        if untold > 0 {
            let s = if untold == 1 { "" } else { "s" };
            eprint_line(&format!("{}: {} more malformed line{s} not shown", self.name, grouped(untold)));
        }
        if self.summary.total() == 0 {
            let name = &self.name;
            eprint_message(&format!(
                "there are no deliveries in {name}, so nothing is authentic; did what writes them fail?"
            ));
        }
        let elapsed = self.started.elapsed();
        if self.form != Form::Json {
            let rate = io::stdout().is_terminal() || elapsed.as_secs() >= 1;
            let gap = if self.form == Form::Table && self.summary.total() > 0 { "\n" } else { "" };
            let shown =
                self.summary.show(&self.name, &self.place, &self.palette, rate.then_some(elapsed), stdout_width());
            print(&format!("{gap}{shown}"))?;
        } else if io::stderr().is_terminal() {
            let palette = Palette::new(self.colour, &io::stderr());
            let _ = write!(
                io::stderr(),
                "{}",
                self.summary.show(&self.name, &self.place, &palette, Some(elapsed), stderr_width())
            );
        }
        io::stdout().flush().map_err(|error| CliError::writing("standard output", &error))?;
        if self.form == Form::Table && self.summary.all_mismatch() {
            eprint_message(
                "note: not one signature is right, so the secret or the scheme may be wrong; countersign explain --deliveries \
                 FILE --line NUMBER with the same options tells which",
            );
        }
        Ok(self.summary.all_good())
    }

    /// Tells the sum of what was verified before a person interrupted it.
    pub(super) fn interrupt(self) -> CliError {
        self.progress.clear();
        self.tell_so_far("interrupted; so far:");
        CliError::Interrupted
    }

    /// Tells the sum of what was verified before an error that ends it all. Whoever reads JSON has a line for each.
    pub(super) fn abandon(self) {
        self.progress.clear();
        if self.form != Form::Json && self.summary.total() > 0 {
            self.tell_so_far("the file could not be read to its end; so far:");
        }
    }

    fn tell_so_far(&self, why: &str) {
        let palette = Palette::new(self.colour, &io::stderr());
        eprint_message(why);
        let _ = write!(
            io::stderr(),
            "{}",
            self.summary.show(&self.name, &self.place, &palette, Some(self.started.elapsed()), stderr_width())
        );
    }
}

/// What stands around an id, or around id and line in JSON. It depends on the verdict alone, so it is put together once and not for each delivery.
struct LineTemplate {
    verdict: Verdict,
    before: String,
    behind: String,
}

impl LineTemplate {
    fn new(verdict: Verdict, form: Form, place: &str, palette: &Palette) -> Self {
        let (before, behind) = if form == Form::Json {
            (String::new(), verdict.json_fields())
        } else {
            let (style, mark) = if verdict.is_good() { (palette.good, '✔') } else { (palette.bad, '✘') };
            let name = if verdict == Verdict::Malformed { "malformed line" } else { verdict.name() };
            let detail = verdict.detail(place);
            (format!("{style}{mark}{style:#} "), format!("  {style}{name:VERDICT_WIDTH$}{style:#}  {detail}\n"))
        };
        Self { verdict, before, behind }
    }
}

/// The frame for a verdict, of which there are only so many.
fn frame<'f>(
    frames: &'f mut Vec<LineTemplate>,
    verdict: Verdict,
    form: Form,
    place: &str,
    palette: &Palette,
) -> &'f LineTemplate {
    let place = frames.iter().position(|frame| frame.verdict == verdict).unwrap_or_else(|| {
        frames.push(LineTemplate::new(verdict, form, place, palette));
        frames.len() - 1
    });
    &frames[place]
}

/// What people know a delivery by: its id, or the number of its line. That does not look like an id.
fn label<'a>(found: &Found<'a>) -> Cow<'a, str> {
    found.id.map_or_else(|| format!("line {}", found.line).into(), printable)
}

/// A label and the blanks that fill its column.
fn push_padded(text: &mut String, label: &str, width: usize) {
    text.push_str(label);
    text.extend(std::iter::repeat_n(' ', width.saturating_sub(columns(label))));
}

/// How many columns a text takes on a terminal.
fn columns(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

fn print(text: &str) -> Result<(), CliError> {
    io::stdout().write_all(text.as_bytes()).map_err(|error| CliError::writing("standard output", &error))
}
