//! Which alarms have begun or are over since the receiver was told.

use std::collections::{BTreeMap, VecDeque};

/// How long an alarm must be away before it is over, in microseconds: those that are judged by what came since the last look come and go.
const OVER_AFTER: i64 = 600_000_000;

/// The most changes that wait.
const WAITING_MAX: usize = 1000;

/// The most alarms that are remembered as begun; a hundred thousand connections may fall silent at once.
const BEGUN_MAX: usize = 200_000;

/// Something that is so now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The name of the alarm.
    pub alarm: &'static str,
    /// The connection, if it is one of a connection.
    pub subject: Option<String>,
    /// Why, for a person.
    pub cause: String,
}

/// An alarm that has begun or is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) alarm: &'static str,
    pub(super) subject: Option<String>,
    pub(super) is_on: bool,
    /// Why; empty if it is over.
    pub(super) cause: String,
    /// When, in microseconds since 1970.
    pub(super) at: i64,
    /// How often it has begun until this was told.
    pub(super) times: u32,
}

type Key = (&'static str, Option<String>);

/// What has changed.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// The alarms that have begun, and when each was there last.
    begun: BTreeMap<Key, i64>,
    waiting: VecDeque<Change>,
    omitted: u64,
}

impl Changes {
    /// Compares what there is now with what there was, and says whether something has changed.
    pub(super) fn note(&mut self, conditions: &[Condition], now: i64) -> bool {
        let mut has_changed = false;
        for Condition { alarm, subject, cause } in conditions {
            let key = (*alarm, subject.clone());
            if let Some(seen) = self.begun.get_mut(&key) {
                *seen = now;
            } else if self.begun.len() < BEGUN_MAX {
                self.begun.insert(key, now);
                let (subject, cause) = (subject.clone(), cause.clone());
                self.push(Change { alarm, subject, is_on: true, cause, at: now, times: 1 });
                has_changed = true;
            }
        }
        // A clock that was set back must not keep an alarm for ever.
        let is_over = |seen: i64| !(now - OVER_AFTER < seen && seen <= now);
        let mut over: Vec<Key> = Vec::new();
        self.begun.retain(|key, seen| {
            let is_over = is_over(*seen);
            if is_over {
                over.push(key.clone());
            }
            !is_over
        });
        has_changed |= !over.is_empty();
        for (alarm, subject) in over {
            self.push(Change { alarm, subject, is_on: false, cause: String::new(), at: now, times: 1 });
        }
        has_changed
    }

    /// The changes that are told next, and how many were omitted.
    pub(super) fn take(&mut self, limit: usize) -> (Vec<Change>, u64) {
        let count = self.waiting.len().min(limit);
        let changes: Vec<Change> = self.waiting.drain(..count).collect();
        // What was omitted came after all that wait.
        let omitted = if self.waiting.is_empty() { std::mem::take(&mut self.omitted) } else { 0 };
        (changes, omitted)
    }

    fn push(&mut self, change: Change) {
        // While the receiver cannot be told, an alarm that comes and goes is one begin and at most one end.
        let is_same = |other: &Change| (other.alarm, &other.subject) == (change.alarm, &change.subject);
        let begin = self.waiting.iter().position(|other| is_same(other) && other.is_on);
        if let (true, Some(begin)) = (change.is_on, begin) {
            if let Some(end) = self.waiting.iter().rposition(is_same).filter(|end| *end > begin) {
                self.waiting.remove(end);
            }
            self.waiting[begin].times = self.waiting[begin].times.saturating_add(1);
        } else if self.waiting.len() < WAITING_MAX {
            self.waiting.push_back(change);
        } else {
            self.omitted = self.omitted.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(alarm: &'static str, subject: Option<&str>) -> Condition {
        Condition { alarm, subject: subject.map(str::to_owned), cause: "why".to_owned() }
    }

    fn taken(changes: &mut Changes) -> Vec<(String, bool, u32)> {
        let (taken, omitted) = changes.take(100);
        assert_eq!(omitted, 0);
        let name = |change: &Change| format!("{}:{}", change.alarm, change.subject.as_deref().unwrap_or_default());
        taken.iter().map(|change| (name(change), change.is_on, change.times)).collect()
    }

    #[test]
    fn only_changes_are_told() {
        let mut changes = Changes::default();
        let [one, two] = ["one", "two"].map(|subject| condition("silence", Some(subject)));
        let backlog = condition("backlog", None);
        assert!(!changes.note(&[], 0));
        assert!(changes.note(&[one.clone(), backlog.clone()], 1));
        assert!(!changes.note(&[one.clone(), backlog.clone()], 2));
        assert_eq!(taken(&mut changes), [("silence:one".to_owned(), true, 1), ("backlog:".to_owned(), true, 1)]);
        // Another connection is another alarm.
        assert!(changes.note(&[one.clone(), two.clone()], 3));
        assert_eq!(taken(&mut changes), [("silence:two".to_owned(), true, 1)]);
        // What is away for a while only is not over.
        assert!(!changes.note(&[one.clone(), two.clone()], OVER_AFTER + 1));
        assert!(changes.note(&[one.clone(), two.clone()], OVER_AFTER + 2));
        assert_eq!(taken(&mut changes), [("backlog:".to_owned(), false, 1)]);
        assert!(changes.note(&[one, two, backlog], OVER_AFTER + 3));
        assert_eq!(taken(&mut changes), [("backlog:".to_owned(), true, 1)]);
        assert_eq!(taken(&mut changes), []);
    }

    #[test]
    fn what_comes_and_goes_while_nobody_listens_is_told_once() {
        let mut changes = Changes::default();
        let alarm = condition("dead_letters", None);
        for round in 0..5 {
            let now = round * 3 * OVER_AFTER;
            changes.note(std::slice::from_ref(&alarm), now);
            changes.note(&[], now + 2 * OVER_AFTER);
        }
        let name = "dead_letters:".to_owned();
        assert_eq!(taken(&mut changes), [(name.clone(), true, 5), (name.clone(), false, 1)]);
        changes.note(std::slice::from_ref(&alarm), 100 * OVER_AFTER);
        taken(&mut changes);
        // An end, and a new begin, both of which are news.
        changes.note(&[], 102 * OVER_AFTER);
        changes.note(&[alarm], 103 * OVER_AFTER);
        assert_eq!(taken(&mut changes), [(name.clone(), false, 1), (name, true, 1)]);
    }

    #[test]
    fn no_more_than_a_number_waits() {
        let mut changes = Changes::default();
        let many: Vec<_> = (0..WAITING_MAX + 7).map(|number| condition("silence", Some(&number.to_string()))).collect();
        changes.note(&many, 0);
        let (first, omitted) = changes.take(WAITING_MAX - 1);
        assert_eq!((first.len(), omitted), (WAITING_MAX - 1, 0));
        let (rest, omitted) = changes.take(100);
        assert_eq!((rest.len(), omitted), (1, 7));
        assert_eq!(changes.take(100), (Vec::new(), 0));
    }

    #[test]
    fn a_clock_that_was_set_back_ends_no_alarm_that_is_there() {
        let mut changes = Changes::default();
        let alarm = [condition("backlog", None)];
        changes.note(&alarm, 5 * OVER_AFTER);
        changes.note(&alarm, 0);
        changes.note(&alarm, 1);
        assert_eq!(taken(&mut changes).len(), 1);
        assert!(changes.note(&[], OVER_AFTER + 2));
    }
}
