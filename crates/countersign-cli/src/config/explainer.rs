//! From the command line to what explains.

use std::time::SystemTime;

use countersign::{ConfigError, ConfigErrorKind, Delivery, Explanation, Scheme, Verifier};

use super::Config;
use crate::error::CliError;

/// Tells why a delivery is rejected.
pub(crate) struct Explainer<'a> {
    config: &'a Config<'a>,
    how: How,
}

enum How {
    /// Nothing is checked, so there is nothing to explain.
    Unchecked(Verifier),
    /// If the secrets are not of the form that the scheme asks for, with the error that says so.
    Scheme(Scheme, Option<ConfigError>),
}

impl<'a> Explainer<'a> {
    /// # Errors
    /// If no verifier can be made, unless a usual mistake in the secret may be why.
    pub(crate) fn new(config: &'a Config<'a>) -> Result<Self, CliError> {
        let verifier = config.try_verifier();
        let how = match verifier {
            Ok(verifier) if config.skips_authentication() => How::Unchecked(verifier),
            Ok(_) => How::Scheme(Self::scheme(config)?, None),
            Err(error) if error.kind() == ConfigErrorKind::MalformedSecret => {
                How::Scheme(Self::scheme(config)?, Some(error))
            }
            Err(error) => return Err(config.explain(&error)),
        };
        Ok(Self { config, how })
    }

    fn scheme(config: &Config<'_>) -> Result<Scheme, CliError> {
        config.scheme().map_err(|error| config.explain(&error))
    }

    /// The name of the header that holds the signature or token; the first, if there can be several.
    pub(crate) fn header(&self) -> &str {
        match &self.how {
            How::Unchecked(verifier) => verifier.header(),
            How::Scheme(scheme, _) => scheme.headers().next().unwrap_or_default(),
        }
    }

    /// Why no verifier can be made with the secrets, if that is so.
    pub(crate) fn refusal(&self) -> Option<String> {
        let How::Scheme(_, Some(error)) = &self.how else { return None };
        match self.config.explain(error) {
            CliError::Config(message) | CliError::Io(message) => Some(message),
            CliError::PipeClosed | CliError::Interrupted => None,
        }
    }

    /// Tries the usual mistakes. It is an error if secrets are of no use and no mistake explains that.
    pub(crate) fn explain(&self, delivery: &Delivery<'_>, now: SystemTime) -> Result<Explanation, CliError> {
        match &self.how {
            How::Unchecked(verifier) => {
                let verdict = verifier.verify(delivery, now);
                Ok(verdict.map_or_else(
                    |rejection| Explanation::Unexplained {
                        rejection,
                        tried: Vec::new(),
                        passed_over: Vec::new(),
                        place: String::new(),
                        hint: String::new(),
                        remaining: String::new(),
                    },
                    Explanation::Authentic,
                ))
            }
            How::Scheme(scheme, refused) => {
                let explanation = scheme.explain(self.config.secrets(), delivery, now);
                // The first error knows the field that the secret stands in.
                explanation.map_err(|error| self.config.explain(refused.as_ref().unwrap_or(&error)))
            }
        }
    }
}
