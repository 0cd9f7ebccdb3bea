//! Limits what an explanation may cost. A sender chooses the body, so the work on it is counted.

use std::cell::Cell;

use countersign_core::Rejection;

/// How many bytes may be hashed or rewritten in total. With a body of up to about 1 MiB everything is tried.
pub(super) const MAX_BYTES: u64 = 512 << 20;
/// What an attempt costs in addition to the body and the head: preparing keys.
const ATTEMPT_BYTES: u64 = 1 << 10;

/// How much of [`MAX_BYTES`] is left, and what was skipped.
#[derive(Debug)]
pub(super) struct Budget {
    left: Cell<u64>,
    /// Whether something was skipped since the last call.
    has_skipped: Cell<bool>,
    /// How many of the other headers were tried as the signature's; `None` if all were.
    headers_tried: Cell<Option<usize>>,
}

impl Budget {
    pub(super) fn new(limit: u64) -> Self {
        Self { left: Cell::new(limit), has_skipped: Cell::new(false), headers_tried: Cell::new(None) }
    }

    /// Whether this many more bytes are allowed. If not, the caller skips the attempt.
    pub(super) fn allows(&self, bytes: usize) -> bool {
        let allowed = self.left.get() >= as_u64(bytes).saturating_add(ATTEMPT_BYTES);
        if !allowed {
            self.has_skipped.set(true);
        }
        allowed
    }

    /// Counts an attempt that reads this many bytes.
    pub(super) fn spend(&self, bytes: usize) {
        #[cfg(test)]
        ATTEMPTS.set(ATTEMPTS.get() + 1);
        self.left.set(self.left.get().saturating_sub(as_u64(bytes).saturating_add(ATTEMPT_BYTES)));
    }

    /// Counts a verification. If the head is at fault, the body was not hashed.
    pub(super) fn spend_verification(&self, rejection: Option<Rejection>, head: usize, body: usize) {
        let is_head_fault = matches!(
            rejection,
            Some(
                Rejection::MissingSignature
                    | Rejection::RepeatedSignature
                    | Rejection::MalformedSignature
                    | Rejection::UnknownAlgorithm
                    | Rejection::AlgorithmNotAccepted
                    | Rejection::MalformedEncoding
                    | Rejection::WrongLength
                    | Rejection::MissingTimestamp
                    | Rejection::MalformedTimestamp
            )
        );
        self.spend(head.saturating_add(if is_head_fault { 0 } else { body }));
    }

    /// Records that something was skipped for a reason other than the total.
    pub(super) fn note_skipped(&self) {
        self.has_skipped.set(true);
    }

    /// Records that only so many of the other headers were tried as the signature's.
    pub(super) fn note_headers_tried(&self, count: usize) {
        self.note_skipped();
        self.headers_tried.set(Some(count));
    }

    /// How many of the other headers were tried as the signature's; `None` if all were.
    pub(super) fn headers_tried(&self) -> Option<usize> {
        self.headers_tried.get()
    }

    /// Whether something was skipped since the last call.
    pub(super) fn take_skipped(&self) -> bool {
        self.has_skipped.replace(false)
    }
}

#[cfg(test)]
thread_local! {
    /// How many attempts were counted in this thread, by every budget.
    static ATTEMPTS: Cell<usize> = const { Cell::new(0) };
}

fn as_u64(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use std::time::SystemTime;

    use countersign_core::Delivery;

    use super::*;
    use crate::explain::{Cause, Explanation};
    use crate::scheme::Scheme;
    use crate::secret::Secret;

    #[test]
    fn spent_bytes_are_not_allowed_again() {
        let budget = Budget::new(10 * ATTEMPT_BYTES);
        assert!(budget.allows(9 * 1024) && !budget.take_skipped());
        budget.spend_verification(Some(Rejection::WrongLength), 0, 9 * 1024);
        assert!(
            budget.allows(8 * 1024) && !budget.allows(8 * 1024 + 1) && budget.take_skipped() && !budget.take_skipped()
        );
        budget.spend_verification(Some(Rejection::Mismatch), 1024, 6 * 1024);
        assert!(budget.allows(0));
        budget.spend_verification(Some(Rejection::WrongLength), 1, 0);
        assert!(!budget.allows(0));
        budget.spend(usize::MAX);
        assert!(!budget.allows(usize::MAX));
    }

    /// What is skipped for a delivery that nothing explains.
    fn passed_over(body: &[u8], limit: u64) -> Vec<Cause> {
        let value = format!("sha256={}", "0".repeat(64));
        let headers = [("X-Hub-Signature-256", value.as_bytes())];
        let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body };
        let (github, secrets) = (Scheme::preset("github").unwrap(), Secret::new("secret").into());
        let explanation = github.explain_with(&secrets, &delivery, SystemTime::now(), limit).unwrap();
        let Explanation::Unexplained { passed_over, .. } = explanation else { panic!("{explanation:?}") };
        passed_over
    }

    /// However little is allowed, there is an explanation; the less is allowed, the more is skipped.
    #[test]
    fn a_smaller_budget_skips_more_causes() {
        let body = format!("[{}1]", "1,".repeat(5_000));
        let counts = [0, 100 << 10, 1 << 20, 6 << 20, MAX_BYTES].map(|limit| passed_over(body.as_bytes(), limit).len());
        assert!(counts.is_sorted_by(|a, b| a >= b) && counts[0] > counts[2] && counts[4] == 0, "{counts:?}");
    }

    /// Each attempt with a body costs what it hashes, so that few are made of many.
    #[test]
    fn each_attempt_is_counted() {
        let causes = passed_over(&vec![b'x'; 8 << 10], 60 << 10);
        assert!(causes.contains(&Cause::BodyBom) && !causes.contains(&Cause::SecretNotValid), "{causes:?}");
    }

    /// How many attempts it takes to explain a delivery with so many other header lines, each of which has the form of a
    /// signature: `sha256=…`, or without a prefix.
    fn attempts(prefix: &str, others: usize, signature: Option<&str>) -> usize {
        let value = format!("{prefix}{}", "ab".repeat(32));
        let mut lines: Vec<(String, &str)> = (0..others).map(|i| (format!("X-H{i}-Signature"), &*value)).collect();
        lines.extend(signature.map(|value| ("X-Hub-Signature-256".to_owned(), value)));
        let lines: Vec<_> = lines.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let delivery = Delivery { method: "POST", url: "/", headers: &lines[..], body: b"{}" };
        let before = ATTEMPTS.get();
        let explanation =
            Scheme::preset("github").unwrap().explain(Secret::new("secret"), &delivery, SystemTime::now());
        assert!(!matches!(explanation.unwrap(), Explanation::Authentic(_)));
        ATTEMPTS.get() - before
    }

    /// Each attempt reads every header line, so there may not be one, or several, for every line.
    #[test]
    fn more_header_lines_take_no_more_attempts() {
        let tag = "ab".repeat(32);
        let long = "a".repeat(8_000);
        let (prefixed, repeated) = (format!("sha256={tag}"), format!("sha256={}", "a".repeat(4_000)));
        for (prefix, signature) in [
            ("", None),
            ("", Some(&long)),
            ("sha256=", None),
            ("sha256=", Some(&tag)),
            ("sha256=", Some(&prefixed)),
            ("sha256=", Some(&repeated)),
        ] {
            let signature = signature.map(String::as_str);
            let (few, many) = (attempts(prefix, 250, signature), attempts(prefix, 10_000, signature));
            assert!(many <= few, "{prefix} {signature:?}: {few}, {many}");
        }
    }

    /// Each place in which a value could be cut in two equal ends is an attempt.
    #[test]
    fn a_value_of_one_letter_takes_few_attempts() {
        let (one_letter, two) = ("a".repeat(4_000), "a".repeat(3_999) + "b");
        let (many, few) = (attempts("", 0, Some(&one_letter)), attempts("", 0, Some(&two)));
        assert!(many <= few + 100, "{few}, {many}");
    }

    /// Each attempt costs what it reads of the head.
    #[test]
    fn the_head_is_counted() {
        let attempts_with = |length: usize| {
            let value = vec![b'x'; length];
            let headers = [("X-Filler", &*value)];
            let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: b"{}" };
            let before = ATTEMPTS.get();
            let (github, secrets) = (Scheme::preset("github").unwrap(), Secret::new("secret").into());
            github.explain_with(&secrets, &delivery, SystemTime::now(), MAX_BYTES).unwrap();
            ATTEMPTS.get() - before
        };
        let (few, many) = (attempts_with(8 << 20), attempts_with(1));
        assert!(few < many / 2, "{few}, {many}");
    }

    #[test]
    fn a_long_body_is_first_tried_without_a_copy() {
        let causes = passed_over(&vec![b'x'; 17 << 20], 40 << 20);
        assert!(causes.contains(&Cause::BodyBom) && causes.contains(&Cause::AnotherPreset), "{causes:?}");
        assert!(!causes.contains(&Cause::SecretNotValid), "{causes:?}");
    }
}
