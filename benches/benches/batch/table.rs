//! Figures as text.

use std::fmt;

/// Rows of contestants, columns of sizes.
pub struct Table {
    title: String,
    sizes: Vec<usize>,
    rows: Vec<(&'static str, Vec<Option<f64>>)>,
}

/// What all others are compared with, if it takes part.
const MEASURE: &str = "intel-ipsec-mb";

impl Table {
    pub fn new(title: String, sizes: Vec<usize>) -> Self {
        Self { title, sizes, rows: Vec::new() }
    }

    pub fn add(&mut self, size: usize, name: &'static str, ns: f64) {
        let Some(column) = self.sizes.iter().position(|own| *own == size) else { return };
        let row = self.rows.iter().position(|(own, _)| *own == name).unwrap_or_else(|| {
            self.rows.push((name, vec![None; self.sizes.len()]));
            self.rows.len() - 1
        });
        self.rows[row].1[column] = Some(ns);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        write!(f, "{:<28}", "")?;
        for size in &self.sizes {
            write!(f, " {size:>10} B       ")?;
        }
        writeln!(f)?;
        let measure = self.rows.iter().find(|(name, _)| *name == MEASURE).map(|(_, cells)| cells);
        for (name, cells) in &self.rows {
            write!(f, "{name:<28}")?;
            for (column, cell) in cells.iter().enumerate() {
                match (cell, measure.and_then(|measure| measure[column])) {
                    (Some(ns), Some(measure)) => write!(f, " {ns:>10.1} {:>6.2} ×", ns / measure)?,
                    (Some(ns), None) => write!(f, " {ns:>10.1}         ")?,
                    (None, _) => write!(f, " {:>10}         ", "")?,
                }
            }
            writeln!(f)?;
        }
        writeln!(f)
    }
}
