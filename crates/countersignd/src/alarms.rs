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
//! | `setup` | a setup test of a connection has failed |
//! | `silence` | a connection has received nothing for `silence_hours` |
//! | `store` | the archive has more than 80 % of `store_bytes` |
//! | `oldest_uncommitted` | events of a connection wait to be in its table for longer than two periods of its syncs and an hour |
//! | `alerts_fail` | the receiver of [alerts](crate::alerts) has not taken the last one; it is tried again |
//! | `acknowledged_and_corrupt` | within the last day, events were found that were acknowledged and cannot be read, and still cannot; the log has a line for each |

use std::time::Duration;

use tracing::{error, info};

use crate::alerts::Condition;
use crate::metrics::Totals;

/// How often it is looked.
pub const EVERY: Duration = Duration::from_secs(10);

/// The names of the alarms that are watched.
pub const NAMES: [&str; 12] = [
    "not_ready",
    "backlog",
    "clock",
    "dead_letters",
    "sync_fails",
    "foreign_object",
    "setup",
    "silence",
    "acknowledged_and_corrupt",
    "store",
    "oldest_uncommitted",
    "alerts_fail",
];

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
    /// The connections of which a setup test has failed, and which.
    pub broken: Vec<(String, String)>,
    /// The connections that have received nothing for long.
    pub silent: Vec<String>,
    /// For how many hours that is.
    pub silence_hours: u64,
    /// The connections of which acknowledged events cannot be read, and which events.
    pub lost: Vec<(String, String)>,
    /// The bytes of the archive, if they are known, and how many it may have.
    pub store: Option<(u64, u64)>,
    /// The connections whose events wait for long to be in a table.
    pub late: Vec<String>,
    /// Whether the last alert could not be delivered.
    pub are_alerts_failing: bool,
}

/// What there is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which alarms, in the order of [`NAMES`].
    pub is_on: [bool; NAMES.len()],
    /// What alerts are sent for: the same, connection by connection. Not that alerts fail, which no alert could tell.
    pub conditions: Vec<Condition>,
}

/// What was seen the last time.
#[derive(Debug, Default)]
pub struct Watch {
    totals: Totals,
    is_on: [bool; NAMES.len()],
}

impl Watch {
    /// Which alarms there are. What has changed is logged.
    pub fn look(&mut self, reading: &Reading) -> Found {
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
            (!reading.broken.is_empty(), some(reading.broken.iter().map(|(id, _)| id))),
            (!reading.silent.is_empty(), some(&reading.silent)),
            (!reading.lost.is_empty(), some(reading.lost.iter().map(|(id, _)| id))),
            (
                is_store_full(reading),
                reading.store.map_or_else(String::new, |(bytes, max)| format!("{bytes} bytes of {max}")),
            ),
            (!reading.late.is_empty(), some(&reading.late)),
            (reading.are_alerts_failing, "the receiver of alerts has not taken the last one".to_owned()),
        ];
        for ((alarm, (is_on, cause)), was_on) in NAMES.into_iter().zip(&causes).zip(self.is_on) {
            match (was_on, is_on) {
                (false, true) => error!(alarm, cause, "an alarm"),
                (true, false) => info!(alarm, "the alarm is over"),
                _ => {}
            }
        }
        self.is_on = causes.each_ref().map(|(is_on, _)| *is_on);
        let whole = NAMES.into_iter().zip(causes).filter(|(alarm, (is_on, _))| *is_on && !PARTED.contains(alarm));
        let whole = whole.map(|(alarm, (_, cause))| Condition { alarm, subject: None, cause });
        Found { is_on: self.is_on, conditions: whole.chain(of_connections(reading)).collect() }
    }
}

/// The alarms that alerts tell of connection by connection, and the one that none tells of.
const PARTED: [&str; 6] =
    ["sync_fails", "setup", "silence", "acknowledged_and_corrupt", "oldest_uncommitted", "alerts_fail"];

fn of_connections(reading: &Reading) -> impl Iterator<Item = Condition> {
    let of = |alarm, id: &String, cause| Condition { alarm, subject: Some(id.clone()), cause };
    let failing = reading.failing.iter().map(move |id| of("sync_fails", id, "the last sync has failed".to_owned()));
    let broken =
        reading.broken.iter().map(move |(id, title)| of("setup", id, format!("a setup test has failed: {title}")));
    let hours = reading.silence_hours;
    let silent = reading.silent.iter();
    let silent = silent.map(move |id| of("silence", id, format!("nothing was received for {hours} hours")));
    let lost = reading.lost.iter();
    let lost =
        lost.map(move |(id, which)| of("acknowledged_and_corrupt", id, format!("events cannot be read: {which}")));
    let late = reading.late.iter();
    let late = late.map(move |id| of("oldest_uncommitted", id, "events wait for long to be in the table".to_owned()));
    failing.chain(broken).chain(silent).chain(lost).chain(late)
}

/// Whether the archive has more than 80 % of what it may have.
fn is_store_full(reading: &Reading) -> bool {
    reading.store.is_some_and(|(bytes, max)| bytes > max / 5 * 4)
}

/// The first of them, and how many they are.
fn some<'a>(names: impl IntoIterator<Item = &'a String, IntoIter: ExactSizeIterator>) -> String {
    let names = names.into_iter();
    let count = names.len();
    let first = names.take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    format!("{count}: {first}")
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
            let Found { is_on, conditions } = watch.look(&reading);
            let of_conditions: std::collections::BTreeSet<_> = conditions.iter().map(|one| one.alarm).collect();
            let told = NAMES.into_iter().zip(is_on).filter(|(name, is_on)| *is_on && *name != "alerts_fail");
            assert_eq!(of_conditions, told.map(|(name, _)| name).collect());
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
        assert_eq!(look(30, 1, 34, 3, &|reading| reading.broken.push(("a".to_owned(), "test".to_owned()))), ["setup"]);
        assert_eq!(look(30, 1, 34, 3, &|reading| reading.silent.push("a".to_owned())), ["silence"]);
        let lost = &|reading: &mut Reading| reading.lost.push(("a".to_owned(), "1 to 2".to_owned()));
        assert_eq!(look(30, 1, 34, 3, lost), ["acknowledged_and_corrupt"]);
        assert_eq!(look(30, 1, 34, 3, &|reading| reading.store = Some((81, 100))), ["store"]);
        assert_eq!(look(30, 1, 34, 3, &|reading| reading.store = Some((80, 100))), [""; 0]);
        assert_eq!(look(30, 1, 34, 3, &|reading| reading.late.push("a".to_owned())), ["oldest_uncommitted"]);
        assert_eq!(look(30, 1, 34, 3, &|reading| reading.are_alerts_failing = true), ["alerts_fail"]);
    }

    #[test]
    fn alerts_name_each_connection() {
        let names = ["a".to_owned(), "b".to_owned()];
        let reading = Reading {
            failing: names.to_vec(),
            broken: vec![("b".to_owned(), "Store: list it".to_owned())],
            silent: names.to_vec(),
            silence_hours: 24,
            ..Reading::default()
        };
        let conditions = Watch::default().look(&reading).conditions;
        let shown: Vec<_> =
            conditions.iter().map(|one| (one.alarm, one.subject.as_deref().unwrap(), &*one.cause)).collect();
        let (sync, silence) = ("the last sync has failed", "nothing was received for 24 hours");
        let setup = "a setup test has failed: Store: list it";
        assert_eq!(
            shown,
            [
                ("sync_fails", "a", sync),
                ("sync_fails", "b", sync),
                ("setup", "b", setup),
                ("silence", "a", silence),
                ("silence", "b", silence)
            ]
        );
    }
}
