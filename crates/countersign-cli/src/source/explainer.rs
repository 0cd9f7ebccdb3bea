//! From the command line to what explains.

use std::time::SystemTime;

use countersign::{ConfigError, ConfigErrorKind, Delivery, Explanation, Scheme, Verifier};

use super::Source;
use crate::exit::Stop;

/// Tells why a delivery is rejected.
pub(crate) struct Explainer<'a> {
    source: &'a Source<'a>,
    how: How,
    /// Whether the URL is signed, as far as that is known.
    reads_url: bool,
}

enum How {
    /// Nothing is checked, so there is nothing to explain.
    Unchecked(Verifier),
    /// If the secrets are not of the form that the scheme asks for, with the error that says so.
    Scheme(Scheme, Option<ConfigError>),
}

impl<'a> Explainer<'a> {
    pub(super) fn new(source: &'a Source<'a>) -> Result<Self, Stop> {
        let verifier = source.try_verifier();
        let reads_url = verifier.as_ref().is_ok_and(Verifier::reads_url);
        let how = match verifier {
            Ok(verifier) if source.takes_everything() => How::Unchecked(verifier),
            Ok(_) => How::Scheme(Self::scheme(source)?, None),
            Err(error) if error.kind() == ConfigErrorKind::MalformedSecret => {
                How::Scheme(Self::scheme(source)?, Some(error))
            }
            Err(error) => return Err(source.explain(&error)),
        };
        Ok(Self { source, how, reads_url })
    }

    fn scheme(source: &Source<'_>) -> Result<Scheme, Stop> {
        source.scheme().map_err(|error| source.explain(&error))
    }

    /// The name of the header that holds the signature or token; the first, if there can be several.
    pub(crate) fn header(&self) -> &str {
        match &self.how {
            How::Unchecked(verifier) => verifier.header(),
            How::Scheme(scheme, _) => scheme.headers().next().unwrap_or_default(),
        }
    }

    /// Whether a delivery cannot be judged without its URL; false where the secret is none, since then nothing can.
    pub(crate) fn reads_url(&self) -> bool {
        self.reads_url
    }

    /// Why no verifier can be made with the secrets, if that is so.
    pub(crate) fn refusal(&self) -> Option<String> {
        let How::Scheme(_, Some(error)) = &self.how else { return None };
        match self.source.explain(error) {
            Stop::Config(message) | Stop::Io(message) => Some(message),
            Stop::PipeClosed => None,
        }
    }

    /// Tries the usual mistakes. It is an error if secrets are of no use and no mistake explains that.
    pub(crate) fn explain(&self, delivery: &Delivery<'_>, now: SystemTime) -> Result<Explanation, Stop> {
        match &self.how {
            How::Unchecked(verifier) => {
                let verdict = verifier.verify(delivery, now);
                Ok(verdict.map_or_else(
                    |rejection| Explanation::Unexplained { rejection, passed_over: Vec::new() },
                    Explanation::Authentic,
                ))
            }
            How::Scheme(scheme, refused) => {
                let explanation = scheme.explain(self.source.secrets(), delivery, now);
                // The first error knows the field that the secret stands in.
                explanation.map_err(|error| self.source.explain(refused.as_ref().unwrap_or(&error)))
            }
        }
    }
}
