//! The figures of a run, as criterion and the benchmark of batches have left them.

use std::error::Error;
use std::fs;
use std::path::Path;

use countersign::Algorithm;
use serde::{Deserialize, Serialize};

/// How long something takes.
#[derive(Serialize)]
pub(crate) struct Figure {
    /// What is compared with each other, such as `prepared SHA_256`.
    pub(crate) group: String,
    pub(crate) contestant: String,
    /// What the columns are: bytes, or an algorithm.
    pub(crate) column: String,
    /// Bytes of a body, where it matters.
    pub(crate) bytes: Option<usize>,
    /// The least time for one, in nanoseconds: of all samples, or of all rounds.
    pub(crate) least: f64,
    /// That of the middle sample.
    pub(crate) median: Option<f64>,
}

impl Figure {
    /// The algorithm or sender that the name of its group ends with.
    pub(crate) fn subject(&self) -> &str {
        let name = self.group.split(',').next().unwrap_or_default();
        name.rsplit(' ').next().unwrap_or_default()
    }

    /// The first word of the group: which benchmark it is.
    pub(crate) fn benchmark(&self) -> &str {
        self.group.split(' ').next().unwrap_or_default()
    }

    /// In GB/s, where there is something to go through.
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    pub(crate) fn throughput(&self) -> Option<(usize, f64)> {
        let bytes = self.bytes.filter(|bytes| *bytes > 0)?;
        Some((bytes, bytes as f64 / self.least))
    }

    /// Tables and charts have them in this order, since folders have none.
    fn place(&self) -> impl Ord + use<> {
        let place = |all: &[&str], one: &str| all.iter().position(|other| *other == one).unwrap_or(all.len());
        let names = Algorithm::ALL.map(Algorithm::name);
        (
            place(&["prepared", "one-shot", "parse", "mac", "compare", "delivery", "stream"], self.benchmark()),
            place(&names, self.subject()),
            self.group.clone(),
            place(&["floor"], &self.contestant),
            !self.contestant.starts_with("countersign"),
            place(&["countersign hex", "countersign"], &self.contestant),
            self.contestant.clone(),
            self.bytes,
            place(&names, &self.column),
        )
    }
}

/// Criterion's `benchmark.json`.
#[derive(Deserialize)]
struct Benchmark {
    group_id: String,
    function_id: String,
    value_str: String,
    throughput: Option<Throughput>,
}

#[derive(Deserialize)]
enum Throughput {
    Bytes(usize),
}

/// Criterion's `sample.json`: how often it ran, and how many nanoseconds that took.
#[derive(Deserialize)]
struct Sample {
    iters: Vec<f64>,
    times: Vec<f64>,
}

/// A row of what `scripts/bench-batch --json` writes.
#[derive(Deserialize)]
struct Batch {
    algorithm: String,
    at_a_time: usize,
    size: usize,
    contestant: String,
    ns: f64,
}

/// All figures below criterion's folder.
pub(crate) fn of_criterion(folder: &Path) -> Result<Vec<Figure>, Box<dyn Error>> {
    let mut figures = Vec::new();
    collect(folder, &mut figures)?;
    figures.sort_by_cached_key(Figure::place);
    Ok(figures)
}

fn collect(folder: &Path, figures: &mut Vec<Figure>) -> Result<(), Box<dyn Error>> {
    // Beside `new` there may be `base`, from an earlier run.
    if folder.ends_with("new") {
        figures.push(figure(&folder.join("benchmark.json"), &folder.join("sample.json"))?);
        return Ok(());
    }
    let entries = fs::read_dir(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, figures)?;
        }
    }
    Ok(())
}

fn figure(benchmark: &Path, sample: &Path) -> Result<Figure, Box<dyn Error>> {
    let (benchmark, sample): (Benchmark, Sample) = (read(benchmark)?, read(sample)?);
    let mut times: Vec<f64> = sample.times.iter().zip(&sample.iters).map(|(time, runs)| time / runs).collect();
    times.sort_by(f64::total_cmp);
    let least = *times.first().ok_or_else(|| format!("{}: no samples", benchmark.group_id))?;
    let bytes = benchmark.throughput.map(|Throughput::Bytes(bytes)| bytes);
    Ok(Figure {
        group: benchmark.group_id,
        contestant: benchmark.function_id,
        column: benchmark.value_str,
        bytes,
        least,
        median: Some(times[times.len() / 2]),
    })
}

/// The figures of batches.
pub(crate) fn of_batch(path: &Path) -> Result<Vec<Figure>, Box<dyn Error>> {
    let rows: Vec<Batch> = read(path)?;
    let figure = |row: Batch| Figure {
        group: format!("batch {}, {} at a time", row.algorithm, row.at_a_time),
        contestant: row.contestant,
        column: row.size.to_string(),
        bytes: Some(row.size),
        least: row.ns,
        median: None,
    };
    Ok(rows.into_iter().map(figure).collect())
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, Box<dyn Error>> {
    let text = fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(group: &str, contestant: &str) -> Figure {
        let (group, contestant) = (group.to_owned(), contestant.to_owned());
        Figure { group, contestant, column: String::new(), bytes: Some(32), least: 64.0, median: None }
    }

    #[test]
    fn names_are_taken_apart() {
        let figure = named("batch SHA_256, 512 at a time", "ring");
        assert_eq!((figure.benchmark(), figure.subject(), figure.throughput()), ("batch", "SHA_256", Some((32, 0.5))));
    }

    #[test]
    fn ours_come_first_and_the_floor_before() {
        let mut all = [
            named("delivery github", "countersign"),
            named("prepared SHA_1", "ring"),
            named("prepared SHA_1", "countersign base64"),
            named("prepared SHA_1", "countersign hex"),
            named("prepared SHA_1", "floor"),
            named("prepared MD5", "hmac"),
        ];
        all.sort_by_cached_key(Figure::place);
        let names = all.map(|figure| format!("{} {}", figure.subject(), figure.contestant));
        assert_eq!(
            names,
            [
                "MD5 hmac",
                "SHA_1 floor",
                "SHA_1 countersign hex",
                "SHA_1 countersign base64",
                "SHA_1 ring",
                "github countersign"
            ]
        );
    }
}
