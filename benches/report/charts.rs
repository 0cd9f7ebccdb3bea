//! Which charts there are.

use crate::Run;
use crate::chart::{Chart, Line, Panel};
use crate::figures::Figure;

/// A benchmark that is drawn: its title, and its lines, ours first.
struct Drawn {
    benchmark: &'static str,
    title: &'static str,
    /// Contestants, and what the chart calls them.
    lines: &'static [(&'static str, &'static str)],
}

const DRAWN: [Drawn; 3] = [
    Drawn {
        benchmark: "prepared",
        title: "One verification beside the MAC alone of others: GB/s on one core, by size of body",
        lines: &[
            ("countersign hex", "countersign"),
            ("OpenSSL", "OpenSSL"),
            ("ring", "ring"),
            ("aws-lc-rs", "aws-lc-rs"),
            ("hmac", "hmac + sha2, sha1, md-5"),
        ],
    },
    Drawn {
        benchmark: "delivery",
        title: "Whole deliveries: GB/s on one core, by size of body",
        lines: &[
            ("countersign", "countersign"),
            ("webhook-verify", "webhook-verify"),
            ("standardwebhooks", "standardwebhooks"),
            ("svix", "svix"),
        ],
    },
    Drawn {
        benchmark: "batch",
        title: "Batches beside the MAC alone of others: GB/s on one core, by size of body",
        lines: &[
            ("countersign batch, hex", "countersign, verified"),
            ("intel-ipsec-mb", "intel-ipsec-mb"),
            ("OpenSSL", "OpenSSL, one by one"),
            ("ring", "ring, one by one"),
        ],
    },
];

/// Each with the name of its file.
pub(crate) fn of(run: &Run) -> Vec<(String, Chart)> {
    let charts = DRAWN.iter().map(|drawn| (format!("{}.svg", drawn.benchmark), chart(drawn, run)));
    charts.filter(|(_, chart)| !chart.panels.is_empty()).collect()
}

fn chart(drawn: &Drawn, run: &Run) -> Chart {
    let groups = run.figures.chunk_by(|one, other| one.group == other.group);
    let groups: Vec<&[Figure]> = groups.filter(|group| group[0].benchmark() == drawn.benchmark).collect();
    // Who does not take part is not in the legend either.
    let lines: Vec<_> = drawn
        .lines
        .iter()
        .filter(|(name, _)| groups.iter().copied().flatten().any(|figure| figure.contestant == *name))
        .collect();
    let panel = |group: &&[Figure]| Panel {
        title: group[0].subject().to_owned(),
        lines: lines.iter().enumerate().filter_map(|(series, (name, _))| line(series, name, group)).collect(),
    };
    Chart {
        title: drawn.title.to_owned(),
        subtitle: format!(
            "{}, {}, countersign {}, {}",
            run.processor,
            run.instruction_sets.join(", "),
            run.version,
            run.date
        ),
        series: lines.iter().map(|(_, shown)| (*shown).to_owned()).collect(),
        panels: groups.iter().map(panel).collect(),
    }
}

fn line(series: usize, name: &str, group: &[Figure]) -> Option<Line> {
    let own = group.iter().filter(|figure| figure.contestant == name);
    let points: Vec<_> = own.filter_map(Figure::throughput).collect();
    (!points.is_empty()).then_some(Line { series, points })
}
