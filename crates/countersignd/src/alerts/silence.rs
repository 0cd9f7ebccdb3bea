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

    /// The connections that are silent now, sorted. Each comes with when it received its last event, in microseconds since 1970, as far as
    /// that is known; one of which nothing was ever known is silent when it has been there for long enough. Before one is called silent,
    /// `last` says when something of it was there that this process has not seen come.
    pub fn look<'a>(
        &mut self,
        connections: impl Iterator<Item = (&'a str, Option<i64>)>,
        now: i64,
        last: impl Fn(&str) -> Option<i64>,
    ) -> Vec<String> {
        let after = i64::try_from(self.after.as_micros()).unwrap_or(i64::MAX);
        let is_late = |since: i64| now - since >= after;
        let (mut all_since, mut silent) = (HashMap::new(), HashSet::new());
        for (id, received_at) in connections {
            let known = self.since.get(id).copied().unwrap_or(now).max(received_at.unwrap_or(i64::MIN));
            // The clock may have been set back.
            let mut since = known.min(now);
            if is_late(since) && !self.silent.contains(id) {
                since = last(id).map_or(since, |last| since.max(last.min(now)));
            }
            if is_late(since) {
                silent.insert(id.to_owned());
            }
            all_since.insert(id.to_owned(), since);
        }
        (self.since, self.silent) = (all_since, silent);
        let mut silent: Vec<String> = self.silent.iter().cloned().collect();
        silent.sort_unstable();
        silent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_receives_nothing_for_long_is_silent() {
        let of_registry = HashMap::from([("old".to_owned(), 0), ("gone".to_owned(), 0)]);
        let mut silence = Silence::new(Duration::from_micros(100), of_registry);
        let mut look =
            |now, of_old, of_new| silence.look([("old", of_old), ("new", of_new)].into_iter(), now, |_| None);
        assert_eq!(look(99, None, None), [""; 0]);
        assert_eq!(look(100, None, None), ["old"]);
        // One that was never seen before is counted from the first look.
        assert_eq!(look(198, None, None), ["old"]);
        assert_eq!(look(199, None, None), ["new", "old"]);
        assert_eq!(look(200, Some(199), None), ["new"]);
        // What was known stays known.
        assert_eq!(look(298, None, Some(297)), [""; 0]);
        assert_eq!(look(299, None, None), ["old"]);
        // The clock was set back.
        assert_eq!(look(50, Some(199), Some(297)), [""; 0]);
        assert_eq!(look(150, None, None), ["new", "old"]);
    }

    #[test]
    fn nobody_is_called_silent_for_what_this_process_has_not_seen() {
        let of_registry = HashMap::from([("a".to_owned(), 0), ("b".to_owned(), 0)]);
        let mut silence = Silence::new(Duration::from_micros(100), of_registry);
        let mut look = |now, of_a| {
            let last = |id: &str| if id == "a" { of_a } else { Some(90) };
            silence.look([("a", None), ("b", None)].into_iter(), now, last)
        };
        assert_eq!(look(100, Some(100)), [""; 0]);
        assert_eq!(look(189, None), [""; 0]);
        assert_eq!(look(190, None), ["b"]);
        assert_eq!(look(200, None), ["a", "b"]);
    }
}
