//! Plans: what a verifier derives from a scheme once, before any delivery arrives. `checks.rs` refuses schemes whose
//! parts do not fit together.

mod checks;

use crate::fast_path::FastPath;
use crate::format::FieldKeys;
use crate::header::is_name;
use crate::scheme::{HmacScheme, Scheme, Source};
use crate::setup::SchemeFault;
use crate::template::{Part, PlacedPart, Template, part_bit};
use crate::timestamp::TimeUnit;

/// What is derived from a scheme that was checked.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) template: Template,
    /// Whether the scheme names several signature headers.
    pub(crate) several_headers: bool,
    /// Whether only the body is signed, and no timestamp or id is read.
    pub(crate) signs_body_alone: bool,
    /// The fast path, if the scheme has one.
    pub(crate) fast_path: Option<FastPath>,
    /// The number of digits that a timestamp must have, if nothing else delimits it; 0 for any number.
    pub(crate) timestamp_digits: u8,
    /// [`UNCHECKED`] if nothing is checked, else zero.
    pub(crate) unchecked: u8,
}

/// The value of [`Plan::unchecked`] for [`Scheme::None`]: one that zeroing or wiping memory does not produce.
pub(crate) const UNCHECKED: u8 = 0x9e;

impl Plan {
    /// Checks a scheme and makes its plan.
    pub(crate) fn new<S: AsRef<str>>(scheme: &HmacScheme<S>) -> Result<Self, SchemeFault> {
        let template = Template::parse(scheme.template())?;
        checks::check_header_names(scheme.header.as_ref())?;
        // A name with spaces around it is treated as a list too.
        let several_headers = !is_name(scheme.header.as_ref());
        let signs_body_alone = template.is_body_alone() && scheme.timestamp.is_none() && scheme.id.is_none();
        let fast_path = if signs_body_alone && !several_headers { FastPath::new(scheme) } else { None };
        let mut plan =
            Self { template, several_headers, signs_body_alone, fast_path, timestamp_digits: 0, unchecked: 0 };
        checks::check_format(&scheme.format, scheme.encoding)?;
        plan.check_algorithm(scheme)?;
        if let Some(timestamp) = &scheme.timestamp {
            plan.check_source(scheme, &timestamp.from, "timestamp.from")?;
        }
        if let Some(id) = &scheme.id {
            plan.check_source(scheme, id, "id.from")?;
        }
        plan.check_sources_differ(scheme)?;
        plan.check_template(scheme)?;
        plan.find_delimiters(scheme)?;
        Ok(plan)
    }

    /// Finds the delimiter of each part, so that the signed text can be split in only one way.
    fn find_delimiters<S: AsRef<str>>(&mut self, scheme: &HmacScheme<S>) -> Result<(), SchemeFault> {
        let text = scheme.template();
        let unit = scheme.timestamp.as_ref().map(|rule| rule.unit);
        let is_timestamp = |part: Part| match (part, scheme.timestamp.as_ref().map(|rule| &rule.from)) {
            (Part::Timestamp, _) => true,
            (Part::Header(name), Some(Source::Header(from))) => name.text_in(text).eq_ignore_ascii_case(from.as_ref()),
            _ => false,
        };
        let mut timestamps = 0_u16;
        for PlacedPart { index, part, neighbour, is_before_body } in self.template.placed_parts() {
            let literal = neighbour.and_then(|neighbour| neighbour.literal(text));
            match part {
                _ if is_timestamp(part) => {
                    timestamps |= part_bit(index);
                    let adjacent = literal.and_then(|text| if is_before_body { text.first() } else { text.last() });
                    if unit == Some(TimeUnit::Utc)
                        && is_before_body
                        && adjacent.is_none_or(|byte| byte.is_ascii_digit() || *byte == b'.')
                    {
                        let position = Template::position_of(text, index);
                        return Err(SchemeFault::at_position("signed", position, NO_END_OF_FRACTION));
                    }
                    self.timestamp_digits = match unit {
                        Some(TimeUnit::Seconds) if adjacent.is_none_or(u8::is_ascii_digit) => 10,
                        Some(TimeUnit::Milliseconds) if adjacent.is_none_or(u8::is_ascii_digit) => 13,
                        _ => self.timestamp_digits,
                    };
                }
                Part::Id | Part::Header(_) => {
                    let is_before_date =
                        is_before_body && neighbour.is_some_and(is_timestamp) && unit == Some(TimeUnit::Rfc3339);
                    if literal.is_none() && !is_before_date && !part.is_date_header(text) {
                        let position = Template::position_of(text, index);
                        return Err(SchemeFault::at_position("signed", position, NO_DELIMITER));
                    }
                }
                Part::Literal(_) | Part::Body | Part::Timestamp | Part::Method | Part::Url => {}
            }
        }
        self.template.set_timestamp_parts(text, timestamps);
        Ok(())
    }

    /// Whether the id is signed, so that it distinguishes messages.
    pub(crate) fn signs_id<S: AsRef<str>>(&self, scheme: &HmacScheme<S>) -> bool {
        scheme
            .id
            .as_ref()
            .is_some_and(|from| self.template.parts().any(|part| part == Part::Id) || self.signs_header(scheme, from))
    }

    /// Whether the header that `source` names is a part of the signed text.
    fn signs_header<S: AsRef<str>>(&self, scheme: &HmacScheme<S>, source: &Source<S>) -> bool {
        let Source::Header(name) = source else { return false };
        self.template.parts().any(|part| match part {
            Part::Header(range) => range.text_in(scheme.template()).eq_ignore_ascii_case(name.as_ref()),
            _ => false,
        })
    }
}

impl<S: AsRef<str>> HmacScheme<S> {
    /// The keys of the signature header under which the timestamp and the id are.
    #[inline]
    pub(crate) fn field_keys(&self) -> FieldKeys<'_> {
        FieldKeys {
            timestamp: self.timestamp.as_ref().and_then(|rule| rule.from.in_signature()),
            id: self.id.as_ref().and_then(Source::in_signature),
        }
    }
}

/// The fault of an id or a header without a literal next to it.
const NO_DELIMITER: &str = "nothing tells where this value ends, so one signature would fit several deliveries; literal text must stand \
     between it and what is next to it on the side of {body}, such as {id}.{timestamp}.{body}";

/// The fault of a time without a zone that runs into what follows it.
const NO_END_OF_FRACTION: &str = "nothing tells where the fraction of this time ends, so one signature would fit several deliveries; literal text that \
     begins with neither a digit nor a full stop must stand behind it";

impl<S: AsRef<str>> Scheme<S> {
    /// Checks that the parts of a scheme fit together, as [`Verifier::new`](crate::Verifier::new) does.
    ///
    /// # Errors
    /// The first part that does not fit, by its name in a scheme's JSON, and the reason.
    pub fn check(&self) -> Result<(), SchemeFault> {
        self.plan().map(|_| ())
    }

    /// Checks a scheme and makes its plan. Without HMAC, only [`Plan::unchecked`] is used.
    pub(crate) fn plan(&self) -> Result<Plan, SchemeFault> {
        match self {
            Self::Hmac(scheme) => Plan::new(scheme),
            Self::Token { header } if !is_name(header.as_ref()) => {
                Err(SchemeFault::new("token.header", "needs the name of a header: letters, digits and !#$%&'*+-.^_`|~"))
            }
            Self::Token { .. } | Self::None => {
                let template = Template::parse("{body}")?;
                let unchecked = if matches!(self, Self::None) { UNCHECKED } else { 0 };
                Ok(Plan {
                    template,
                    several_headers: false,
                    signs_body_alone: true,
                    fast_path: None,
                    timestamp_digits: 0,
                    unchecked,
                })
            }
        }
    }
}
