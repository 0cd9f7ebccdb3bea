//! What came out, for people and for machines.

use std::fmt::Write as _;

use countersign::Algorithm;

use super::chart::{Chart, Line, Panel};
use crate::terminal::{Palette, grouped};

/// How long one verification takes.
pub(super) struct Measurement {
    pub(super) algorithm: Algorithm,
    /// Bytes of the body.
    pub(super) size: usize,
    /// How many deliveries were verified by one call.
    pub(super) at_a_time: usize,
    pub(super) nanoseconds: f64,
}

impl Measurement {
    #[expect(clippy::cast_precision_loss, reason = "bodies of some megabytes")]
    fn gigabytes_per_second(&self) -> f64 {
        self.size as f64 / self.nanoseconds
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate")]
    fn per_second(&self) -> u64 {
        (1e9 / self.nanoseconds).round() as u64
    }
}

/// A whole run: figures one by one and in batches by turns.
pub(super) struct Run {
    pub(super) processor: Option<String>,
    pub(super) instruction_sets: Vec<String>,
    pub(super) rounds: u32,
    pub(super) figures: Vec<Measurement>,
}

impl Run {
    /// One JSON object.
    pub(super) fn json(&self) -> String {
        let figures: Vec<_> = self
            .figures
            .iter()
            .map(|figure| {
                serde_json::json!({
                    "algorithm": figure.algorithm.name(),
                    "size": figure.size,
                    "at_a_time": figure.at_a_time,
                    "nanoseconds": rounded(figure.nanoseconds),
                    "gigabytes_per_second": rounded(figure.gigabytes_per_second()),
                    "verifications_per_second": figure.per_second(),
                })
            })
            .collect();
        let run = serde_json::json!({
            "version": env!("CARGO_PKG_VERSION"),
            "processor": self.processor,
            "instruction_sets": self.instruction_sets,
            "rounds": self.rounds,
            "figures": figures,
        });
        run.to_string() + "\n"
    }

    /// A table, and on what it was measured.
    pub(super) fn table(&self, palette: &Palette) -> String {
        let Palette { strong, faint, .. } = palette;
        let mut text = format!(
            "{faint}{:22}{:34}in batches{faint:#}\n{strong}{:9}{:>10}{:>12}{:>8}{:>12}{:>12}{:>12}{:>8}{:>12}{strong:#}\n",
            "", "one by one", "algorithm", "size", "ns", "GB/s", "per second", "at a time", "ns", "GB/s", "per second"
        );
        let mut last = None;
        for pair in self.figures.chunks(2) {
            let [one, batch] = pair else { continue };
            // A blank line between algorithms, unless there is one size only.
            if last.is_some_and(|last| last != one.algorithm) && self.sizes() > 1 {
                text.push('\n');
            }
            last = Some(one.algorithm);
            let _ = write!(text, "{:9}{:>10}", one.algorithm, size(one.size));
            columns(&mut text, one);
            let _ = write!(text, "{:>12}", batch.at_a_time);
            columns(&mut text, batch);
            text.push('\n');
        }
        let _ = writeln!(
            text,
            "\n{faint}{}\nFrom the text of the header to the verdict, on one core; the least of {} rounds{faint:#}",
            self.machine(),
            self.rounds
        );
        text
    }

    /// Throughput by size, a panel for each algorithm.
    pub(super) fn chart(&self) -> Chart {
        let mut panels: Vec<Panel> = Vec::new();
        for figure in &self.figures {
            let title = figure.algorithm.name();
            if panels.last().is_none_or(|panel| panel.title != title) {
                let line = |series| Line { series, points: Vec::new() };
                panels.push(Panel { title: title.to_owned(), lines: vec![line(0), line(1)] });
            }
            if let Some(panel) = panels.last_mut() {
                let line = usize::from(figure.at_a_time != 1);
                panel.lines[line].points.push((figure.size, figure.gigabytes_per_second()));
            }
        }
        Chart {
            title: "Verified webhook bodies on one core, GB/s".to_owned(),
            subtitle: self.machine(),
            series: ["one by one", "in batches"].map(str::to_owned).to_vec(),
            panels,
        }
    }

    fn sizes(&self) -> usize {
        self.figures.iter().filter(|figure| figure.at_a_time == 1).count() / self.algorithms().max(1)
    }

    fn algorithms(&self) -> usize {
        let mut names: Vec<_> = self.figures.iter().map(|figure| figure.algorithm).collect();
        names.dedup();
        names.len()
    }

    fn machine(&self) -> String {
        let with = if self.instruction_sets.is_empty() {
            "no instruction sets beyond the usual".to_owned()
        } else {
            self.instruction_sets.join(", ")
        };
        let on = self.processor.as_ref().map(|name| format!(" on {name}")).unwrap_or_default();
        format!("countersign {}{on}, with {with}", env!("CARGO_PKG_VERSION"))
    }
}

fn columns(text: &mut String, figure: &Measurement) {
    let (ns, rate) = (figure.nanoseconds, figure.gigabytes_per_second());
    let _ = write!(text, "{ns:>12.1}{rate:>8.2}{:>12}", grouped(figure.per_second()));
}

/// A size as short as it can be said exactly.
fn size(bytes: usize) -> String {
    match bytes {
        _ if bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        _ if bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} B"),
    }
}

/// To four digits that count.
#[expect(clippy::cast_possible_truncation, reason = "the number of its digits")]
fn rounded(number: f64) -> f64 {
    let scale = 10_f64.powi(3 - number.log10().floor() as i32);
    (number * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_in_all_units() {
        let figure = Measurement { algorithm: Algorithm::Md5, size: 1000, at_a_time: 1, nanoseconds: 500.0 };
        assert!((figure.gigabytes_per_second() - 2.0).abs() < 1e-9);
        assert_eq!(figure.per_second(), 2_000_000);
    }

    #[test]
    fn four_digits_count() {
        assert_eq!(
            [0.000_123_456, 1.235_49, 12_345.6].map(|number| rounded(number).to_string()),
            ["0.0001235", "1.235", "12350"]
        );
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!([32, 1000, 1024, 65_536, 3 << 20].map(size), ["32 B", "1000 B", "1 KiB", "64 KiB", "3 MiB"]);
    }
}
