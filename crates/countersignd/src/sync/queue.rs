//! Which connections wait for a sync, and which of them comes next.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// The connections that wait: those that somebody has asked for, and those that are due. One comes from here and one from there in turns,
/// each in its order, so that neither many that are due nor many that are asked for hold up the others.
#[derive(Debug, Default)]
pub(super) struct Queue {
    asked: VecDeque<Arc<str>>,
    /// Those in `asked`, and whether for a resync.
    is_resync: HashMap<Arc<str>, bool>,
    due: VecDeque<Arc<str>>,
    /// Whether the last one was one that somebody has asked for.
    was_asked: bool,
}

/// A connection whose sync begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Next {
    pub(super) id: Arc<str>,
    /// Whether somebody has asked for it; else it is due.
    pub(super) is_asked: bool,
    /// Whether all its events are to be synced anew.
    pub(super) is_resync: bool,
}

impl Queue {
    /// Asks for a sync or resync of a connection. It is asked for once, however often that is said, and a resync ends with a sync.
    pub(super) fn ask(&mut self, id: &str, is_resync: bool) {
        if let Some(wanted) = self.is_resync.get_mut(id) {
            *wanted |= is_resync;
            return;
        }
        let id: Arc<str> = Arc::from(id);
        self.is_resync.insert(Arc::clone(&id), is_resync);
        self.asked.push_back(id);
    }

    pub(super) fn is_asked(&self, id: &str) -> bool {
        self.is_resync.contains_key(id)
    }

    pub(super) fn has_due(&self) -> bool {
        !self.due.is_empty()
    }

    /// Sets which connections are due, in their order.
    pub(super) fn set_due(&mut self, due: Vec<Arc<str>>) {
        self.due = due.into();
    }

    /// The next connection, of which no sync is running. One that is asked for waits until that has ended; one that is due is left out.
    pub(super) fn next(&mut self, is_running: impl Fn(&str) -> bool) -> Option<Next> {
        self.due.retain(|id| !is_running(id));
        let asked = self.asked.iter().position(|id| !is_running(id));
        let takes_asked = asked.filter(|_| !self.was_asked || self.due.is_empty());
        let id = match takes_asked {
            Some(place) => self.asked.remove(place)?,
            None => self.due.pop_front()?,
        };
        self.was_asked = takes_asked.is_some();
        // Whoever asks from here on wants another one; who has asked before gets this one.
        let wanted = self.is_resync.remove(&id);
        if takes_asked.is_some() {
            self.due.retain(|due| *due != id);
        } else if wanted.is_some() {
            self.asked.retain(|asked| *asked != id);
        }
        Some(Next { id, is_asked: wanted.is_some(), is_resync: wanted == Some(true) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(asked: &[&str], due: &[&str]) -> Queue {
        let mut queue = Queue::default();
        for id in asked {
            queue.ask(id, false);
        }
        queue.set_due(due.iter().map(|id| Arc::from(*id)).collect());
        queue
    }

    fn all(mut queue: Queue, is_running: impl Fn(&str) -> bool) -> Vec<(String, bool, bool)> {
        let next = || queue.next(&is_running).map(|next| (next.id.to_string(), next.is_asked, next.is_resync));
        std::iter::from_fn(next).collect()
    }

    fn ids(queue: Queue, is_running: impl Fn(&str) -> bool) -> String {
        all(queue, is_running).into_iter().map(|(id, ..)| id).collect()
    }

    #[test]
    fn asked_and_due_take_turns_each_in_its_order() {
        assert_eq!(ids(queue(&["z", "y", "x"], &["b", "a", "c", "d"]), |_| false), "zbyaxcd");
        assert_eq!(ids(queue(&["y", "z", "y"], &[]), |_| false), "yz");
    }

    #[test]
    fn one_that_is_asked_for_and_due_is_synced_once() {
        assert_eq!(ids(queue(&["a", "b"], &["c", "a"]), |_| false), "acb");
        let mut queue = queue(&["x", "b"], &["b"]);
        queue.ask("b", true);
        let all = all(queue, |_| false);
        assert_eq!(all, [("x".to_owned(), true, false), ("b".to_owned(), true, true)]);
    }

    #[test]
    fn one_that_is_running_waits_if_it_is_asked_for_and_holds_up_no_other() {
        let mut queue = queue(&["a", "b"], &["a", "c"]);
        let next = |queue: &mut Queue, running: &str| queue.next(|id| id == running).map(|next| next.id.to_string());
        assert_eq!(next(&mut queue, "a").as_deref(), Some("b"));
        assert_eq!(next(&mut queue, "a").as_deref(), Some("c"));
        assert_eq!(next(&mut queue, "a"), None);
        assert!(queue.is_asked("a") && !queue.has_due());
        assert_eq!(next(&mut queue, "").as_deref(), Some("a"));
        assert!(!queue.is_asked("a"));
    }
}
