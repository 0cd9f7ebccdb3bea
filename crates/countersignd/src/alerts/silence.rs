//! Which connections have received nothing for longer than the operator expects.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Says which connections are silent.
#[derive(Debug, Default)]
pub struct Silence {
    after: Duration,
    /// Since when each connection is known to have received nothing, in microseconds since 1970: its last event, or the first look.
    since: HashMap<String, i64>,
    silent: HashSet<String>,
}

/// What is known of a connection now.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Its id.
    pub id: &'a str,
    /// When it received its last event since the start, in microseconds since 1970.
    pub received_at: Option<i64>,
    /// Whether events of it are in the inbox: those from before the start have not been seen.
    pub has_backlog: bool,
}

impl Silence {
    /// Silent is who has received nothing for so long. `archived_at` says when something of each connection was archived last.
    #[must_use]
    pub fn new(after: Duration, archived_at: HashMap<String, i64>) -> Self {
        Self { after, since: archived_at, silent: HashSet::new() }
    }

    /// After how many hours somebody is silent.
    #[must_use]
    pub fn hours(&self) -> u64 {
        self.after.as_secs() / 3600
    }

    /// The connections that are silent now, sorted. A connection that has never received anything is silent when it has been known for long
    /// enough. `archived_at` is asked again before a connection is called silent.
    pub fn look<'a>(
        &mut self,
        connections: impl Iterator<Item = Seen<'a>>,
        now: i64,
        archived_at: impl Fn(&str) -> Option<i64>,
    ) -> Vec<String> {
        let after = i64::try_from(self.after.as_micros()).unwrap_or(i64::MAX);
        let mut silent = HashSet::new();
        let mut since = HashMap::new();
        for Seen { id, received_at, has_backlog } in connections {
            // A clock that was set back must not make anybody silent for ever, nor never.
            let known = self.since.get(id).copied().unwrap_or(now).max(received_at.unwrap_or(i64::MIN)).min(now);
            let is_late = |known: i64| now - known >= after;
            let was_silent = self.silent.contains(id);
            let mut last = known;
            if is_late(last) && !was_silent {
                if has_backlog {
                    last = now;
                } else if let Some(archived_at) = archived_at(id) {
                    last = last.max(archived_at.min(now));
                }
            }
            if is_late(last) {
                silent.insert(id.to_owned());
            }
            since.insert(id.to_owned(), last);
        }
        (self.since, self.silent) = (since, silent);
        let mut silent: Vec<String> = self.silent.iter().cloned().collect();
        silent.sort_unstable();
        silent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(id: &str, received_at: Option<i64>) -> Seen<'_> {
        Seen { id, received_at, has_backlog: false }
    }

    #[test]
    fn who_receives_nothing_for_long_is_silent() {
        let mut silence =
            Silence::new(Duration::from_micros(100), HashMap::from([("old".to_owned(), 0), ("gone".to_owned(), 0)]));
        let nothing = |_: &str| None;
        let mut look =
            |now, of_old, of_new| silence.look([seen("old", of_old), seen("new", of_new)].into_iter(), now, nothing);
        assert_eq!(look(99, None, None), [""; 0]);
        assert_eq!(look(100, None, None), ["old"]);
        // One that was never seen before is counted from the first look.
        assert_eq!(look(198, None, None), ["old"]);
        assert_eq!(look(199, None, None), ["new", "old"]);
        assert_eq!(look(200, Some(199), None), ["new"]);
        assert_eq!(look(298, Some(199), Some(297)), [""; 0]);
        assert_eq!(look(299, Some(199), Some(297)), ["old"]);
        // The clock was set back.
        assert_eq!(look(50, Some(199), Some(297)), [""; 0]);
        assert_eq!(look(150, Some(199), Some(297)), [""; 0]);
    }

    #[test]
    fn nobody_is_called_silent_for_what_this_process_has_not_seen() {
        let mut silence =
            Silence::new(Duration::from_micros(100), HashMap::from([("a".to_owned(), 0), ("b".to_owned(), 0)]));
        let connections = |has_backlog| [Seen { id: "a", received_at: None, has_backlog }, seen("b", None)].into_iter();
        // Of one, events are in the inbox; of the other, an object was entered since.
        let archived_at = |id: &str| (id == "b").then_some(90);
        assert_eq!(silence.look(connections(true), 100, archived_at), [""; 0]);
        assert_eq!(silence.look(connections(false), 189, archived_at), [""; 0]);
        assert_eq!(silence.look(connections(false), 190, archived_at), ["b"]);
        assert_eq!(silence.look(connections(false), 200, archived_at), ["a", "b"]);
    }
}
