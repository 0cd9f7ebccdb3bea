//! What can be known of a scheme before a delivery arrives: that its parts go together, and how to read it quickly.

use crate::encoding::Encoding;
use crate::fast_path::FastPath;
use crate::format::{FieldKeys, Format, SIGNATURE_FIELD};
use crate::header::is_name;
use crate::infer::AlgorithmRule;
use crate::list::split_list;
use crate::scheme::{HmacScheme, Scheme, Source, TimestampRule};
use crate::setup::SchemeFault;
use crate::tag::MAX_SIGNATURES;
use crate::template::{Part, Template, bit};
use crate::timestamp::TimeUnit;

/// A scheme that was checked.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) template: Template,
    /// Whether the names of signature headers are a list.
    pub(crate) several_headers: bool,
    /// Whether the body alone is signed, and nothing else is read.
    pub(crate) signs_body_alone: bool,
    /// The fast path, if the scheme has one.
    pub(crate) fast_path: Option<FastPath>,
    /// How many digits a timestamp must have, where no other character shows its end; 0 for any number.
    pub(crate) digits: u8,
    /// [`UNCHECKED`] if nothing is checked, else zero.
    pub(crate) unchecked: u8,
}

/// What is written where nothing is checked: not a pattern that zeroing or wiping leaves.
pub(crate) const UNCHECKED: u8 = 0x9e;

impl Plan {
    /// Checks a scheme.
    pub(crate) fn new<S: AsRef<str>>(scheme: &HmacScheme<S>) -> Result<Self, SchemeFault> {
        let template = Template::parse(scheme.template())?;
        check_header_names(scheme.header.as_ref())?;
        // A name with blanks around it is read as a list of one, too.
        let several_headers = !is_name(scheme.header.as_ref());
        let signs_body_alone = template.is_body() && scheme.timestamp.is_none() && scheme.id.is_none();
        let fast_path = if signs_body_alone && !several_headers { FastPath::of(scheme) } else { None };
        let mut plan = Self { template, several_headers, signs_body_alone, fast_path, digits: 0, unchecked: 0 };
        check_format(&scheme.format, scheme.encoding)?;
        plan.check_algorithm(scheme)?;
        if let Some(timestamp) = &scheme.timestamp {
            plan.check_source(scheme, &timestamp.from, "timestamp.from")?;
        }
        if let Some(id) = &scheme.id {
            plan.check_source(scheme, id, "id.from")?;
        }
        plan.check_places(scheme)?;
        plan.check_signed(scheme)?;
        plan.find_delimiters(scheme)?;
        Ok(plan)
    }

    /// An algorithm can be inferred only where labels can be.
    fn check_algorithm<S: AsRef<str>>(&self, scheme: &HmacScheme<S>) -> Result<(), SchemeFault> {
        let AlgorithmRule::Infer { header } = &scheme.algorithm else { return Ok(()) };
        let fault = |message| Err(SchemeFault::new("algorithm", message));
        if !matches!(scheme.format, Format::Bare | Format::Labelled) {
            return fault("INFER_FROM_HEADER goes with the formats bare and labelled only");
        }
        if self.several_headers {
            return fault("INFER_FROM_HEADER goes with one signature header only");
        }
        if !is_name(header.as_ref()) {
            return fault("the header that names the algorithm has a name that no header can have");
        }
        if header.as_ref().eq_ignore_ascii_case(scheme.header.as_ref()) {
            return fault("the header that names the algorithm cannot be the one that holds the signature");
        }
        Ok(())
    }

    /// Whether there can be a value where a source points.
    fn check_source<S: AsRef<str>>(
        &self,
        scheme: &HmacScheme<S>,
        source: &Source<S>,
        field: &'static str,
    ) -> Result<(), SchemeFault> {
        let fault = |message| Err(SchemeFault::new(field, message));
        match (source, &scheme.format) {
            (Source::Header(name), _) if !is_name(name.as_ref()) => {
                fault("header:NAME needs the name of a header: letters, digits and !#$%&'*+-.^_`|~")
            }
            (Source::Header(_), _) => Ok(()),
            (Source::Signature(_), _) if self.several_headers => {
                fault("signature:KEY goes with one signature header only, since several could contradict each other")
            }
            (Source::Signature(wanted), Format::Pairs { key, separator }) => {
                let wanted = wanted.as_ref();
                if wanted == key.as_ref() {
                    return fault("names the key of the signature itself");
                }
                if !is_key(wanted, &[b'=', *separator]) {
                    return fault("signature:KEY needs a key that can stand before `=`");
                }
                Ok(())
            }
            (Source::Signature(wanted), Format::Positional { fields, .. }) => {
                let known = split_list(fields.as_ref()).any(|field| field == wanted.as_ref());
                if known && wanted.as_ref() != SIGNATURE_FIELD {
                    return Ok(());
                }
                fault("signature:KEY must name one of signature.fields, and not the signature")
            }
            (Source::Signature(_), _) => fault("signature:KEY goes with the formats pairs and positional only"),
        }
    }

    /// What has a place of its own cannot stand where another value stands.
    fn check_places<S: AsRef<str>>(&self, scheme: &HmacScheme<S>) -> Result<(), SchemeFault> {
        let holds_signature = |name: &str| split_list(scheme.header.as_ref()).any(|own| own.eq_ignore_ascii_case(name));
        let timestamp = scheme.timestamp.as_ref().map(|rule| &rule.from);
        for (field, source) in [("timestamp.from", timestamp), ("id.from", scheme.id.as_ref())] {
            if let Some(Source::Header(name)) = source
                && holds_signature(name.as_ref())
            {
                return Err(SchemeFault::new(
                    field,
                    "this header holds the signature; signature:KEY reads what stands neighbour it",
                ));
            }
        }
        let same = match (timestamp, &scheme.id) {
            (Some(Source::Header(one)), Some(Source::Header(other))) => {
                one.as_ref().eq_ignore_ascii_case(other.as_ref())
            }
            (Some(Source::Signature(one)), Some(Source::Signature(other))) => one.as_ref() == other.as_ref(),
            _ => false,
        };
        if same {
            return Err(SchemeFault::new("id.from", "the id stands where the timestamp stands"));
        }
        let separator = match &scheme.format {
            Format::Pairs { separator, .. } | Format::Positional { separator, .. } => Some(*separator),
            _ => None,
        };
        if let (Some(separator), Some(TimestampRule { from: Source::Signature(_), unit: TimeUnit::Rfc3339, .. })) =
            (separator, &scheme.timestamp)
            && b":-+.".contains(&separator)
        {
            return Err(SchemeFault::new(
                "signature.separator",
                "this character occurs in the timestamp, which is a date",
            ));
        }
        let signed_header = |part: Part| match part {
            Part::Header(range) => holds_signature(range.of(scheme.template())),
            _ => false,
        };
        if self.template.parts().any(signed_header) {
            return Err(SchemeFault::new("signed", "the signature's header cannot be a part of what is signed"));
        }
        Ok(())
    }

    /// What the template signs, and what only a signed value can be used for.
    fn check_signed<S: AsRef<str>>(&self, scheme: &HmacScheme<S>) -> Result<(), SchemeFault> {
        let has = |wanted| self.template.has(wanted);
        if has(Part::Timestamp) && scheme.timestamp.is_none() {
            return Err(SchemeFault::new("signed", "{timestamp} needs a timestamp.from that says where it stands"));
        }
        if has(Part::Id) && scheme.id.is_none() {
            return Err(SchemeFault::new("signed", "{id} needs an id.from that says where it stands"));
        }
        if let Some(TimestampRule { tolerance: Some(_), from, .. }) = &scheme.timestamp
            && !has(Part::Timestamp)
            && !self.signs_header(scheme, from)
        {
            return Err(SchemeFault::new(
                "timestamp.tolerance",
                "the timestamp is not signed ({timestamp} is not part of signed), so anyone could write it; a tolerance over \
                 it would check nothing",
            ));
        }
        Ok(())
    }

    /// What bounds each part, so that the signed text can be cut in one way only.
    fn find_delimiters<S: AsRef<str>>(&mut self, scheme: &HmacScheme<S>) -> Result<(), SchemeFault> {
        let text = scheme.template();
        let unit = scheme.timestamp.as_ref().map(|rule| rule.unit);
        let is_timestamp = |part: Part| match (part, scheme.timestamp.as_ref().map(|rule| &rule.from)) {
            (Part::Timestamp, _) => true,
            (Part::Header(name), Some(Source::Header(from))) => name.of(text).eq_ignore_ascii_case(from.as_ref()),
            _ => false,
        };
        let mut timestamps = 0_u16;
        for (at, part, neighbour, is_before) in self.template.neighbours() {
            let literal = neighbour.and_then(|neighbour| neighbour.literal(text));
            match part {
                _ if is_timestamp(part) => {
                    timestamps |= bit(at);
                    let edge = literal.and_then(|text| if is_before { text.first() } else { text.last() });
                    self.digits = match unit {
                        Some(TimeUnit::Seconds) if edge.is_none_or(u8::is_ascii_digit) => 10,
                        Some(TimeUnit::Milliseconds) if edge.is_none_or(u8::is_ascii_digit) => 13,
                        _ => self.digits,
                    };
                }
                Part::Id | Part::Header(_) => {
                    let is_dated = is_before && neighbour.is_some_and(is_timestamp) && unit == Some(TimeUnit::Rfc3339);
                    if literal.is_none() && !is_dated && !part.is_date(text) {
                        return Err(SchemeFault::at("signed", Template::place(text, at), TOUCHES));
                    }
                }
                Part::Literal(_) | Part::Body | Part::Timestamp | Part::Method | Part::Url => {}
            }
        }
        self.template.set_timestamp_parts(text, timestamps);
        Ok(())
    }

    /// Whether the id is part of what is signed, so that it tells one message from another.
    pub(crate) fn signs_id<S: AsRef<str>>(&self, scheme: &HmacScheme<S>) -> bool {
        scheme
            .id
            .as_ref()
            .is_some_and(|from| self.template.parts().any(|part| part == Part::Id) || self.signs_header(scheme, from))
    }

    fn signs_header<S: AsRef<str>>(&self, scheme: &HmacScheme<S>, source: &Source<S>) -> bool {
        let Source::Header(name) = source else { return false };
        self.template.parts().any(|part| match part {
            Part::Header(range) => range.of(scheme.template()).eq_ignore_ascii_case(name.as_ref()),
            _ => false,
        })
    }
}

impl<S: AsRef<str>> HmacScheme<S> {
    /// The keys of the signature header that hold something neighbour the signature.
    #[inline]
    pub(crate) fn field_keys(&self) -> FieldKeys<'_> {
        FieldKeys {
            timestamp: self.timestamp.as_ref().and_then(|rule| rule.from.in_signature()),
            id: self.id.as_ref().and_then(Source::in_signature),
        }
    }
}

/// Why an id or a header must have a literal neighbour it.
const TOUCHES: &str = "nothing tells where this value ends, so one signature would fit several deliveries; literal text must stand \
     between it and what is next to it on the side of {body}, such as {id}.{timestamp}.{body}";

/// Each of the names must be one, and none may stand twice.
fn check_header_names(text: &str) -> Result<(), SchemeFault> {
    let fault = |message| Err(SchemeFault::new("signature.header", message));
    let names = || split_list(text);
    for (index, name) in names().enumerate() {
        if !is_name(name) {
            return fault("needs the name of a header: letters, digits and !#$%&'*+-.^_`|~");
        }
        if names().take(index).any(|other| other.eq_ignore_ascii_case(name)) {
            return fault("a name stands twice");
        }
        if index >= MAX_SIGNATURES {
            return fault("more than 16 names");
        }
    }
    Ok(())
}

fn check_format<S: AsRef<str>>(format: &Format<S>, encoding: Encoding) -> Result<(), SchemeFault> {
    let fault = |field, message| Err(SchemeFault::new(field, message));
    match format {
        Format::Bare | Format::Labelled => Ok(()),
        Format::Prefixed { prefix, separator } => {
            if prefix.as_ref().is_empty() {
                return fault(
                    "signature.prefix",
                    "must not be empty; a signature without a prefix has the format bare",
                );
            }
            if prefix.as_ref().starts_with([' ', '\t']) {
                return fault(
                    "signature.prefix",
                    "must not begin with a blank; blanks around header values are trimmed",
                );
            }
            separator.map_or(Ok(()), |separator| check_separator(separator, b"", encoding))
        }
        Format::Pairs { separator, key } => {
            check_separator(*separator, b"=", encoding)?;
            if is_key(key.as_ref(), &[b'=', *separator]) {
                return Ok(());
            }
            fault("signature.key", "must not be empty nor hold blanks, `=` or the separator")
        }
        Format::List { separator, version } => {
            check_separator(*separator, b",", encoding)?;
            if is_key(version.as_ref(), &[b',', *separator]) {
                return Ok(());
            }
            fault("signature.version", "must not be empty nor hold blanks, `,` or the separator")
        }
        Format::Positional { separator, fields } => {
            check_separator(*separator, b"", encoding)?;
            let names = || split_list(fields.as_ref());
            let twice = |(index, name): (usize, &str)| names().take(index).any(|other| other == name);
            if names().any(str::is_empty) {
                return fault("signature.fields", "a name is empty");
            }
            if names().enumerate().any(twice) {
                return fault("signature.fields", "a name stands twice");
            }
            if names().all(|name| name != SIGNATURE_FIELD) {
                return fault("signature.fields", "one of the names must be \"signature\"");
            }
            Ok(())
        }
    }
}

/// A separator must be told from everything that it separates.
fn check_separator(separator: u8, taken: &[u8], encoding: Encoding) -> Result<(), SchemeFault> {
    let alphabet: &[u8] = match encoding {
        Encoding::Base64 => b"+/=",
        Encoding::Base64Url => b"-_=",
        Encoding::HexaDecimal => b"",
    };
    let fault = |message| Err(SchemeFault::new("signature.separator", message));
    if separator != b' ' && !separator.is_ascii_punctuation() {
        return fault(
            "must be one printable ASCII character that is neither a letter nor a digit; blanks around items are trimmed",
        );
    }
    if taken.contains(&separator) {
        return fault("this character already stands between a key or version and its value");
    }
    if alphabet.contains(&separator) {
        return fault("this character occurs in signatures of this encoding");
    }
    Ok(())
}

/// Whether this can stand before `between` in an item.
fn is_key(text: &str, between: &[u8]) -> bool {
    !text.is_empty() && !text.bytes().any(|byte| byte.is_ascii_whitespace() || between.contains(&byte))
}

impl<S: AsRef<str>> Scheme<S> {
    /// Checks that the parts of a scheme go together, as [`Verifier::new`](crate::Verifier::new) does.
    ///
    /// # Errors
    /// The part that does not, by its name in a scheme's JSON, and why.
    pub fn check(&self) -> Result<(), SchemeFault> {
        self.plan().map(|_| ())
    }

    /// Checks a scheme. What signs nothing has a plan that is not used.
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
                    digits: 0,
                    unchecked,
                })
            }
        }
    }
}
