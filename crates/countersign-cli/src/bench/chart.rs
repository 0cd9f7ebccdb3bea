//! A chart as SVG: throughput by size of body, a panel for each algorithm. Its ground is left free and its colours are of
//! middle brightness, so that it can be read on a light page and on a dark one.
//!
//! `benches/report` draws with this file too.

use std::error::Error;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Panels with the same series and the same axes.
pub(crate) struct Chart {
    pub(crate) title: String,
    /// On what it was measured, and when.
    pub(crate) subtitle: String,
    /// What the lines are called; the first is drawn the thickest.
    pub(crate) series: Vec<String>,
    pub(crate) panels: Vec<Panel>,
}

/// One algorithm.
pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) lines: Vec<Line>,
}

/// One series.
pub(crate) struct Line {
    /// Its place in [`Chart::series`].
    pub(crate) series: usize,
    /// Bytes, and GB/s.
    pub(crate) points: Vec<(usize, f64)>,
}

const WIDTH: u32 = 960;
const HEAD: u32 = 92;
const PANEL_HEIGHT: u32 = 240;
const TEXT: RGBColor = RGBColor(0x76, 0x7e, 0x87);
const COLOURS: [RGBColor; 8] = [
    RGBColor(0x2f, 0x81, 0xf7),
    RGBColor(0xe0, 0x7b, 0x00),
    RGBColor(0x1a, 0xa0, 0x6d),
    RGBColor(0xa3, 0x71, 0xf7),
    RGBColor(0xe0, 0x4f, 0x5f),
    RGBColor(0x9a, 0x8b, 0x1f),
    RGBColor(0x00, 0x9f, 0xb7),
    RGBColor(0xd0, 0x5c, 0xb0),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Fault = Box<dyn Error + Send + Sync>;

impl Chart {
    /// The whole SVG document.
    pub(crate) fn svg(&self) -> Result<String, Fault> {
        let columns = self.panels.len().clamp(1, 3);
        let rows = self.panels.len().div_ceil(columns).max(1);
        let height = HEAD + PANEL_HEIGHT * u32::try_from(rows)?;
        let mut svg = String::new();
        {
            let root = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
            let (head, body) = root.split_vertically(HEAD);
            self.head(&head)?;
            for (panel, area) in self.panels.iter().zip(body.split_evenly((rows, columns))) {
                self.panel(panel, &area)?;
            }
            root.present()?;
        }
        Ok(svg)
    }

    fn head(&self, area: &Area<'_>) -> Result<(), Fault> {
        area.draw_text(&self.title, &text(20), (12, 6))?;
        area.draw_text(&self.subtitle, &text(15), (12, 32))?;
        let mut at = 12;
        for (series, name) in self.series.iter().enumerate() {
            let style = stroke(series);
            area.draw(&PathElement::new([(at, 67), (at + 22, 67)], style))?;
            area.draw(&Circle::new((at + 11, 67), 3, colour(series).filled()))?;
            area.draw_text(name, &text(15), (at + 28, 61))?;
            // About as wide as the letters of most typefaces.
            at += 48 + i32::try_from(name.chars().count())? * 7;
        }
        Ok(())
    }

    fn panel(&self, panel: &Panel, area: &Area<'_>) -> Result<(), Fault> {
        let ((left, right), (low, high)) = self.bounds();
        let mut chart = ChartBuilder::on(area)
            .margin(10)
            .margin_top(4)
            .margin_right(22)
            .caption(&panel.title, text(17))
            .x_label_area_size(22)
            .y_label_area_size(40)
            .build_cartesian_2d(RangedCoordf64::from(left..right), RangedCoordf64::from(low..high))?;
        chart
            .configure_mesh()
            .bold_line_style(TEXT.mix(0.25))
            .light_line_style(TEXT.mix(0.0))
            .axis_style(TEXT.mix(0.6))
            .x_labels(5)
            .y_labels(8)
            .label_style(text(14))
            .x_label_formatter(&|power| size(power.exp2()))
            .y_label_formatter(&|power| rate(power.exp2()))
            .draw()?;
        // The first series goes over all others.
        for line in panel.lines.iter().rev() {
            let points = line.points.iter().map(|&(size, rate)| place(size, rate));
            chart.draw_series(LineSeries::new(points.clone(), stroke(line.series)))?;
            let dot = |point| Circle::new(point, if line.series == 0 { 3 } else { 2 }, colour(line.series).filled());
            chart.draw_series(points.map(dot))?;
        }
        Ok(())
    }

    /// Whole powers of two around all points, on both axes.
    fn bounds(&self) -> ((f64, f64), (f64, f64)) {
        let points = || self.panels.iter().flat_map(|panel| &panel.lines).flat_map(|line| &line.points);
        let (sizes, rates) =
            (points().map(|point| place(point.0, point.1).0), points().map(|point| place(point.0, point.1).1));
        (around(sizes), around(rates))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a place on paper")]
fn place(size: usize, rate: f64) -> (f64, f64) {
    ((size as f64).log2(), rate.log2())
}

fn colour(series: usize) -> RGBColor {
    COLOURS[series % COLOURS.len()]
}

fn stroke(series: usize) -> ShapeStyle {
    colour(series).stroke_width(if series == 0 { 3 } else { 2 })
}

fn around(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (value.min(low), value.max(high)));
    if low > high {
        return (0.0, 1.0);
    }
    (low.floor(), high.ceil().max(low.floor() + 1.0))
}

fn text(size: i32) -> TextStyle<'static> {
    ("sans-serif", size).into_text_style(&(WIDTH, HEAD)).color(&TEXT).pos(Pos::new(HPos::Left, VPos::Top))
}

fn size(bytes: f64) -> String {
    match bytes {
        _ if bytes >= 1_048_576.0 => format!("{:.0} MiB", bytes / 1_048_576.0),
        _ if bytes >= 1024.0 => format!("{:.0} KiB", bytes / 1024.0),
        _ => format!("{bytes:.0} B"),
    }
}

/// A power of two, with no more digits than tell it from the next.
fn rate(gigabytes: f64) -> String {
    if gigabytes < 0.1 { format!("{gigabytes:.3}") } else { format!("{gigabytes}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(panels: usize) -> Chart {
        let line = |series| Line { series, points: vec![(32, 0.3), (1024, 1.7), (65_536, 2.5)] };
        let panel = |at| Panel { title: format!("panel {at}"), lines: vec![line(0), line(1)] };
        let series = vec!["first & last".to_owned(), "second".to_owned()];
        Chart {
            title: "a <title>".to_owned(),
            subtitle: String::new(),
            series,
            panels: (0..panels).map(panel).collect(),
        }
    }

    #[test]
    fn each_panel_and_series_is_drawn_once() {
        for panels in 1..=7 {
            let svg = chart(panels).svg().unwrap();
            assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{svg}");
            assert_eq!(svg.matches("panel ").count(), panels);
            // One line in the legend, and one in each panel.
            assert_eq!(svg.matches("stroke=\"#2F81F7\"").count(), panels + 1);
        }
    }

    #[test]
    fn texts_are_escaped_and_nothing_is_painted_behind() {
        let svg = chart(1).svg().unwrap();
        assert!(svg.contains("a &lt;title&gt;") && svg.contains("first &amp; last"), "{svg}");
        assert!(!svg.contains("FFFFFF") && !svg.contains("000000"), "{svg}");
    }

    #[test]
    fn a_chart_of_nothing_is_empty() {
        assert!(chart(0).svg().unwrap().contains("</svg>"));
    }

    #[test]
    fn axes_go_to_the_next_power_of_two() {
        assert_eq!(chart(1).bounds(), ((5.0, 16.0), (-2.0, 2.0)));
        assert_eq!([5.0, 10.0, 15.0, 20.0].map(f64::exp2).map(size), ["32 B", "1 KiB", "32 KiB", "1 MiB"]);
        assert_eq!([-5.0, -3.0, -1.0, 0.0, 4.0].map(f64::exp2).map(rate), ["0.031", "0.125", "0.5", "1", "16"]);
    }
}
