//! `countersign vectors`: the program tests itself.

mod check;

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use countersign_vectors::{FILES, File, Vector};

use crate::args::VectorsArgs;
use crate::error::{CliError, exit_code};
use crate::input::{display_path, read_file};
use crate::terminal::{Palette, grouped, print, printable};
use check::fault;

const FILE_LIMIT: usize = 256 << 20;
/// The schema of the vectors lies beside them.
const SCHEMA: &str = "vectors.schema.json";

/// Runs the subcommand.
pub(crate) fn run(args: &VectorsArgs) -> Result<ExitCode, CliError> {
    let palette = Palette::new(args.color, &io::stdout());
    let files = read(&args.paths)?;
    let outcomes: Vec<Outcome> = files.into_iter().map(Outcome::of).collect();
    let all_good = outcomes.iter().all(|outcome| outcome.failures.is_empty());
    if args.json {
        // Standard output holds nothing but the counts.
        for failure in outcomes.iter().flat_map(|outcome| &outcome.failures) {
            let _ = writeln!(io::stderr(), "{failure}");
        }
    }
    let text = if args.json { outcomes.iter().map(Outcome::json).collect() } else { table(&outcomes, &palette) };
    print(&text)?;
    Ok(exit_code(all_good))
}

/// The vectors of the given files and folders, or those that are built in.
fn read(paths: &[PathBuf]) -> Result<Vec<(String, Vec<Vector>)>, CliError> {
    if paths.is_empty() {
        return FILES.iter().map(|&(name, text)| parse(name.to_owned(), text.as_bytes())).collect();
    }
    let mut files = Vec::new();
    for path in paths {
        for path in files_of(path)? {
            files.push(parse(display_path(&path), &read_file(&path, FILE_LIMIT)?)?);
        }
    }
    Ok(files)
}

fn files_of(path: &Path) -> Result<Vec<Cow<'_, Path>>, CliError> {
    if !path.is_dir() {
        return Ok(vec![path.into()]);
    }
    let unreadable = |error| crate::input::Input::unreadable(&display_path(path), &error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if file.extension() == Some(OsStr::new("json")) && file.file_name() != Some(OsStr::new(SCHEMA)) {
            found.push(Cow::Owned(file));
        }
    }
    if found.is_empty() {
        return Err(CliError::Config(format!("{}: there are no *.json files in this folder", display_path(path))));
    }
    found.sort();
    Ok(found)
}

fn parse(name: String, text: &[u8]) -> Result<(String, Vec<Vector>), CliError> {
    match serde_json::from_slice::<File>(text) {
        Ok(file) => Ok((name, file.vectors)),
        Err(error) => {
            let message = error.to_string();
            let message = printable(message.split(" at line ").next().unwrap_or_default()).into_owned();
            Err(CliError::Config(format!("{name}:{}: not a file of vectors: {message}", error.line().max(1))))
        }
    }
}

/// What became of the vectors of a file.
struct Outcome {
    file: String,
    passed: usize,
    failures: Vec<String>,
}

impl Outcome {
    fn of((file, vectors): (String, Vec<Vector>)) -> Self {
        let failures: Vec<String> = vectors
            .iter()
            .filter_map(|vector| {
                let failure = format!("{}: {}", vector.id, fault(vector)?);
                Some(format!("{file}: {}", printable(&failure)))
            })
            .collect();
        Self { passed: vectors.len() - failures.len(), file, failures }
    }

    fn json(&self) -> String {
        let (passed, failed) = (self.passed, self.failures.len());
        format!("{{\"file\":{},\"passed\":{passed},\"failed\":{failed}}}\n", serde_json::Value::from(&*self.file))
    }
}

fn table(outcomes: &[Outcome], palette: &Palette) -> String {
    let count = |f: fn(&Outcome) -> usize| outcomes.iter().map(f).sum::<usize>();
    let (passed, failed) = (count(|outcome| outcome.passed), count(|outcome| outcome.failures.len()));
    let width = outcomes.iter().map(|outcome| outcome.file.chars().count()).max().unwrap_or_default().max(5);
    let Palette { strong, good, bad, .. } = *palette;
    let mut text = format!("{strong}  {:width$}  vectors  passed  failed{strong:#}\n", "file");
    let mut row = |file: &str, passed: usize, failed: usize| {
        let (style, mark) = if failed == 0 { (good, '✔') } else { (bad, '✘') };
        let (all, passed, failed) = (grouped_size(passed + failed), grouped_size(passed), grouped_size(failed));
        let _ = writeln!(text, "{style}{mark}{style:#} {file:width$}  {all:>7}  {passed:>6}  {failed:>6}");
    };
    for outcome in outcomes {
        row(&outcome.file, outcome.passed, outcome.failures.len());
    }
    row("total", passed, failed);
    if failed > 0 {
        text.push('\n');
        for failure in outcomes.iter().flat_map(|outcome| &outcome.failures) {
            let _ = writeln!(text, "{bad}✘{bad:#} {failure}");
        }
    }
    text
}

fn grouped_size(number: usize) -> String {
    grouped(number as u64)
}
