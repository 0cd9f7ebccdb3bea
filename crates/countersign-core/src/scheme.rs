//! Schemes: how a sender signs, as data.

use crate::encoding::Encoding;
use crate::format::Format;
use crate::freshness::Tolerance;
use crate::infer::AlgorithmRule;
use crate::list::split_list;
use crate::timestamp::TimeUnit;

/// The header with the HMAC signature, unless a connection names another.
pub const SIGNATURE_HEADER: &str = "X-Fivetran-Hmac-Sign";
/// The header with the token, unless a connection names another.
pub const TOKEN_HEADER: &str = "Authorization";
/// The companion header that may name the algorithm, unless a connection names another. This name is our own, not
/// Fivetran's.
pub const ALGORITHM_HEADER: &str = "X-Fivetran-Hmac-Algorithm";
/// The template of a scheme that signs only the body.
const BODY: &str = "{body}";

/// How a sender proves who it is.
///
/// `S` is any text type, so a scheme can be a constant or come from a configuration.
///
/// Exhaustive on purpose: if a variant is added, the compiler reports every `match` that lacks it. Adding one is a
/// breaking change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme<S = &'static str> {
    /// An HMAC over the delivery.
    Hmac(HmacScheme<S>),
    /// A secret that the sender puts into a header. In `Authorization` a leading `Bearer ` is optional.
    Token {
        /// The name of that header.
        header: S,
    },
    /// No authentication: every delivery is accepted. For endpoints that are protected in another way.
    None,
}

/// How a sender signs with HMAC: where the signature is, what it looks like, and what is signed.
///
/// All of it is data, so a scheme can be written as a constant:
///
/// ```
/// use countersign_core::{
///     Algorithm, AlgorithmRule, Encoding, Format, HmacScheme, Source, TimeUnit, TimestampRule, Tolerance,
/// };
///
/// const STRIPE: HmacScheme = HmacScheme {
///     header: "Stripe-Signature",
///     format: Format::Pairs { separator: b',', mark: b'=', key: "v1" },
///     algorithm: AlgorithmRule::Fixed(Algorithm::Sha256),
///     encoding: Encoding::HexaDecimal,
///     signed: Some("{timestamp}.{body}"),
///     timestamp: Some(TimestampRule {
///         from: Source::Signature("t"),
///         unit: TimeUnit::Seconds,
///         tolerance: Some(Tolerance::both(300)),
///     }),
///     id: None,
/// };
/// # let _ = STRIPE;
/// ```
///
/// [`Verifier::new`](crate::Verifier::new) checks that its parts fit together.
///
/// All fields are public, so that it can be written as a constant. A new field is a breaking change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HmacScheme<S = &'static str> {
    /// The name of the signature header, or several names separated by commas, of which at least one must be present.
    pub header: S,
    /// The format of its value.
    pub format: Format<S>,
    /// The algorithm, or how to infer it.
    pub algorithm: AlgorithmRule<S>,
    /// The encoding of the tag.
    pub encoding: Encoding,
    /// The template of the signed text; `None` for the body alone. It consists of literal text and `{body}`,
    /// `{timestamp}`, `{id}`, `{method}`, `{url}`, `{header:NAME}`; `{{` and `}}` are literal braces. It contains
    /// `{body}` exactly once.
    ///
    /// The signed text must be possible to split in only one way. So an id or a header needs a delimiter, on the side
    /// of the body: literal text, which its value must not contain. Before an RFC 3339 timestamp it needs none, but
    /// must not contain a colon. The header `Date` needs none, or may be next to a literal that every HTTP date
    /// contains, such as `:`; its value must then be an HTTP date. Method and URL need none, since the receiver knows
    /// them, with path and query. A timestamp in digits that has no literal next to it on the side of the body, or one
    /// that begins or ends with a digit there, must have 10 digits, or 13 in milliseconds; any other number is a
    /// [`MalformedTimestamp`](crate::Rejection::MalformedTimestamp).
    pub signed: Option<S>,
    /// Where the time of sending is, and how old it may be.
    pub timestamp: Option<TimestampRule<S>>,
    /// Where the id of the message is.
    pub id: Option<Source<S>>,
}

/// Where the time of sending is, how it is written, and how far from now it may be.
///
/// All fields are public, so that it can be written as a constant. A new field is a breaking change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampRule<S = &'static str> {
    /// Where the timestamp is.
    pub from: Source<S>,
    /// The unit or format in which it is written. If no literal delimits it in [`signed`](HmacScheme::signed), its
    /// number of digits is fixed.
    pub unit: TimeUnit,
    /// How far from now it may be; `None` for no limit. Only a signed timestamp can have a tolerance.
    pub tolerance: Option<Tolerance>,
}

/// Where a timestamp or an id is in the headers.
///
/// Exhaustive on purpose: if a variant is added, the compiler reports every `match` that lacks it. Adding one is a
/// breaking change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<S = &'static str> {
    /// `header:NAME`: in a header of its own.
    Header(S),
    /// `signature:KEY`: in the signature header, under this key of [`Format::Pairs`] or in this field of
    /// [`Format::Positional`].
    Signature(S),
}

impl<S> Scheme<S> {
    /// An HMAC over the body, as `[label(=|:)]tag` in the header `header`.
    pub const fn hmac(header: S, algorithm: AlgorithmRule<S>, encoding: Encoding) -> Self {
        let (format, signed, timestamp, id) = (Format::Bare, None, None, None);
        Self::Hmac(HmacScheme { header, format, algorithm, encoding, signed, timestamp, id })
    }

    /// A token in the header `header`.
    pub const fn token(header: S) -> Self {
        Self::Token { header }
    }
}

impl<S: AsRef<str>> Scheme<S> {
    /// The names of the headers that may contain the signature or token, in order; none for [`Scheme::None`].
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        let text = match self {
            Self::Hmac(HmacScheme { header, .. }) | Self::Token { header } => header.as_ref(),
            Self::None => "",
        };
        split_list(text).filter(|name| !name.is_empty())
    }
}

impl<S: AsRef<str>> HmacScheme<S> {
    /// The template of the signed text.
    #[inline]
    pub fn template(&self) -> &str {
        self.signed.as_ref().map_or(BODY, AsRef::as_ref)
    }
}

impl<S: AsRef<str>> Source<S> {
    /// The key or field of the signature header, if the value is there.
    pub(crate) fn in_signature(&self) -> Option<&str> {
        match self {
            Self::Signature(key) => Some(key.as_ref()),
            Self::Header(_) => None,
        }
    }
}
