//! From an event to its rows and dead letters. No input, however it is made, leaves an event without either.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::content::{Content, content};
use crate::dead_letter::{DEPTH_MAX, DIGITS_MAX, KEYS_MAX, ROWS_MAX, Reason, Unfit};
use crate::event::Event;
use crate::json::{self, Document, Keep, Parts, Shape, push_quoted};
use crate::plan::Plan;
use crate::row::{Outcome, Row, Values};
use crate::table::{Format, Table};
use crate::unpacked::{self, Rule};

/// How the events of one load become rows.
pub(crate) struct RowMaker<'a> {
    pub(crate) table: &'a Table,
    pub(crate) plan: &'a mut Plan,
    /// Whether columns may be added.
    pub(crate) may_add: bool,
}

/// What the destination has said about the element with an index: why it refuses its row.
type Refused<'r> = &'r dyn Fn(u32) -> Option<&'r str>;

impl RowMaker<'_> {
    /// What `event` becomes, by index. It is at least one row or dead letter.
    pub(crate) fn outcomes<'a>(&mut self, event: &Event<'a>, refused: Refused<'_>) -> Vec<Outcome<'a>> {
        match self.try_outcomes(event, refused) {
            Ok(outcomes) => outcomes,
            Err(unfit) => vec![Outcome::DeadLetter(unfit.letter(0, event.body))],
        }
    }

    /// An error is about the whole event.
    fn try_outcomes<'a>(&mut self, event: &Event<'a>, refused: Refused<'_>) -> Result<Vec<Outcome<'a>>, Unfit> {
        match (content(event, self.table)?, self.table.format) {
            (Content::Text(Cow::Borrowed(text)), _) => self.rows_of(text, refused),
            (Content::Text(Cow::Owned(text)), _) => {
                let outcomes = self.rows_of(&text, refused)?;
                Ok(outcomes.into_iter().map(Outcome::into_owned).collect())
            }
            (Content::Bytes { bytes, .. }, Format::Packed) => {
                let json = format!("{{\"body_base64\":\"{}\"}}", STANDARD.encode(bytes));
                self.whole(refused, |_| Ok(Values::Packed(json.into())))
            }
            (Content::Bytes { why, .. }, Format::Unpacked) => Err(Unfit::new(Reason::InvalidUtf8, why)),
        }
    }

    /// What a text becomes. An error is about the whole event.
    fn rows_of<'t>(&mut self, text: &'t str, refused: Refused<'_>) -> Result<Vec<Outcome<'t>>, Unfit> {
        if self.table.ndjson {
            let lines = || text.split('\n').filter(|line| !line.trim_ascii().is_empty());
            let count = lines().count();
            if count > 0 {
                return self.split(count, lines(), refused);
            }
        }
        let document = match json::parse(text, self.keep()) {
            Ok(document) => document,
            Err(_) if self.table.format == Format::Packed => {
                return self.whole(refused, |_| Ok(Values::Packed(quoted(text).into())));
            }
            Err(fault) => return Err(not_json(text, fault)),
        };
        match document.parts {
            Parts::Array { count: 0, .. } => Err(Unfit::new(Reason::EmptyArray, "the array has no elements")),
            Parts::Array { elements, count } => self.split(count, elements.iter().map(|element| element.text), refused),
            _ => self.whole(refused, |maker| maker.values(text, &document)),
        }
    }

    fn keep(&self) -> Keep {
        let members = if self.table.format == Format::Packed { 0 } else { KEYS_MAX };
        Keep { members, elements: ROWS_MAX }
    }

    /// One row of the whole event.
    fn whole<'t>(
        &mut self,
        refused: Refused<'_>,
        values: impl FnOnce(&mut Self) -> Result<Values<'t>, Unfit>,
    ) -> Result<Vec<Outcome<'t>>, Unfit> {
        match refused(0) {
            Some(message) => Err(Unfit::new(Reason::Refused, message)),
            None => Ok(vec![Outcome::Row(Row { index: 0, values: values(self)? })]),
        }
    }

    /// A row or dead letter for each element.
    fn split<'t>(
        &mut self,
        count: usize,
        elements: impl Iterator<Item = &'t str>,
        refused: Refused<'_>,
    ) -> Result<Vec<Outcome<'t>>, Unfit> {
        if count > ROWS_MAX {
            let detail = format!("the body has {count} elements; {ROWS_MAX} are allowed");
            return Err(Unfit::new(Reason::TooManyRows, detail));
        }
        Ok((0..)
            .zip(elements)
            .map(|(index, element)| {
                let values = match refused(index) {
                    Some(message) => Err(Unfit::new(Reason::Refused, message)),
                    None => self.element(element),
                };
                match values {
                    Ok(values) => Outcome::Row(Row { index, values }),
                    Err(unfit) => Outcome::DeadLetter(unfit.letter(index, element.as_bytes())),
                }
            })
            .collect())
    }

    /// The values of an element: of an array, where it is JSON, or a line, which need not be.
    fn element<'t>(&mut self, element: &'t str) -> Result<Values<'t>, Unfit> {
        match json::parse(element, Keep { elements: 0, ..self.keep() }) {
            Ok(document) => self.values(document.value.text, &document),
            Err(_) if self.table.format == Format::Packed => {
                Ok(Values::Packed(quoted(element.strip_suffix('\r').unwrap_or(element)).into()))
            }
            Err(fault) => Err(not_json(element, fault)),
        }
    }

    /// The values of `text`, which `document` has read.
    fn values<'t>(&mut self, text: &'t str, document: &Document<'t>) -> Result<Values<'t>, Unfit> {
        within_bounds(document.value.shape)?;
        match (self.table.format, &document.parts) {
            (Format::Packed, _) => Ok(Values::Packed(text.into())),
            (Format::Unpacked, Parts::Object { members, count }) => {
                let rule = Rule { may_add: self.may_add, naming: self.table.naming };
                unpacked::cells(members, *count, self.plan, rule).map(Values::Unpacked)
            }
            (Format::Unpacked, _) => {
                let what = if matches!(document.parts, Parts::Array { .. }) { "an array" } else { "a single value" };
                Err(Unfit::new(Reason::NotAnObject, format!("{what} has no keys to make columns of")))
            }
        }
    }
}

fn within_bounds(shape: Shape) -> Result<(), Unfit> {
    if shape.depth > DEPTH_MAX {
        let detail = format!("objects and arrays are {} deep; {DEPTH_MAX} are allowed", shape.depth);
        return Err(Unfit::new(Reason::TooDeep, detail));
    }
    if shape.digits > DIGITS_MAX {
        let detail = format!("a number has {} digits; {DIGITS_MAX} are allowed", shape.digits);
        return Err(Unfit::new(Reason::TooManyDigits, detail));
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    let mut json = String::new();
    push_quoted(&mut json, text);
    json
}

fn not_json(text: &str, fault: json::Fault) -> Unfit {
    if text.is_empty() {
        return Unfit::new(Reason::NotJson, "it is empty");
    }
    Unfit::new(Reason::NotJson, format!("expected {} at byte {}", fault.expected, fault.at))
}
