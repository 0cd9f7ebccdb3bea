//! `countersign presets`: the senders that are known by name.

mod handshake;
mod replays;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;

use countersign::{DeliveryIdPlace, Preset, Scheme, Unsupported, presets, unsupported};
use serde::Serialize;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::args::PresetsArgs;
use crate::config::of_preset;
use crate::error::{CliError, exit_code};
use crate::presets::replays::ReplaysJson;
use crate::terminal::{Palette, print};
use crate::wrap::{stderr_width, stdout_width, wrapped};

/// Runs the subcommand.
pub(crate) fn run(args: &PresetsArgs) -> Result<ExitCode, CliError> {
    let Some(name) = &args.name else {
        let palette = Palette::new(args.color, &io::stdout());
        print(&if args.json { all()? } else { table(&palette, stdout_width()) })?;
        return Ok(exit_code(true));
    };
    let preset = Preset::find(name).map_err(|error| CliError::Config(of_preset(&error)))?;
    if args.json {
        print(&json(&PresetJson::of(preset)?)?)?;
    } else {
        let remarks = remarks(preset, &Palette::new(args.color, &io::stderr()));
        eprint(&wrapped(&remarks, stderr_width(), 0));
        print(&dedented(preset.json()))?;
    }
    Ok(exit_code(true))
}

/// On standard error, so that standard output holds the scheme alone. If that is closed there is nobody left to tell.
fn eprint(text: &str) {
    let _ = io::Write::write_all(&mut io::stderr(), text.as_bytes());
}

/// What a person should know before using it.
fn remarks(preset: &Preset, palette: &Palette) -> String {
    let Palette { strong, faint, .. } = palette;
    let (word, why) = basis(preset);
    let mut text = format!("{strong}{}{strong:#}: {word}, {why}\n", preset.title);
    if !preset.aliases.is_empty() {
        let _ = writeln!(text, "Also called {}", preset.aliases.join(", "));
    }
    if let Some(note) = &preset.note {
        let _ = writeln!(text, "{note}");
    }
    for source in &preset.sources {
        let _ = writeln!(text, "{faint}{source}{faint:#}");
    }
    text += &replays::replays(preset, palette);
    text + &delivery_id(preset, palette) + &answer(preset, palette) + &handshake::handshake(preset, palette)
}

/// Where the id of a delivery is, and whether it is signed; or why there is none.
fn delivery_id(preset: &Preset, palette: &Palette) -> String {
    let Palette { strong, faint, .. } = palette;
    let known = &preset.delivery_id;
    let places: Vec<_> = places(preset)
        .into_iter()
        .map(|place| format!("{}{}", place.text, if place.is_signed { signed_as(&place.text) } else { ", not signed" }))
        .collect();
    let places = if places.is_empty() { "none".to_owned() } else { places.join("; else ") };
    let unconfirmed = if known.source.is_some() && !known.confirmed { " (unconfirmed)" } else { "" };
    let mut text = format!("{strong}Delivery id{strong:#}: {places}{unconfirmed}\n");
    if let Some(note) = &known.note {
        let _ = writeln!(text, "{note}");
    }
    if let Some(source) = &known.source {
        let _ = writeln!(text, "{faint}{source}{faint:#}");
    }
    text
}

/// An id inside the signed body is not what a replay memory means by a signed id: it never looks into the body.
fn signed_as(place: &str) -> &'static str {
    if place.starts_with("json:") || place.starts_with("form:") { ", in what is signed" } else { ", signed" }
}

fn places(preset: &Preset) -> Vec<DeliveryIdPlace> {
    Scheme::preset(preset.name()).map_or_else(|_| Vec::new(), |scheme| scheme.delivery_id_places())
}

/// How long the sender waits for an answer, if it says so.
fn answer(preset: &Preset, palette: &Palette) -> String {
    let Palette { strong, faint, .. } = palette;
    let Ok(Some(seconds)) = Scheme::preset(preset.name()).map(|scheme| scheme.answer_within()) else {
        return String::new();
    };
    let mut text = format!("{strong}Answer within{strong:#}: {seconds} s\n");
    if let Some(source) = &preset.answer_source {
        let _ = writeln!(text, "{faint}{source}{faint:#}");
    }
    text
}

/// Whether it is confirmed, and what it rests on.
fn basis(preset: &Preset) -> (&'static str, &'static str) {
    let why = match &*preset.basis {
        "vector" => "verifies examples that the sender published",
        "vendor-doc-or-sdk" => "read in the sender's own pages or code",
        "third-party-vector" => "verifies examples that others published",
        "third-party-code" => "read in the code of another project",
        _ => "taken from public catalogues alone; try it before you trust it",
    };
    (if preset.confirmed { "confirmed" } else { "unconfirmed" }, why)
}

/// The text without the indentation that it has where it is kept.
fn dedented(json: &str) -> String {
    let indentation = json.lines().last().map_or(0, |line| line.len() - line.trim_start().len());
    let strip = |line: &str| {
        let blanks = line.len() - line.trim_start().len();
        format!("{}\n", &line[blanks.min(indentation)..])
    };
    json.lines().map(strip).collect()
}

/// A row of the table.
struct Row {
    mark: char,
    style: anstyle::Style,
    name: &'static str,
    title: &'static str,
    header: String,
}

fn rows(palette: &Palette) -> Vec<Row> {
    let known = presets().iter().map(|preset| Row {
        mark: if preset.confirmed { '✔' } else { '?' },
        style: if preset.confirmed { palette.good } else { palette.strong },
        name: preset.name(),
        title: &preset.title,
        header: header(preset.name()),
    });
    let unknown = unsupported().iter().map(|known| Row {
        mark: '✘',
        style: palette.bad,
        name: &known.name,
        title: &known.title,
        header: String::new(),
    });
    known.chain(unknown).collect()
}

/// Where the signature or token is: the first header, and how many more there can be.
fn header(name: &str) -> String {
    let Ok(scheme) = Scheme::preset(name) else { return String::new() };
    let mut headers = scheme.headers();
    let first = headers.next().unwrap_or_default();
    match headers.count() {
        0 => first.to_owned(),
        more => format!("{first} and {more} more"),
    }
}

/// The table in `columns` columns, or in 80 if standard output is no terminal: titles that are too long are cut.
fn table(palette: &Palette, columns: Option<usize>) -> String {
    /// Fewer columns than these say nothing of a title.
    const LEAST_TITLE: usize = 10;
    let rows = rows(palette);
    let width = |column: fn(&Row) -> &str| rows.iter().map(|row| column(row).width()).max().unwrap_or_default();
    let (names, headers) = (width(|row| row.name), width(|row| &row.header));
    // Two columns for the mark, and two between the others.
    let room = columns.unwrap_or(80).saturating_sub(2 + names + 2 + 2 + headers);
    let titles = width(|row| row.title).min(room.max(LEAST_TITLE));
    let Palette { strong, faint, .. } = palette;
    let mut text = format!("{strong}  {:names$}  {:titles$}  header{strong:#}\n", "name", "title");
    for row in &rows {
        let Row { mark, style, name, header, .. } = row;
        let title = cut(row.title, titles);
        let blanks = " ".repeat(titles - title.width());
        let line = format!("{style}{mark}{style:#} {name:names$}  {title}{blanks}  {header}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let unconfirmed = presets().iter().filter(|preset| !preset.confirmed).count();
    let _ = writeln!(
        text,
        "\n{strong}{} presets: {} confirmed ✔, {unconfirmed} unconfirmed ?; {} senders unsupported ✘{strong:#}\n\
         {faint}countersign presets NAME prints a scheme and what to know about it,\n\
         or why there is none.{faint:#}",
        presets().len(),
        presets().len() - unconfirmed,
        unsupported().len(),
    );
    text
}

/// As much of a text as has room in so many columns.
fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    if text.width() <= columns {
        return text.into();
    }
    let mut short = String::new();
    for letter in text.chars() {
        if short.width() + letter.width().unwrap_or_default() >= columns {
            break;
        }
        short.push(letter);
    }
    format!("{}…", short.trim_end()).into()
}

/// Everything that is known of a preset.
#[derive(Serialize)]
struct PresetJson {
    name: &'static str,
    title: &'static str,
    aliases: &'static [String],
    confirmed: bool,
    basis: &'static str,
    sources: &'static [String],
    note: Option<&'static str>,
    #[serde(flatten)]
    replays: ReplaysJson,
    delivery_id: DeliveryIdJson,
    answer_source: Option<&'static str>,
    handshake_source: Option<&'static str>,
    scheme: serde_json::Value,
}

/// What is known of the id of its deliveries.
#[derive(Serialize)]
struct DeliveryIdJson {
    places: Vec<PlaceJson>,
    source: Option<&'static str>,
    confirmed: bool,
    note: Option<&'static str>,
}

#[derive(Serialize)]
struct PlaceJson {
    text: String,
    is_signed: bool,
}

impl DeliveryIdJson {
    fn of(preset: &'static Preset) -> Self {
        let place = |DeliveryIdPlace { text, is_signed, .. }| PlaceJson { text, is_signed };
        let known = &preset.delivery_id;
        Self {
            places: places(preset).into_iter().map(place).collect(),
            source: known.source.as_deref(),
            confirmed: known.confirmed,
            note: known.note.as_deref(),
        }
    }
}

impl PresetJson {
    fn of(preset: &'static Preset) -> Result<Self, CliError> {
        Ok(Self {
            name: preset.name(),
            title: &preset.title,
            aliases: &preset.aliases,
            confirmed: preset.confirmed,
            basis: &preset.basis,
            sources: &preset.sources,
            note: preset.note.as_deref(),
            replays: ReplaysJson::of(preset),
            delivery_id: DeliveryIdJson::of(preset),
            answer_source: preset.answer_source.as_deref(),
            handshake_source: preset.handshake_source.as_deref(),
            scheme: serde_json::from_str(preset.json()).map_err(|error| internal(&error))?,
        })
    }
}

/// Everything that is known of a sender for whom there is no preset.
#[derive(Serialize)]
struct UnsupportedJson {
    name: &'static str,
    title: &'static str,
    reason: &'static str,
    sources: &'static [String],
}

impl From<&'static Unsupported> for UnsupportedJson {
    fn from(known: &'static Unsupported) -> Self {
        Self { name: &known.name, title: &known.title, reason: &known.reason, sources: &known.sources }
    }
}

#[derive(Serialize)]
struct CatalogueJson {
    presets: Vec<PresetJson>,
    unsupported: Vec<UnsupportedJson>,
}

fn all() -> Result<String, CliError> {
    let presets = presets().iter().map(PresetJson::of).collect::<Result<_, _>>()?;
    json(&CatalogueJson { presets, unsupported: unsupported().iter().map(UnsupportedJson::from).collect() })
}

fn json(value: &impl Serialize) -> Result<String, CliError> {
    serde_json::to_string(value).map(|text| text + "\n").map_err(|error| internal(&error))
}

/// What is built in is valid JSON; that every preset can be printed is tested.
fn internal(error: &serde_json::Error) -> CliError {
    CliError::Config(format!("the presets cannot be printed: {error}"))
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::{cut, dedented, table};
    use crate::terminal::Palette;

    #[test]
    fn the_table_fits_the_terminal_as_long_as_anything_fits() {
        for columns in [80, 100, 140] {
            let shown = table(&Palette::default(), Some(columns));
            let longest = shown.lines().max_by_key(|line| line.width()).unwrap_or_default();
            assert!(longest.width() <= columns, "{columns}: {longest}");
        }
        assert_eq!(table(&Palette::default(), None), table(&Palette::default(), Some(80)));
        assert!(table(&Palette::default(), Some(20)).contains("Adyen (pa…"));
        assert_eq!((cut("Okta", 4), cut("Okta", 3), cut("a b", 2)), ("Okta".into(), "Ok…".into(), "a…".into()));
    }

    #[test]
    fn the_indentation_of_the_last_line_is_taken_from_all() {
        let text = "{\n        \"a\": {\n          \"b\": 1\n        }\n      }";
        assert_eq!(dedented(text), "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n");
        assert_eq!(dedented("{}"), "{}\n");
    }
}
