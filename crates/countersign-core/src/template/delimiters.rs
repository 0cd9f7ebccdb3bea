//! The delimiters of a template's parts: finds the delimiter of each part, and rejects values that contain theirs.

use crate::delimiter::{DATES, Delimiter, contains, is_http_date, occurs_after_start, occurs_before_end};
use crate::delivery::Headers;
use crate::rejection::Rejection;
use crate::template::{Part, PartValues, RequiredValues, Template};

/// A part of a template and what stands next to it.
#[derive(Clone, Copy)]
pub(crate) struct PlacedPart {
    /// The index among the parts.
    pub(crate) index: usize,
    pub(crate) part: Part,
    /// The next part on the side of the body.
    pub(crate) neighbour: Option<Part>,
    pub(crate) is_before_body: bool,
}

impl Template {
    /// The parts in order, each with its neighbour on the side of the body.
    pub(crate) fn placed_parts(&self) -> impl Iterator<Item = PlacedPart> {
        let body = self.parts().position(|part| part == Part::Body).unwrap_or_default();
        self.parts().enumerate().map(move |(index, part)| {
            let is_before_body = index < body;
            let neighbour = if is_before_body { index.checked_add(1) } else { index.checked_sub(1) };
            let neighbour = neighbour.and_then(|neighbour| self.parts.get(neighbour)).copied();
            PlacedPart { index, part, neighbour, is_before_body }
        })
    }

    /// Stores which parts are the timestamp, and derives which values a delivery must have.
    pub(crate) fn set_timestamp_parts(&mut self, text: &str, parts: u16) {
        self.timestamp_parts = parts;
        let ids = self.parts().filter(|part| *part == Part::Id).count();
        let headers = self.parts().any(|part| matches!(part, Part::Header(_)));
        let delimiter_byte = |placed: PlacedPart| match self.delimiter(text, placed) {
            _ if placed.part != Part::Id => None,
            Delimiter::LiteralAfter => self.literal_after(text, placed.index).next(),
            Delimiter::LiteralBefore => self.literal_before(text, placed.index).last(),
            _ => Some(b':'),
        };
        let id_delimiter = self.placed_parts().find_map(delimiter_byte).unwrap_or_default();
        let (method, url) = (self.contains(Part::Method), self.contains(Part::Url));
        self.required = RequiredValues { id: ids > 0, method, url, check_each_part: headers || ids > 1, id_delimiter };
    }

    /// Whether a part is a header `Date` that only its form delimits: there is no literal next to it, or one that every
    /// date contains.
    fn is_delimited_by_form(&self, text: &str, placed: PlacedPart) -> bool {
        let PlacedPart { index, part, neighbour, is_before_body } = placed;
        let is_literal = neighbour.is_some_and(|neighbour| neighbour.literal(text).is_some());
        part.is_date_header(text)
            && DATES.iter().all(|date| match is_before_body {
                _ if !is_literal => true,
                true => occurs_before_end(date, &self.literal_after(text, index)),
                false => occurs_after_start(date, &self.literal_before(text, index)),
            })
    }

    /// The delimiter of a part. The check of the scheme made sure that it has one.
    fn delimiter(&self, text: &str, placed: PlacedPart) -> Delimiter {
        let is_timestamp = self.timestamp_parts & part_bit(placed.index) != 0;
        let needs_delimiter = matches!(placed.part, Part::Id | Part::Header(_)) && !is_timestamp;
        match placed.neighbour {
            _ if !needs_delimiter => Delimiter::None,
            _ if self.is_delimited_by_form(text, placed) => Delimiter::Form,
            Some(Part::Literal(_)) if placed.is_before_body => Delimiter::LiteralAfter,
            Some(Part::Literal(_)) => Delimiter::LiteralBefore,
            _ => Delimiter::Date,
        }
    }

    /// Whether the URL is a part, and each time literal text with a byte that no URL has separates it from what is next to it on
    /// the side of the body.
    pub(crate) fn delimits_url(&self, text: &str) -> bool {
        let no_url_has = |byte: u8| byte.is_ascii_control() || byte == b' ';
        let is_delimited = |placed: PlacedPart| {
            if placed.is_before_body {
                self.literal_after(text, placed.index).any(no_url_has)
            } else {
                self.literal_before(text, placed.index).any(no_url_has)
            }
        };
        self.contains(Part::Url) && self.placed_parts().filter(|placed| placed.part == Part::Url).all(is_delimited)
    }

    /// The literal text from the end of the part `index` to the next placeholder.
    fn literal_after<'t>(&'t self, text: &'t str, index: usize) -> impl Iterator<Item = u8> + Clone + 't {
        let after = self.parts.get(index.saturating_add(1)..usize::from(self.count)).unwrap_or_default();
        after.iter().map_while(move |part| part.literal(text)).flatten().copied()
    }

    /// The literal text from the previous placeholder to the part `index`.
    fn literal_before<'t>(&'t self, text: &'t str, index: usize) -> impl Iterator<Item = u8> + Clone + 't {
        let before = self.parts.get(..index).unwrap_or_default();
        let literals = before.iter().rev().take_while(|part| part.literal(text).is_some()).count();
        let literals = before.get(index.saturating_sub(literals)..).unwrap_or_default();
        literals.iter().filter_map(move |part| part.literal(text)).flatten().copied()
    }

    /// Rejects if a part is absent or contains its delimiter.
    #[inline(never)]
    pub(super) fn check_parts<'a, H: Headers + ?Sized>(
        &self,
        text: &'a str,
        values: &PartValues<'_, 'a, H>,
    ) -> Result<(), Rejection> {
        for placed in self.placed_parts() {
            let value = values.require(text, placed.part)?;
            let is_delimited = match self.delimiter(text, placed) {
                Delimiter::None => true,
                Delimiter::LiteralAfter => !occurs_before_end(value, &self.literal_after(text, placed.index)),
                Delimiter::LiteralBefore => !occurs_after_start(value, &self.literal_before(text, placed.index)),
                Delimiter::Date => !contains(value, b':'),
                Delimiter::Form => is_http_date(value),
            };
            if !is_delimited {
                return Err(Rejection::MissingPart);
            }
        }
        Ok(())
    }
}

/// The bit of the part `index` in a set of parts.
pub(crate) fn part_bit(index: usize) -> u16 {
    1_u16.wrapping_shl(u32::try_from(index).unwrap_or_default())
}
