//! How many deliveries got which verdict.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use countersign::{Algorithm, Rejection};

use crate::terminal::{Palette, grouped};
use crate::verdict::Verdict;
use crate::wrap::wrapped;

/// Counts of verdicts.
#[derive(Default)]
pub(super) struct Summary {
    authentic: BTreeMap<(Option<Algorithm>, Option<u8>), u64>,
    /// By the number of the rejection.
    rejected: [u64; 1 + Rejection::ALL.len()],
    malformed: u64,
    bytes: u64,
}

impl Summary {
    /// Counts a verdict.
    pub(super) fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Authentic(by) => *self.authentic.entry((by.algorithm, by.secret_index)).or_default() += 1,
            Verdict::Rejected(rejection) => self.rejected[usize::from(rejection.code())] += 1,
            Verdict::Malformed => self.malformed += 1,
        }
    }

    /// Counts bytes of input.
    pub(super) fn extend(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn malformed(&self) -> u64 {
        self.malformed
    }

    pub(super) fn total(&self) -> u64 {
        self.good() + self.rejected.iter().sum::<u64>() + self.malformed
    }

    /// Whether no delivery has the right signature, as if the secret or the scheme were wrong.
    pub(super) fn all_mismatch(&self) -> bool {
        self.total() > 0 && self.rejected[usize::from(Rejection::Mismatch.code())] == self.total()
    }

    /// Whether there are deliveries, nothing was rejected, and every line could be read. Nothing is no success: it is what
    /// comes through a pipe from a program that has failed.
    pub(super) fn all_good(&self) -> bool {
        self.total() > 0 && self.good() == self.total()
    }

    fn good(&self) -> u64 {
        self.authentic.values().sum()
    }

    /// The table, and a sentence that says it all. `place` is where the signature is looked for.
    pub(super) fn show(
        &self,
        name: &str,
        place: &str,
        palette: &Palette,
        elapsed: Option<Duration>,
        columns: Option<usize>,
    ) -> String {
        let mut text = String::new();
        self.sentence(&mut text, name, palette);
        if self.total() > 0 {
            text.push('\n');
            self.table(&mut text, place, palette, columns);
        }
        if let Some(elapsed) = elapsed {
            self.rate(&mut text, palette, elapsed);
        }
        text
    }

    fn sentence(&self, text: &mut String, name: &str, palette: &Palette) {
        let (total, good, strong) = (self.total(), self.good(), palette.strong);
        let deliveries = if total == 1 { "delivery" } else { "deliveries" };
        let _ = write!(text, "{strong}{} {deliveries} in {name}", grouped(total));
        let bad = total - good - self.malformed;
        if total > 0 {
            let _ = write!(text, ": {} authentic, {} rejected", grouped(good), grouped(bad));
        }
        if self.malformed > 0 {
            let _ = write!(text, ", {} malformed", grouped(self.malformed));
        }
        let _ = writeln!(text, "{strong:#}");
    }

    fn table(&self, text: &mut String, place: &str, palette: &Palette, columns: Option<usize>) {
        let total = self.total();
        let width = grouped(total).len();
        let mut row = |style: anstyle::Style, name: &str, count: u64, remark: &str| {
            if count > 0 {
                let (count, share) = (grouped(count), share(count, total));
                let faint = palette.faint;
                // Name, count and share stand in front of it, with the blanks between.
                let remark = wrapped(remark, columns, 2 + 22 + 2 + width + 2 + 8 + 2);
                let _ = writeln!(
                    text,
                    "  {style}{name:22}{style:#}  {count:>width$}  {share:>6} %  {faint}{remark}{faint:#}"
                );
            }
        };
        for ((algorithm, secret), count) in &self.authentic {
            let by = match (algorithm, secret) {
                (Some(algorithm), Some(secret)) => format!("{algorithm}, secret {secret}"),
                (None, Some(secret)) => format!("token, secret {secret}"),
                _ => "not checked".to_owned(),
            };
            row(palette.good, "authentic", *count, &by);
        }
        for rejection in Rejection::ALL {
            let detail = Verdict::Rejected(rejection).detail(place);
            row(palette.bad, rejection.name(), self.rejected[usize::from(rejection.code())], &detail);
        }
        row(palette.bad, "malformed line", self.malformed, "the line is not a delivery");
    }

    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate")]
    fn rate(&self, text: &mut String, palette: &Palette, elapsed: Duration) {
        let (seconds, faint) = (elapsed.as_secs_f64(), palette.faint);
        let _ = write!(text, "\n{faint}{seconds:.3} s");
        // The rate of a shorter run would only tell how long it takes to start.
        if seconds > 0.1 {
            let (megabytes, deliveries) = (self.bytes as f64 / 1e6 / seconds, self.total() as f64 / seconds);
            let (megabytes, deliveries) = (grouped(megabytes as u64), grouped(deliveries as u64));
            let _ = write!(text, ", {deliveries} deliveries/s, {megabytes} MB/s");
        }
        let _ = writeln!(text, "{faint:#}");
    }
}

/// A share in percent, which is 0.0 or 100.0 only if it is nothing or all; `<0.1` and `>99.9` otherwise.
fn share(count: u64, total: u64) -> String {
    let (count, total) = (u128::from(count), u128::from(total.max(1)));
    let thousandfold = count * 1000;
    if count > 0 && thousandfold < total {
        return "<0.1".to_owned();
    }
    if count < total && thousandfold > total * 999 {
        return ">99.9".to_owned();
    }
    let tenths = (thousandfold + total / 2) / total;
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn shares_are_rounded_but_never_to_nothing_or_all() {
        for (count, total, expected) in [
            (0, 7, "0.0"),
            (1, 7, "14.3"),
            (7, 7, "100.0"),
            (1, 1000, "0.1"),
            (999, 1_000_000, "<0.1"),
            (10, 1_000_000, "<0.1"),
            (999_000, 1_000_000, "99.9"),
            (999_001, 1_000_000, ">99.9"),
            (999_999, 1_000_000, ">99.9"),
            (u64::MAX, u64::MAX, "100.0"),
        ] {
            assert_eq!(share(count, total), expected, "{count} of {total}");
        }
    }
}
