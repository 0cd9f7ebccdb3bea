//! Alarms: what an operator must know of, in the log and in the metrics.
//!
//! | alarm | there is, while |
//! |---|---|
//! | `not_ready` | no traffic should come: `/readyz` says why |
//! | `backlog` | deliveries are refused because their connection has as many bytes in the inbox as it may |
//! | `clock` | more deliveries are refused for their time than are accepted, and at least ten: the clock of this machine may be wrong |
//! | `dead_letters` | events become dead letters |
//! | `sync_fails` | the last sync of a connection has failed; it is tried again |
//! | `foreign_object` | an object of the archive is not ours, and nothing more of its log is archived |
//! | `acknowledged_and_corrupt` | never in the metrics: the log has one line for each event that was acknowledged and cannot be read |

use std::time::Duration;

use tracing::{error, info};

use crate::metrics::Totals;

/// How often it is looked.
pub const EVERY: Duration = Duration::from_secs(10);

/// The names of the alarms that are watched.
pub const NAMES: [&str; 6] = ["not_ready", "backlog", "clock", "dead_letters", "sync_fails", "foreign_object"];

/// How many deliveries must be out of time before that is an alarm.
const OUT_OF_TIME_MIN: u64 = 10;

/// What alarms are judged by.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Why no traffic should come.
    pub unready: Vec<&'static str>,
    /// What was counted since the start.
    pub totals: Totals,
    /// The connections whose last sync has failed.
    pub failing: Vec<String>,
    /// The keys of objects that are not ours.
    pub foreign: Vec<String>,
}

/// What was seen the last time.
#[derive(Debug, Default)]
pub struct Watch {
    totals: Totals,
    is_on: [bool; NAMES.len()],
}

impl Watch {
    /// Which alarms there are, in the order of [`NAMES`]. What has changed is logged.
    pub fn look(&mut self, reading: &Reading) -> [bool; NAMES.len()] {
        let (now, before) = (reading.totals, std::mem::replace(&mut self.totals, reading.totals));
        let full = now.full - before.full;
        let accepted = now.accepted - before.accepted;
        let out_of_time = now.out_of_time - before.out_of_time;
        let dead_letters = now.dead_letters - before.dead_letters;
        let causes = [
            (!reading.unready.is_empty(), reading.unready.join("; ")),
            (full > 0, format!("{full} deliveries were refused")),
            (
                out_of_time >= OUT_OF_TIME_MIN && out_of_time > accepted,
                format!("{out_of_time} deliveries are out of time, {accepted} were accepted"),
            ),
            (dead_letters > 0, format!("{dead_letters} dead letters")),
            (!reading.failing.is_empty(), some(&reading.failing)),
            (!reading.foreign.is_empty(), some(&reading.foreign)),
        ];
        for ((alarm, (is_on, cause)), was_on) in NAMES.into_iter().zip(&causes).zip(self.is_on) {
            match (was_on, is_on) {
                (false, true) => error!(alarm, cause, "an alarm"),
                (true, false) => info!(alarm, "the alarm is over"),
                _ => {}
            }
        }
        self.is_on = causes.map(|(is_on, _)| is_on);
        self.is_on
    }
}

/// The first of them, and how many they are.
fn some(names: &[String]) -> String {
    let first = names.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    format!("{}: {first}", names.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_there_while_its_cause_is() {
        let mut watch = Watch::default();
        let mut look = |accepted, full, out_of_time, dead_letters, change: &dyn Fn(&mut Reading)| {
            let mut reading =
                Reading { totals: Totals { accepted, full, out_of_time, dead_letters }, ..Reading::default() };
            change(&mut reading);
            let is_on = watch.look(&reading);
            NAMES.into_iter().zip(is_on).filter(|(_, is_on)| *is_on).map(|(name, _)| name).collect::<Vec<_>>()
        };
        let nothing: &dyn Fn(&mut Reading) = &|_| {};
        assert_eq!(look(5, 0, 0, 0, nothing), [""; 0]);
        assert_eq!(look(5, 1, 0, 0, &|reading| reading.unready.push("the disk")), ["not_ready", "backlog"]);
        // Only what came since the last time counts.
        assert_eq!(look(5, 1, 9, 0, nothing), [""; 0]);
        assert_eq!(look(14, 1, 19, 0, nothing), ["clock"]);
        assert_eq!(look(30, 1, 34, 3, nothing), ["dead_letters"]);
        assert_eq!(look(30, 1, 34, 3, &|reading| reading.failing.push("one".to_owned())), ["sync_fails"]);
        assert_eq!(look(30, 1, 34, 3, &|reading| reading.foreign.push("key".to_owned())), ["foreign_object"]);
    }
}
