//! The core's `Scheme` in words that can be packed. Choices are indices into the core's own lists.

use countersign_core::{
    Algorithm, AlgorithmRule, Encoding, Format, HmacScheme, Scheme as CoreScheme, Source, TimeUnit, TimestampRule,
    Tolerance,
};
use serde::{Deserialize, Serialize};

/// How a sender proves who it is.
#[derive(Debug, Deserialize, Serialize)]
pub enum Scheme<'a> {
    /// By a MAC.
    #[serde(borrow)]
    Hmac(SenderScheme<'a>),
    /// By a token in this header.
    Token(&'a str),
    /// Not at all.
    None,
}

/// How a sender signs.
#[derive(Debug, Deserialize, Serialize)]
pub struct SenderScheme<'a> {
    /// The signature's headers.
    pub header: &'a str,
    /// What its value looks like.
    #[serde(borrow)]
    pub form: Form<'a>,
    /// The companion header, if the algorithm is inferred.
    pub companion: Option<&'a str>,
    /// How the tag is written.
    pub encoding: u8,
    /// The template.
    pub signed: Option<&'a str>,
    /// Where the time of sending stands.
    pub timestamp: Option<Moment<'a>>,
    /// Where the id stands.
    pub id: Option<Beside<'a>>,
}

/// What the value of a signature header looks like.
#[derive(Debug, Deserialize, Serialize)]
#[allow(missing_docs, reason = "the core's `Format` says what they are")]
pub enum Form<'a> {
    Bare,
    Labelled,
    Prefixed { prefix: &'a str, separator: Option<u8> },
    Pairs { separator: u8, mark: u8, key: &'a str },
    List { separator: u8, version: &'a str },
    Positional { separator: u8, fields: &'a str },
}

/// Where a value stands that is not the signature.
#[derive(Debug, Deserialize, Serialize)]
#[allow(missing_docs, reason = "the core's `Source` says what they are")]
pub enum Beside<'a> {
    Header(&'a str),
    Signature(&'a str),
}

/// Where the time of sending stands, how it is written, and how many seconds of the past and of the future are taken.
#[derive(Debug, Deserialize, Serialize)]
pub struct Moment<'a> {
    /// Where it stands.
    #[serde(borrow)]
    pub from: Beside<'a>,
    /// How it is written.
    pub unit: u8,
    /// Past and future.
    pub tolerance: Option<(u32, u32)>,
}

/// The index of a choice in the list of all choices.
fn index<T: PartialEq>(all: &[T], choice: &T) -> Option<u8> {
    all.iter().position(|other| other == choice).and_then(|at| u8::try_from(at).ok())
}

impl<'a> Scheme<'a> {
    /// Packs a scheme of the core; `None` for what the core has learnt since and this crate has not.
    #[must_use]
    pub fn of<S: AsRef<str>>(scheme: &'a CoreScheme<S>) -> Option<Self> {
        let scheme = match scheme {
            CoreScheme::Hmac(scheme) => scheme,
            CoreScheme::Token { header } => return Some(Self::Token(header.as_ref())),
            CoreScheme::None => return Some(Self::None),
        };
        let companion = match &scheme.algorithm {
            AlgorithmRule::Fixed(_) => None,
            AlgorithmRule::Infer { header } => Some(header.as_ref()),
            _ => return None,
        };
        let timestamp = match &scheme.timestamp {
            Some(TimestampRule { from, unit, tolerance }) => Some(Moment {
                from: Beside::of(from),
                unit: index(&TimeUnit::ALL, unit)?,
                tolerance: tolerance.map(|tolerance| (tolerance.past, tolerance.future)),
            }),
            None => None,
        };
        Some(Self::Hmac(SenderScheme {
            header: scheme.header.as_ref(),
            form: Form::of(&scheme.format),
            companion,
            encoding: index(&Encoding::ALL, &scheme.encoding)?,
            signed: scheme.signed.as_ref().map(AsRef::as_ref),
            timestamp,
            id: scheme.id.as_ref().map(Beside::of),
        }))
    }
}

impl<'a> SenderScheme<'a> {
    /// The core's scheme, with a fixed algorithm if there is no companion header. `None` for an index without a choice.
    pub(crate) fn unpack(&self, fixed: Algorithm) -> Option<HmacScheme<&'a str>> {
        let timestamp = match &self.timestamp {
            Some(Moment { from, unit, tolerance }) => Some(TimestampRule {
                from: from.unpack(),
                unit: *TimeUnit::ALL.get(usize::from(*unit))?,
                tolerance: tolerance.map(|(past, future)| Tolerance { past, future }),
            }),
            None => None,
        };
        Some(HmacScheme {
            header: self.header,
            format: self.form.unpack(),
            algorithm: self.companion.map_or(AlgorithmRule::Fixed(fixed), |header| AlgorithmRule::Infer { header }),
            encoding: *Encoding::ALL.get(usize::from(self.encoding))?,
            signed: self.signed,
            timestamp,
            id: self.id.as_ref().map(Beside::unpack),
        })
    }
}

impl<'a> Form<'a> {
    fn of<S: AsRef<str>>(format: &'a Format<S>) -> Self {
        match format {
            Format::Bare => Self::Bare,
            Format::Labelled => Self::Labelled,
            Format::Prefixed { prefix, separator } => Self::Prefixed { prefix: prefix.as_ref(), separator: *separator },
            Format::Pairs { separator, mark, key } => {
                Self::Pairs { separator: *separator, mark: *mark, key: key.as_ref() }
            }
            Format::List { separator, version } => Self::List { separator: *separator, version: version.as_ref() },
            Format::Positional { separator, fields } => {
                Self::Positional { separator: *separator, fields: fields.as_ref() }
            }
        }
    }

    fn unpack(&self) -> Format<&'a str> {
        match *self {
            Self::Bare => Format::Bare,
            Self::Labelled => Format::Labelled,
            Self::Prefixed { prefix, separator } => Format::Prefixed { prefix, separator },
            Self::Pairs { separator, mark, key } => Format::Pairs { separator, mark, key },
            Self::List { separator, version } => Format::List { separator, version },
            Self::Positional { separator, fields } => Format::Positional { separator, fields },
        }
    }
}

impl<'a> Beside<'a> {
    fn of<S: AsRef<str>>(source: &'a Source<S>) -> Self {
        match source {
            Source::Header(name) => Self::Header(name.as_ref()),
            Source::Signature(key) => Self::Signature(key.as_ref()),
        }
    }

    fn unpack(&self) -> Source<&'a str> {
        match *self {
            Self::Header(name) => Source::Header(name),
            Self::Signature(key) => Source::Signature(key),
        }
    }
}
