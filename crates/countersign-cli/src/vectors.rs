//! `countersign vectors`: the program tests itself.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use countersign::{Algorithm, Connection, Delivery, Rejection, Secret, Verified, Verifier};
use countersign_vectors::{FILES, File, Vector};

use crate::args::VectorsArgs;
use crate::exit::{Stop, status};
use crate::input::{read_file, shown};
use crate::terminal::{Palette, grouped, printable};

const FILE_LIMIT: usize = 256 << 20;
/// The schema of the vectors lies beside them.
const SCHEMA: &str = "vectors.schema.json";

/// Runs the subcommand.
pub(crate) fn run(args: &VectorsArgs) -> Result<ExitCode, Stop> {
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
    let mut out = io::stdout();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Stop::writing("standard output", &error))?;
    Ok(status(all_good))
}

/// The vectors of the given files and folders, or those that are built in.
fn read(paths: &[PathBuf]) -> Result<Vec<(String, Vec<Vector>)>, Stop> {
    if paths.is_empty() {
        return FILES.iter().map(|&(name, text)| parse(name.to_owned(), text.as_bytes())).collect();
    }
    let mut files = Vec::new();
    for path in paths {
        for path in files_of(path)? {
            files.push(parse(shown(&path), &read_file(&path, FILE_LIMIT)?)?);
        }
    }
    Ok(files)
}

fn files_of(path: &Path) -> Result<Vec<Cow<'_, Path>>, Stop> {
    if !path.is_dir() {
        return Ok(vec![path.into()]);
    }
    let unreadable = |error| crate::input::Input::unreadable(&shown(path), &error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if file.extension() == Some(OsStr::new("json")) && file.file_name() != Some(OsStr::new(SCHEMA)) {
            found.push(Cow::Owned(file));
        }
    }
    if found.is_empty() {
        return Err(Stop::Config(format!("{}: there are no *.json files in this folder", shown(path))));
    }
    found.sort();
    Ok(found)
}

fn parse(name: String, text: &[u8]) -> Result<(String, Vec<Vector>), Stop> {
    match serde_json::from_slice::<File>(text) {
        Ok(file) => Ok((name, file.vectors)),
        Err(error) => {
            let message = error.to_string();
            let message = printable(message.split(" at line ").next().unwrap_or_default()).into_owned();
            Err(Stop::Config(format!("{name}:{}: not a file of vectors: {message}", error.line().max(1))))
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
                let (expected, got) = (expected(vector), got(vector));
                let id = printable(&vector.id);
                let wrong = got.into_iter().find(|(_, got)| *got != expected);
                wrong.map(|(how, got)| format!("{file}: {id}: expected {expected}, got {got} ({how})"))
            })
            .collect();
        Self { passed: vectors.len() - failures.len(), file, failures }
    }

    fn json(&self) -> String {
        let (passed, failed) = (self.passed, self.failures.len());
        format!("{{\"file\":{},\"passed\":{passed},\"failed\":{failed}}}\n", serde_json::Value::from(&*self.file))
    }
}

fn expected(vector: &Vector) -> String {
    outcome(&vector.expect, vector.algorithm.as_deref(), vector.secret_index)
}

/// What comes out, each way that a delivery can be verified.
fn got(vector: &Vector) -> Vec<(&'static str, String)> {
    let connection = Connection::from_json(vector.verifier.connection());
    let verifier = connection.and_then(|connection| match vector.verifier.secrets() {
        Some(secrets) => connection.verifier_with(&secrets.into_iter().map(Secret::new).collect::<Vec<_>>()),
        None => connection.verifier(),
    });
    let verifier = match verifier {
        Ok(verifier) => verifier,
        Err(error) => return vec![("connection", error.kind().name().to_owned())],
    };
    let (headers, body) = (vector.delivery.headers(), vector.delivery.body());
    let delivery = Delivery {
        method: vector.delivery.method.as_deref().unwrap_or("POST"),
        url: vector.delivery.url.as_deref().unwrap_or_default(),
        headers: &headers[..],
        body,
    };
    vec![
        ("whole", verdict(verifier.verify(&delivery, SystemTime::now()))),
        ("in pieces of 61 bytes", verdict(streamed(&verifier, &headers, body, 61))),
        ("byte by byte", verdict(streamed(&verifier, &headers, body, 1))),
    ]
}

fn streamed(verifier: &Verifier, headers: &[(&str, &[u8])], body: &[u8], piece: usize) -> Result<Verified, Rejection> {
    let mut stream = verifier.begin(headers)?;
    body.chunks(piece).for_each(|piece| stream.update(piece));
    stream.finish()
}

fn verdict(result: Result<Verified, Rejection>) -> String {
    match result {
        Ok(verified) => outcome("authentic", verified.algorithm.map(Algorithm::name), verified.secret_index),
        Err(rejection) => rejection.name().to_owned(),
    }
}

fn outcome(name: &str, algorithm: Option<&str>, secret_index: Option<usize>) -> String {
    let mut text = name.to_owned();
    if let Some(algorithm) = algorithm {
        let _ = write!(text, " by {algorithm}");
    }
    if let Some(index) = secret_index {
        let _ = write!(text, " with secret {index}");
    }
    text
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
