//! Tables in Markdown.

use std::fmt::Write as _;

use crate::Run;
use crate::chart::Chart;
use crate::figures::Figure;

/// The rows that the others are compared with: the first of these that was measured.
const MEASURES: [&str; 4] = ["intel-ipsec-mb", "countersign hex", "countersign", "countersign whole"];

/// For the first word of a group's name: the title of its section, and what the tables in it show.
const ABOUT: [(&str, &str, &str); 8] = [
    (
        "prepared",
        "One verification",
        "From the text of the header to the verdict, with a prepared key. For the other libraries and the floor, only the MAC is \
         measured.",
    ),
    (
        "one-shot",
        "One verification, secret to verdict",
        "The key is prepared from the secret each time. For the other libraries, only the MAC is measured.",
    ),
    ("parse", "Parse and decode", "Everything before the MAC. For the other libraries, only the decoding is measured."),
    ("mac", "The MAC", "A verification without parsing, decoding and comparing."),
    ("compare", "Compare", "Everything after the MAC."),
    ("delivery", "Whole deliveries", "With all headers that the sender sets, and with a reading of the clock."),
    (
        "stream",
        "A body in pieces",
        "From the text of the header to the verdict. For the other libraries, only the MAC is measured.",
    ),
    (
        "batch",
        "Batches",
        "The time per message when many are verified at once. For `lanes` and the other libraries, only the MAC is measured.",
    ),
];

/// The whole page. Each chart stands before the tables whose figures it shows.
pub(crate) fn of(run: &Run, charts: &[(String, Chart)]) -> String {
    let mut page = format!(
        "# {}, {}\n\n\
         countersign {} at {}, with {}. Made by `{}`.\n\n\
         All times are in nanoseconds, and each is the shortest of all samples. The factor in parentheses compares it with\n\
         intel-ipsec-mb in the same column or, if that was not measured, with the first row of countersign.\n",
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
    // Columns and rows in the order in which they first occur, since figures may be sorted by either.
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

/// With as many digits as are significant.
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
