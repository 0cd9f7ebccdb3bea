//! Explains why a delivery is rejected: tries the common mistakes one after the other until one fits.
//!
//! For the operator who has the secret, never on the request path: it computes many MACs, and its answer would help a
//! forger. It never shows a secret, a MAC or a valid signature.

mod body;
mod budget;
mod case;
mod cause;
mod compared;
mod composed;
mod display;
mod encoded;
mod form;
mod form_body;
mod format;
mod hash_kind;
mod header;
mod hypotheses;
mod json_escapes;
mod json_tree;
mod literal;
mod lost;
mod other_sender;
mod prefix;
mod reserialise;
mod secret;
mod signature;
mod signature_like;
mod signed;
mod suffix;
mod timestamp;
mod two_mistakes;
mod url;
mod url_escapes;
mod url_given;
mod url_parts;

use std::time::SystemTime;

use countersign_core::{Delivery, Rejection, Verified};

use crate::error::ConfigError;
use crate::scheme::Scheme;
use crate::secret::Secrets;
use budget::Budget;
use case::Case;
pub use cause::Cause;
use compared::Compared;
use hypotheses::{Hypothesis, RECOGNISED, RECOGNISED_LATER, TRIED, TRIED_LATER};

/// The outcome of [`Scheme::explain`]. [`Display`](std::fmt::Display) describes it, without any secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Explanation {
    /// The delivery is authentic: there is nothing to explain.
    Authentic(Verified),
    /// One change makes the delivery authentic, or is needed first; or two changes together do.
    Found {
        /// Why it is rejected without that change.
        rejection: Rejection,
        /// What is wrong.
        cause: Cause,
        /// What else is wrong, if one change is not enough.
        also: Option<Cause>,
        /// What is wrong and what to do, for a person.
        advice: String,
    },
    /// None of the common mistakes explains it.
    Unexplained {
        /// Why it is rejected.
        rejection: Rejection,
        /// What was tried, as far as the scheme admits such a mistake: where it checks a token alone, none in the body is.
        tried: Vec<Cause>,
        /// What was not tried, or not completely, because the delivery is too large.
        passed_over: Vec<Cause>,
        /// Where the signature or token was looked for, as [`Scheme::signature_place`] says it.
        place: String,
        /// What this delivery shows beside that, as the text says it: how its URL was given, where the sender signs the URL, or
        /// which of its headers look like the signature that is missing, and how many were tried if not all were. It repeats
        /// neither a URL nor the value of a header.
        /// Empty if there is nothing.
        hint: String,
        /// What may be wrong nonetheless if the token or signature was compared, as the text says it. It repeats nothing of the
        /// delivery. Empty if nothing was compared.
        remaining: String,
    },
}

impl Explanation {
    /// The cause, if one was found.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        match self {
            Self::Found { cause, .. } => Some(*cause),
            _ => None,
        }
    }

    /// The second cause, if two mistakes were made at once.
    #[must_use]
    pub fn also(&self) -> Option<Cause> {
        match self {
            Self::Found { also, .. } => *also,
            _ => None,
        }
    }
}

impl Scheme {
    /// Tries the common mistakes, and returns the first that, once corrected, makes a rejected delivery authentic, and
    /// how to correct it. If none does alone, it tries those that are often made together, such as a secret with a newline
    /// and a body that was printed again.
    ///
    /// `now` is the time at which the delivery was received. If you explain a delivery later than that, it may be too
    /// old by then. That is reported only if nothing else is wrong.
    ///
    /// Time and memory are limited: with a body of more than about 256 KiB, or one that becomes far longer when printed
    /// in another way, or with more than 200 header lines, some mistakes are not tried. [`Explanation::Unexplained`] lists them. Two mistakes at once are
    /// tried with bodies of up to 64 KiB.
    ///
    /// For the operator who has the secrets, never on the request path. It shows no secret, no MAC and no valid
    /// signature.
    ///
    /// # Errors
    /// As [`verifier`](Self::verifier), unless a mistake in the secret explains that too.
    pub fn explain(
        &self,
        secrets: impl Into<Secrets>,
        delivery: &Delivery<'_>,
        now: SystemTime,
    ) -> Result<Explanation, ConfigError> {
        self.explain_with(&secrets.into(), delivery, now, budget::MAX_BYTES)
    }

    fn explain_with(
        &self,
        secrets: &Secrets,
        delivery: &Delivery<'_>,
        now: SystemTime,
        max_bytes: u64,
    ) -> Result<Explanation, ConfigError> {
        let budget = Budget::new(max_bytes);
        let case = Case::new(self, secrets.as_slice(), delivery, now, &budget);
        let rejection = match self.verifier(case.secrets.clone()).map(|verifier| verifier.verify(delivery, now)) {
            Ok(Ok(verified)) => return Ok(Explanation::Authentic(verified)),
            Ok(Err(rejection)) => Ok(rejection),
            // A mistake may also explain secrets that cannot be used.
            Err(error) => Err(error),
        };
        let case = case.with_rejection(rejection.as_ref().ok().copied());
        let found = |cause, also, advice| Explanation::Found {
            rejection: *rejection.as_ref().unwrap_or(&Rejection::Mismatch),
            cause,
            also,
            advice,
        };
        let compared = Compared::of(&case);
        let mut passed_over = Vec::new();
        let mut first = |hypotheses: &[(Cause, Hypothesis)]| {
            hypotheses.iter().filter(|(cause, _)| compared.admits(*cause)).find_map(|(cause, hypothesis)| {
                let advice = hypothesis(&case);
                if advice.is_none() && budget.take_skipped() && !passed_over.contains(cause) {
                    passed_over.push(*cause);
                }
                advice.map(|advice| found(*cause, None, advice))
            })
        };
        if let Some(explanation) = first(TRIED).or_else(|| first(TRIED_LATER)) {
            return Ok(explanation);
        }
        if let Some((cause, also, advice)) = two_mistakes::find(&case) {
            return Ok(found(cause, Some(also), advice));
        }
        if let Some(explanation) = first(RECOGNISED).or_else(|| first(RECOGNISED_LATER)) {
            return Ok(explanation);
        }
        let hint = match rejection {
            Ok(Rejection::MissingSignature) => other_sender::of_unexplained(&case),
            _ => url_given::of_unexplained(&case),
        };
        let is_tried = |cause: &Cause| compared.admits(*cause) && !passed_over.contains(cause);
        let tried = Cause::all().filter(is_tried).collect();
        rejection.map(|rejection| Explanation::Unexplained {
            rejection,
            tried,
            passed_over,
            place: self.signature_place(),
            remaining: if rejection == Rejection::Mismatch { compared.remaining(&hint) } else { String::new() },
            hint,
        })
    }
}
