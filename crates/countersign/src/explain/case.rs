//! A delivery, and its scheme and secrets. Each hypothesis changes one of them.

use std::borrow::Cow;
use std::rc::Rc;
use std::time::SystemTime;

use countersign_core::{Delivery, HmacScheme, MAX_VALUE, Rejection, Scheme as CoreScheme};

use super::budget::Budget;
use crate::scheme::Scheme;
use crate::secret::{Secret, Validity};

/// Longer bodies are not copied for an attempt.
const MAX_COPIED_BODY: usize = 16 << 20;
/// What reading a header line costs in addition to its bytes.
const LINE_BYTES: usize = 32;

/// A header line. Its value can be another one than the delivery's.
type Line<'a> = (&'a str, Cow<'a, [u8]>);

/// A case in which one mistake is corrected, and how a person corrects it.
pub(super) struct Try<'a> {
    pub(super) case: Case<'a>,
    pub(super) advice: String,
}

impl<'a> Try<'a> {
    pub(super) fn new(case: Case<'a>, advice: impl Into<String>) -> Self {
        Self { case, advice: advice.into() }
    }
}

/// The advice of the first that is authentic.
pub(super) fn first_that_verifies<'a>(tries: impl IntoIterator<Item = Try<'a>>) -> Option<String> {
    tries.into_iter().find(|one| one.case.verifies()).map(|one| one.advice)
}

#[derive(Clone)]
pub(super) struct Case<'a> {
    /// The configured scheme. Only hypotheses about time use its tolerance.
    pub(super) scheme: Scheme,
    pub(super) secrets: Vec<Secret>,
    pub(super) method: &'a str,
    pub(super) url: Cow<'a, str>,
    /// Shared, since every attempt has a case of its own and a sender chooses how many lines there are.
    pub(super) headers: Rc<Vec<Line<'a>>>,
    /// What reading the headers costs.
    pub(super) headers_len: usize,
    pub(super) body: Cow<'a, [u8]>,
    pub(super) now: SystemTime,
    /// Why the delivery was rejected; `None` if the secrets could not be used at all.
    pub(super) rejection: Option<Rejection>,
    /// How much work is still allowed.
    pub(super) budget: &'a Budget,
}

impl<'a> Case<'a> {
    pub(super) fn new(
        scheme: &Scheme,
        secrets: &[Secret],
        delivery: &Delivery<'a>,
        now: SystemTime,
        budget: &'a Budget,
    ) -> Self {
        let lines: Vec<Line<'a>> =
            delivery.headers.iter().map(|(name, value)| (*name, Cow::Borrowed(*value))).collect();
        Self {
            scheme: scheme.clone(),
            secrets: secrets.to_vec(),
            method: delivery.method,
            url: Cow::Borrowed(delivery.url),
            headers_len: lines.iter().map(|(name, value)| name.len() + value.len() + LINE_BYTES).sum(),
            headers: Rc::new(lines),
            body: Cow::Borrowed(delivery.body),
            now,
            rejection: None,
            budget,
        }
    }

    pub(super) fn with_rejection(self, rejection: Option<Rejection>) -> Self {
        Self { rejection, ..self }
    }

    /// Whether this is authentic, at whatever time it was sent.
    pub(super) fn verifies(&self) -> bool {
        matches!(self.verdict(), Some(Ok(())))
    }

    /// Whether its head has the form that the scheme expects, and only the tag is another one.
    pub(super) fn is_mismatch(&self) -> bool {
        self.verdict() == Some(Err(Rejection::Mismatch))
    }

    /// Whether its signature can be read, if not compared because another part is absent. `None` if that was not tried.
    pub(super) fn has_signature(&self) -> Option<bool> {
        self.verdict().map(|verdict| matches!(verdict, Ok(()) | Err(Rejection::Mismatch | Rejection::MissingPart)))
    }

    /// The verdict at whatever time it was sent.
    fn verdict(&self) -> Option<Result<(), Rejection>> {
        let mut without_tolerance = self.scheme.clone();
        if let CoreScheme::Hmac(HmacScheme { timestamp: Some(rule), .. }) = &mut without_tolerance.core {
            rule.tolerance = None;
        }
        if let Some(format) = &mut without_tolerance.message_format {
            format.set_tolerance(None);
        }
        self.judged_by(&without_tolerance)
    }

    /// Whether this is authentic, and sent at the right time.
    pub(super) fn verifies_in_time(&self) -> bool {
        matches!(self.judged_by(&self.scheme), Some(Ok(())))
    }

    /// The verdict of a verifier of this scheme; `None` if there can be none, or no more work is allowed.
    fn judged_by(&self, scheme: &Scheme) -> Option<Result<(), Rejection>> {
        if !self.is_affordable() {
            return None;
        }
        let (head, body) = self.work();
        let lines = self.header_lines();
        let delivery = Delivery { method: self.method, url: &self.url, headers: &lines[..], body: &self.body };
        let Ok(verifier) = scheme.verifier(self.secrets.clone()) else {
            self.budget.spend(head);
            return None;
        };
        let verdict = verifier.verify(&delivery, self.now);
        // A function that finds the signature in the body has read the body, whatever is wrong with the head.
        let reads_body = scheme.rewriter().is_some_and(|rewriter| rewriter.finds_signature());
        self.budget.spend_verification(verdict.err().filter(|_| !reads_body), head, body);
        Some(verdict.map(|_| ()))
    }

    /// How many bytes a verification reads: of the head, and of the body, which each secret hashes.
    fn work(&self) -> (usize, usize) {
        (self.headers_len.saturating_add(self.url.len()), self.body.len().saturating_mul(self.secrets.len().max(1)))
    }

    /// Whether as much work is still allowed as a verdict costs.
    pub(super) fn is_affordable(&self) -> bool {
        let (head, body) = self.work();
        self.budget.allows(head.saturating_add(body))
    }

    /// The body, if it is short enough to be rewritten.
    pub(super) fn copyable_body(&self) -> Option<&[u8]> {
        if self.body.len() > MAX_COPIED_BODY {
            self.budget.note_skipped();
            return None;
        }
        Some(&self.body)
    }

    /// The same case with another scheme; `None` if nothing is signed, or if the core's scheme does not say how.
    pub(super) fn with_scheme(&self, change: impl FnOnce(&mut HmacScheme<String>)) -> Option<Self> {
        if self.scheme.message_format.is_some() {
            return None;
        }
        let mut changed = self.clone();
        let CoreScheme::Hmac(scheme) = &mut changed.scheme.core else { return None };
        change(scheme);
        Some(changed)
    }

    /// Whether it is authentic with another scheme.
    pub(super) fn verifies_with_scheme(&self, change: impl FnOnce(&mut HmacScheme<String>)) -> bool {
        self.with_scheme(change).is_some_and(|case| case.verifies())
    }

    /// Whether it is authentic with another body.
    pub(super) fn verifies_with_body(&self, body: impl Into<Cow<'a, [u8]>>) -> bool {
        Self { body: body.into(), ..self.clone() }.verifies()
    }

    /// The same case with every secret changed like this; `None` if that changes none of them.
    pub(super) fn with_secrets(&self, change: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Option<Self> {
        let mut is_changed = false;
        let changed = self.secrets.iter().map(|secret| {
            let Some(bytes) = change(secret.expose()).filter(|bytes| bytes != secret.expose()) else {
                return secret.clone();
            };
            is_changed = true;
            Secret::new(bytes).valid(secret.validity())
        });
        let secrets = changed.collect();
        is_changed.then(|| Self { secrets, ..self.clone() })
    }

    /// The same case with another URL.
    pub(super) fn with_url(&self, url: String) -> Self {
        Self { url: Cow::Owned(url), ..self.clone() }
    }

    /// The same case with secrets that may be used at any time.
    pub(super) fn with_unlimited_secrets(&self) -> Self {
        let secrets = self.secrets.iter().map(|secret| secret.clone().valid(Validity::default())).collect();
        Self { secrets, ..self.clone() }
    }

    /// The names of the signature's headers.
    pub(super) fn signature_headers(&self) -> Vec<&str> {
        self.scheme.core.headers().collect()
    }

    /// Whether a header of this name holds the signature.
    pub(super) fn is_signature_header(&self, name: &str) -> bool {
        self.scheme.core.headers().any(|header| header.eq_ignore_ascii_case(name))
    }

    /// Returns the header lines as a [`Delivery`] contains them.
    pub(super) fn header_lines(&self) -> Vec<(&str, &[u8])> {
        self.headers.iter().map(|(name, value)| (*name, &**value)).collect()
    }

    /// The value of the signature's header, without spaces at its ends; `None` unless there is exactly one line.
    pub(super) fn signature(&self) -> Option<&[u8]> {
        let mut lines = self.headers.iter().filter(|(name, _)| self.is_signature_header(name));
        match (lines.next(), lines.next()) {
            // Longer values cannot be a signature, not even one that appears twice.
            (Some((_, value)), None) if value.len() <= 2 * MAX_VALUE + 2 => Some(value.trim_ascii()),
            _ => None,
        }
    }

    /// The same case with another value in the signature's header, in a single line.
    pub(super) fn with_signature(&self, value: Vec<u8>) -> Self {
        let mut changed = self.clone();
        let mut value = Some(value);
        Rc::make_mut(&mut changed.headers).retain_mut(|(name, line)| {
            if self.is_signature_header(name) {
                let Some(value) = value.take() else { return false };
                *line = Cow::Owned(value);
            }
            true
        });
        changed
    }
}
