//! Limits what an explanation may cost. A sender chooses the body, so the work on it is counted.

use std::cell::Cell;

use countersign_core::Rejection;

/// How many bytes may be hashed or rewritten in total. With a body of up to about 1 MiB everything is tried.
pub(super) const MOST: u64 = 512 << 20;
/// What an attempt costs in addition to the body: preparing keys, reading headers.
const TRY: u64 = 1 << 10;

/// How much of [`MOST`] is left.
#[derive(Debug)]
pub(super) struct Effort {
    left: Cell<u64>,
    /// Whether something was skipped since the last call.
    short: Cell<bool>,
}

impl Effort {
    pub(super) fn new(most: u64) -> Self {
        Self { left: Cell::new(most), short: Cell::new(false) }
    }

    /// Whether this many more bytes are allowed. If not, the caller skips the attempt.
    pub(super) fn allows(&self, bytes: usize) -> bool {
        let allowed = self.left.get() >= as_u64(bytes).saturating_add(TRY);
        if !allowed {
            self.short.set(true);
        }
        allowed
    }

    /// Counts an attempt with a body of this many bytes.
    pub(super) fn spend(&self, bytes: usize) {
        self.left.set(self.left.get().saturating_sub(as_u64(bytes).saturating_add(TRY)));
    }

    /// Counts a verification. If the head is at fault, the body was not hashed.
    pub(super) fn spend_on(&self, rejection: Option<Rejection>, body: usize) {
        let head_alone = matches!(
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
        self.spend(if head_alone { 0 } else { body });
    }

    /// Records that something was skipped for a reason other than the total.
    pub(super) fn pass_over(&self) {
        self.short.set(true);
    }

    /// Whether something was skipped since the last call.
    pub(super) fn was_short(&self) -> bool {
        self.short.replace(false)
    }
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
    fn what_is_spent_is_not_there_any_more() {
        let effort = Effort::new(10 * TRY);
        assert!(effort.allows(9 * 1024) && !effort.was_short());
        effort.spend_on(Some(Rejection::WrongLength), 9 * 1024);
        assert!(effort.allows(8 * 1024) && !effort.allows(8 * 1024 + 1) && effort.was_short() && !effort.was_short());
        effort.spend_on(Some(Rejection::Mismatch), 8 * 1024);
        assert!(!effort.allows(0));
        effort.spend(usize::MAX);
        assert!(!effort.allows(usize::MAX));
    }

    /// What is skipped for a delivery that nothing explains.
    fn passed_over(body: &[u8], most: u64) -> Vec<Cause> {
        let value = format!("sha256={}", "0".repeat(64));
        let headers = [("X-Hub-Signature-256", value.as_bytes())];
        let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body };
        let (github, secrets) = (Scheme::preset("github").unwrap(), Secret::new("secret").into());
        let said = github.explain_with(&secrets, &delivery, SystemTime::now(), most).unwrap();
        let Explanation::Unexplained { passed_over, .. } = said else { panic!("{said:?}") };
        passed_over
    }

    /// However little is allowed, there is an explanation; the less is allowed, the more is skipped.
    #[test]
    fn what_is_tried_is_bounded_by_what_is_allowed() {
        let body = format!("[{}1]", "1,".repeat(5_000));
        let counts = [0, 100 << 10, 1 << 20, 6 << 20, MOST].map(|most| passed_over(body.as_bytes(), most).len());
        assert!(counts.is_sorted_by(|a, b| a >= b) && counts[0] > counts[2] && counts[4] == 0, "{counts:?}");
    }

    #[test]
    fn a_long_body_is_tried_first_with_what_needs_no_copy() {
        let causes = passed_over(&vec![b'x'; 17 << 20], 40 << 20);
        assert!(causes.contains(&Cause::BodyBom) && causes.contains(&Cause::AnotherPreset), "{causes:?}");
        assert!(!causes.contains(&Cause::SecretNotValid), "{causes:?}");
    }
}
