//! Tables in Markdown.

use std::fmt::Write as _;

use crate::Run;
use crate::chart::Chart;
use crate::figures::Figure;

/// What others are compared with: the first of these that takes part.
const MEASURES: [&str; 4] = ["intel-ipsec-mb", "countersign hex", "countersign", "countersign whole"];

/// What the first words of groups mean, and what stands in their tables.
const ABOUT: [(&str, &str, &str); 8] = [
    (
        "prepared",
        "One verification",
        "Header text to verdict with a prepared key; of the others and the floor the MAC alone.",
    ),
    (
        "one-shot",
        "One verification, secret to verdict",
        "The key is made ready each time; of the others the MAC alone.",
    ),
    ("parse", "Parse and decode", "All that comes before the MAC; of the others the decoding alone."),
    ("mac", "The MAC", "What is left of a verification without parsing, decoding and comparing."),
    ("compare", "Compare", "All that comes after the MAC."),
    ("delivery", "Whole deliveries", "With the headers of the sender, a look at the clock included."),
    ("stream", "A body in pieces", "Header text to verdict; of the others the MAC alone."),
    ("batch", "Batches", "For each of many messages at once; `lanes` and the others make the MAC alone."),
];

/// The whole page, with the charts in front of the tables that they draw.
pub(crate) fn of(run: &Run, charts: &[(String, Chart)]) -> String {
    let mut page = format!(
        "# {}, {}\n\n\
         countersign {} at {}, with {}. Made by `{}`.\n\n\
         Nanoseconds, the least of all samples. Behind a figure stands how many times as long it is as that of\n\
         intel-ipsec-mb if that takes part, else of the first row of countersign.\n",
        run.processor,
        run.date,
        run.version,
        run.commit,
        run.instruction_sets.join(", "),
        run.command
    );
    let mut last = "";
    for group in run.figures.chunk_by(|one, other| one.group == other.group) {
        let benchmark = group[0].benchmark();
        if benchmark != last {
            last = benchmark;
            let about = ABOUT.iter().find(|(word, ..)| *word == benchmark);
            let (_, title, text) = about.unwrap_or(&("", "Others", ""));
            let _ = write!(page, "\n## {title}\n\n{text}\n");
            let name = format!("{benchmark}.svg");
            if let Some((_, chart)) = charts.iter().find(|(chart, _)| *chart == name) {
                let _ = write!(page, "\n![{}]({name})\n", chart.title);
            }
        }
        let _ = write!(page, "\n### {}\n\n", group[0].group);
        table(&mut page, group);
    }
    page
}

fn table(page: &mut String, group: &[Figure]) {
    // In the order in which they come up, whether contestants or columns come together.
    let (mut columns, mut contestants): (Vec<&Figure>, Vec<&String>) = Default::default();
    for figure in group {
        if columns.iter().all(|other| other.column != figure.column) {
            columns.push(figure);
        }
        if !contestants.contains(&&figure.contestant) {
            contestants.push(&figure.contestant);
        }
    }
    let cell = |contestant: &str, column: &str| {
        group.iter().find(|figure| figure.contestant == contestant && figure.column == column)
    };
    let measure = MEASURES.iter().find(|name| group.iter().any(|figure| figure.contestant == **name));
    page.push_str("| |");
    for column in &columns {
        let head = if column.bytes.is_some() { size(&column.column) } else { column.column.clone() };
        let _ = write!(page, " {head} |");
    }
    let _ = writeln!(page, "\n|---|{}", "---:|".repeat(columns.len()));
    for contestant in contestants {
        let _ = write!(page, "| {contestant} |");
        for column in &columns {
            let ns = cell(contestant, &column.column).map(|figure| figure.least);
            let base = measure.and_then(|measure| cell(measure, &column.column)).map(|figure| figure.least);
            match (ns, base) {
                (Some(ns), Some(base)) if measure.is_some_and(|measure| measure != contestant) => {
                    let _ = write!(page, " {} ({:.2} ×) |", number(ns), ns / base);
                }
                (Some(ns), _) => {
                    let _ = write!(page, " {} |", number(ns));
                }
                (None, _) => page.push_str(" |"),
            }
        }
        page.push('\n');
    }
}

fn size(bytes: &str) -> String {
    match bytes.parse::<usize>() {
        Ok(bytes) if bytes >= 1 << 20 => format!("{} MiB", bytes >> 20),
        Ok(bytes) if bytes >= 1 << 10 => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} B"),
    }
}

/// As many digits as mean something.
fn number(ns: f64) -> String {
    if ns < 1000.0 { format!("{ns:.1}") } else { format!("{ns:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_compared_with_ours() {
        let figure = |contestant: &str, column: &str, least| Figure {
            group: "prepared MD5".to_owned(),
            contestant: contestant.to_owned(),
            column: column.to_owned(),
            bytes: column.parse().ok(),
            least,
            median: None,
        };
        let group = [
            figure("countersign hex", "32", 100.0),
            figure("ring", "32", 150.0),
            figure("countersign hex", "1024", 2000.0),
        ];
        let mut page = String::new();
        table(&mut page, &group);
        assert_eq!(
            page,
            "| | 32 B | 1 KiB |\n|---|---:|---:|\n| countersign hex | 100.0 | 2000 |\n| ring | 150.0 (1.50 ×) | |\n"
        );
    }
}
