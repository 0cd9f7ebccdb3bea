//! How a kind of sender signs, as data.

use crate::encoding::Encoding;
use crate::format::Format;
use crate::freshness::Tolerance;
use crate::infer::AlgorithmRule;
use crate::list::split_list;
use crate::timestamp::TimeUnit;

/// The header that holds an HMAC signature unless a connection names another.
pub const SIGNATURE_HEADER: &str = "X-Fivetran-Hmac-Sign";
/// The header that holds a token unless a connection names another.
pub const TOKEN_HEADER: &str = "Authorization";
/// The companion header that may name the algorithm unless a connection names another. Ours, not the vendor's.
pub const ALGORITHM_HEADER: &str = "X-Fivetran-Hmac-Algorithm";
/// The template of a scheme that signs the body and nothing else.
const BODY: &str = "{body}";

/// How a kind of sender proves who it is.
///
/// `S` is any text, so that a scheme can be a constant or come from a configuration.
///
/// Exhaustive on purpose: whoever tells them apart is to be told by the compiler of one more, which is a new minor version of 0.x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme<S = &'static str> {
    /// A MAC over the delivery.
    Hmac(HmacScheme<S>),
    /// A secret that the sender repeats. In `Authorization` a leading `Bearer ` is optional.
    Token {
        /// The name of the header that holds it.
        header: S,
    },
    /// No authentication: every delivery is taken. For endpoints that are protected in some other way.
    None,
}

/// How a kind of sender signs: where the signature sits, what it is, and what is signed.
///
/// All of it is data, so that a scheme can be written down as a constant:
///
/// ```
/// use countersign_core::{Algorithm, AlgorithmRule, Encoding, Format, HmacScheme, Source, TimeUnit, TimestampRule, Tolerance};
///
/// const STRIPE: HmacScheme = HmacScheme {
///     header: "Stripe-Signature",
///     format: Format::Pairs { separator: b',', key: "v1" },
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
/// [`Verifier::new`](crate::Verifier::new) checks that its parts go together.
///
/// All of it is public and nothing is hidden, so that it can be written as a constant. A new field is a new minor version of 0.x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HmacScheme<S = &'static str> {
    /// The name of the signature's header, or several names with commas between them, of which one or more are present.
    pub header: S,
    /// What the value of that header looks like.
    pub format: Format<S>,
    /// The algorithm, or how it is found.
    pub algorithm: AlgorithmRule<S>,
    /// How the tag is written.
    pub encoding: Encoding,
    /// What is signed; `None` for the body alone. Literal text and `{body}`, `{timestamp}`, `{id}`, `{method}`, `{url}`, `{header:NAME}`; `{{` and
    /// `}}` are braces. `{body}` stands in it exactly once. An id or a header is bounded by literal text beside it, on the side of the
    /// body, which its value may not hold; before an RFC 3339 timestamp it may hold no colon, and the header `Date` may touch
    /// what it likes, or a literal that every date of HTTP holds, such as `:`, since it is then such a date. Method and URL may touch everything: they are what the receiver knows, path and
    /// query included. A timestamp in digits that touches something other than literal text, or a literal digit, on the side of
    /// the body has 10 digits, in milliseconds 13: any other number is a [`MalformedTimestamp`](crate::Rejection::MalformedTimestamp).
    pub signed: Option<S>,
    /// Where the time of sending is found and how old it may be.
    pub timestamp: Option<TimestampRule<S>>,
    /// Where the message's id is found.
    pub id: Option<Source<S>>,
}

/// Where the time of sending is found, how it is written, and how far from now it may be.
///
/// All of it is public and nothing is hidden, so that it can be written as a constant. A new field is a new minor version of 0.x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampRule<S = &'static str> {
    /// Where it stands.
    pub from: Source<S>,
    /// How it is written. Where [`signed`](HmacScheme::signed) has no literal beside it that ends it, its number of digits is fixed.
    pub unit: TimeUnit,
    /// How far from now it may be; `None` for any time. Only a timestamp that is signed can have one.
    pub tolerance: Option<Tolerance>,
}

/// Where a value stands that is not the signature.
///
/// Exhaustive on purpose: whoever tells them apart is to be told by the compiler of one more, which is a new minor version of 0.x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<S = &'static str> {
    /// `header:NAME`: in a header of its own.
    Header(S),
    /// `signature:KEY`: in the signature's header, under this key of [`Format::Pairs`] or in this field of
    /// [`Format::Positional`].
    Signature(S),
}

impl<S> Scheme<S> {
    /// An HMAC over the body, as `[label(=|:)]tag` in the header `header`.
    pub const fn hmac(header: S, algorithm: AlgorithmRule<S>, encoding: Encoding) -> Self {
        let (format, signed, timestamp, id) = (Format::Bare, None, None, None);
        Self::Hmac(HmacScheme { header, format, algorithm, encoding, signed, timestamp, id })
    }

    /// A token that the sender repeats in the header `header`.
    pub const fn token(header: S) -> Self {
        Self::Token { header }
    }
}

impl<S: AsRef<str>> Scheme<S> {
    /// The names of the headers that may hold the signature or token, in order; none for [`Scheme::None`].
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        let text = match self {
            Self::Hmac(HmacScheme { header, .. }) | Self::Token { header } => header.as_ref(),
            Self::None => "",
        };
        split_list(text).filter(|name| !name.is_empty())
    }
}

impl<S: AsRef<str>> HmacScheme<S> {
    /// The template of what is signed.
    #[inline]
    pub fn template(&self) -> &str {
        self.signed.as_ref().map_or(BODY, AsRef::as_ref)
    }
}

impl<S: AsRef<str>> Source<S> {
    /// The key or field of the signature's header, if it is found there.
    pub(crate) fn in_signature(&self) -> Option<&str> {
        match self {
            Self::Signature(key) => Some(key.as_ref()),
            Self::Header(_) => None,
        }
    }
}
