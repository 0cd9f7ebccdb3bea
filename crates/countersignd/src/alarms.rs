//! Alarms: what an operator must know of, in the log and in the metrics.
//!
//! | alarm | there is, while |
//! |---|---|
//! | `not_ready` | no traffic should come: `/readyz` says why |
//! | `backlog` | deliveries are refused because their connection has as many bytes in the inbox as it may |
//! | `clock` | more deliveries are refused for their time than are accepted, and at least ten: the clock of this machine may be wrong |
//! | `acknowledged_and_corrupt` | never in the metrics: the log has one line for each event that was acknowledged and cannot be read |

use std::time::Duration;

use tracing::{error, info};

use crate::metrics::Totals;

/// How often it is looked.
pub const EVERY: Duration = Duration::from_secs(10);

/// The names of the alarms that are watched.
pub const NAMES: [&str; 3] = ["not_ready", "backlog", "clock"];

/// How many deliveries must be out of time before that is an alarm.
const OUT_OF_TIME_MIN: u64 = 10;

/// What was seen the last time.
#[derive(Debug, Default)]
pub struct Watch {
    totals: Totals,
    is_on: [bool; NAMES.len()],
}

impl Watch {
    /// Which alarms there are, in the order of [`NAMES`]. What has changed is logged.
    pub fn look(&mut self, unready: &[&str], totals: Totals) -> [bool; NAMES.len()] {
        let full = totals.full - self.totals.full;
        let accepted = totals.accepted - self.totals.accepted;
        let out_of_time = totals.out_of_time - self.totals.out_of_time;
        self.totals = totals;
        let is_on = [!unready.is_empty(), full > 0, out_of_time >= OUT_OF_TIME_MIN && out_of_time > accepted];
        for (index, alarm) in NAMES.into_iter().enumerate() {
            match (self.is_on[index], is_on[index]) {
                (false, true) => error!(alarm, reasons = unready.join("; "), full, out_of_time, accepted, "an alarm"),
                (true, false) => info!(alarm, "the alarm is over"),
                _ => {}
            }
        }
        self.is_on = is_on;
        is_on
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_there_while_its_cause_is() {
        let mut watch = Watch::default();
        let totals = |accepted, full, out_of_time| Totals { accepted, full, out_of_time };
        assert_eq!(watch.look(&[], totals(5, 0, 0)), [false; 3]);
        assert_eq!(watch.look(&["the disk"], totals(5, 1, 0)), [true, true, false]);
        // Only what came since the last time counts.
        assert_eq!(watch.look(&[], totals(5, 1, 9)), [false; 3]);
        assert_eq!(watch.look(&[], totals(14, 1, 19)), [false, false, true]);
        assert_eq!(watch.look(&[], totals(30, 1, 34)), [false; 3]);
    }
}
