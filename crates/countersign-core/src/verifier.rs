//! The verifier: a scheme and its keys, checked once, before any delivery arrives. `verify.rs` verifies deliveries with
//! it.

use core::fmt;

use crate::algorithm::Algorithm;
use crate::delivery::Headers;
use crate::header::single_line;
use crate::infer::AlgorithmRule;
use crate::key::Key;
use crate::plan::Plan;
use crate::scheme::{HmacScheme, Scheme, Source};
use crate::setup::{MAX_SECRETS, SchemeFault, SetupError};
use crate::template::Part;

const NO_HEADER: SchemeFault = SchemeFault::new("signature.header", "nothing is checked, so no header is looked at");

/// A scheme and its keys. It is made once and verifies any number of deliveries, from any number of threads.
///
/// `K` is the type of the list of keys, `S` that of the texts of the scheme: `Verifier<[Key; 1]>` needs no heap.
#[derive(Clone)]
pub struct Verifier<K, S = &'static str> {
    pub(crate) scheme: Scheme<S>,
    pub(crate) plan: Plan,
    pub(crate) keys: K,
}

impl<K: AsRef<[Key]>, S: AsRef<str>> Verifier<K, S> {
    /// Makes a verifier from a scheme and its keys.
    ///
    /// With a fixed algorithm, pass one key per secret. With an inferred one, pass one key per secret and accepted
    /// algorithm; the keys of each algorithm must be in the order of the secrets.
    ///
    /// # Errors
    /// [`SetupError::Scheme`] if the parts of the scheme do not fit together; [`SetupError::EmptySecret`] if there is
    /// no key (except for [`Scheme::None`]; [`Key::hmac`] refuses an empty secret and one of zeros);
    /// [`SetupError::UnsuitableKey`] for a key that this scheme cannot use; [`SetupError::TooManySecrets`] for more
    /// than [`MAX_SECRETS`] keys of one algorithm.
    pub fn new(scheme: Scheme<S>, keys: K) -> Result<Self, SetupError> {
        let plan = scheme.plan().map_err(SetupError::Scheme)?;
        let all = keys.as_ref();
        if all.is_empty() != matches!(scheme, Scheme::None) {
            return Err(if all.is_empty() { SetupError::EmptySecret } else { SetupError::UnsuitableKey });
        }
        let suitable = |key: &Key| match (&scheme, key.algorithm()) {
            (Scheme::Hmac(HmacScheme { algorithm: AlgorithmRule::Fixed(fixed), .. }), Some(own)) => *fixed == own,
            (Scheme::Hmac(_), Some(_)) | (Scheme::Token { .. }, None) => true,
            _ => false,
        };
        if !all.iter().all(suitable) {
            return Err(SetupError::UnsuitableKey);
        }
        let count_with = |algorithm| all.iter().filter(|key| key.algorithm() == algorithm).count();
        if all.iter().any(|key| count_with(key.algorithm()) > MAX_SECRETS) {
            return Err(SetupError::TooManySecrets);
        }
        Ok(Self { scheme, plan, keys })
    }

    /// The same verifier, with the signature (or token) in the header `header`, and in no other.
    ///
    /// # Errors
    /// [`SetupError::Scheme`] if this is not a valid header name, or if the scheme is [`Scheme::None`], which reads no
    /// header.
    pub fn in_header(self, header: S) -> Result<Self, SetupError> {
        let scheme = match self.scheme {
            Scheme::Hmac(scheme) => Scheme::Hmac(HmacScheme { header, ..scheme }),
            Scheme::Token { .. } => Scheme::Token { header },
            Scheme::None => return Err(SetupError::Scheme(NO_HEADER)),
        };
        Self::new(scheme, self.keys)
    }

    /// The keys.
    pub fn keys(&self) -> &[Key] {
        self.keys.as_ref()
    }

    /// The scheme.
    pub fn scheme(&self) -> &Scheme<S> {
        &self.scheme
    }

    /// Whether the URL is signed, so that a delivery cannot be verified without it.
    pub fn signs_url(&self) -> bool {
        matches!(self.scheme, Scheme::Hmac(_)) && self.plan.template.contains(Part::Url)
    }

    /// Whether the URL is signed, and ends where it ends in the signed text: a space or a control character, which no URL
    /// has, stands between it and what is next to it on the side of the body. Otherwise one signature fits several URLs,
    /// and its last parameter may have lost its end to the body, or have got it from there.
    pub fn delimits_url(&self) -> bool {
        matches!(&self.scheme, Scheme::Hmac(scheme) if self.plan.template.delimits_url(scheme.template()))
    }

    /// Whether [`identify`](Self::identify) identifies a message by its id, without reading the body.
    pub fn signs_id(&self) -> bool {
        matches!(&self.scheme, Scheme::Hmac(scheme) if self.plan.signs_id(scheme))
    }

    /// Whether the body alone is signed, and nothing else is read.
    pub fn signs_body_alone(&self) -> bool {
        matches!(self.scheme, Scheme::Hmac(_)) && self.plan.signs_body_alone
    }

    /// Whether the MAC covers the header `name`: the signed text holds it, as itself, as the id or as the timestamp.
    pub fn signs_header(&self, name: &str) -> bool {
        let Scheme::Hmac(scheme) = &self.scheme else { return false };
        let is_in = |source: Option<&Source<S>>| match source {
            Some(Source::Header(header)) => header.as_ref().eq_ignore_ascii_case(name),
            _ => false,
        };
        self.plan.template.parts().any(|part| match part {
            Part::Header(range) => range.text_in(scheme.template()).eq_ignore_ascii_case(name),
            Part::Id => is_in(scheme.id.as_ref()),
            Part::Timestamp => is_in(scheme.timestamp.as_ref().map(|rule| &rule.from)),
            _ => false,
        })
    }

    /// The number of MACs that a delivery with a wrong signature usually costs, one for each secret, and their
    /// algorithm. `None` if the scheme has no MAC.
    pub fn cost(&self) -> Option<(Algorithm, usize)> {
        let algorithm = match &self.scheme {
            Scheme::Hmac(HmacScheme { algorithm: AlgorithmRule::Fixed(algorithm), .. }) => *algorithm,
            Scheme::Hmac(_) if self.accepts(Algorithm::Sha256) => Algorithm::Sha256,
            Scheme::Hmac(_) => self.keys.as_ref().first()?.algorithm()?,
            Scheme::Token { .. } | Scheme::None => return None,
        };
        let count = self.keys.as_ref().iter().filter(|key| key.algorithm() == Some(algorithm)).count();
        Some((algorithm, count))
    }

    /// The line of the signature header, if the scheme has one such header and it has one line.
    #[inline]
    pub fn signature_line<'a, H: Headers + ?Sized>(&'a self, headers: &'a H) -> Option<&'a [u8]> {
        match &self.scheme {
            Scheme::Hmac(scheme) if !self.plan.several_headers => {
                single_line(headers.lines(scheme.header.as_ref())).ok()?
            }
            _ => None,
        }
    }

    /// Whether there is a key for `algorithm`.
    #[inline]
    pub(crate) fn accepts(&self, algorithm: Algorithm) -> bool {
        self.keys.as_ref().iter().any(|key| key.algorithm() == Some(algorithm))
    }

    /// The name of the header with the signature or token; the first, if there can be several.
    pub(crate) fn first_header(&self) -> &str {
        match &self.scheme {
            Scheme::Hmac(scheme) if !self.plan.several_headers => scheme.header.as_ref(),
            scheme => scheme.headers().next().unwrap_or_default(),
        }
    }
}

impl<K: AsRef<[Key]>, S: fmt::Debug> fmt::Debug for Verifier<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("scheme", &self.scheme)
            .field("keys", &self.keys.as_ref())
            .finish_non_exhaustive()
    }
}
