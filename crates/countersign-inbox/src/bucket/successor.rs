//! Which log follows another: an object `{log}/successor-{owner}`, which is put once.
//!
//! Where a process of another owner has closed a log, its writer does not see by the empty object it meets whether a process of its own owner
//! has started since. So both put this object: the writer before it appends to a further log, and a process that starts for each log that may
//! be of its owner. One of them comes first, and the other learns it. The key names the owner, since that of a log is not known if nothing is
//! left in it but what has closed it: what one puts in vain is in no other owner's way.

use std::sync::Arc;

use crate::event::LogId;

/// The key of the object that says which log of this owner follows a log.
pub(super) fn key(log: LogId, owner: [u8; 16]) -> String {
    format!("{log}/successor-{}", LogId(owner))
}

/// The log and the owner that a key says; none if it is not one of these.
pub(super) fn of_key(found: &str) -> Option<(LogId, [u8; 16])> {
    let (log, owner) = found.split_once("/successor-")?;
    let (log, LogId(owner)) = (LogId::parse(log)?, LogId::parse(owner)?);
    (key(log, owner) == found).then_some((log, owner))
}

/// The object that says that this log follows.
pub(super) fn encode(next: LogId) -> Arc<[u8]> {
    format!("{next}\n").into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bucket::object::Place;

    #[test]
    fn keys_say_log_and_owner_and_are_those_of_no_events() {
        let log = LogId::new(1_800_000_000_000, [3; 10]);
        let found = key(log, [0xab; 16]);
        assert_eq!(of_key(&found), Some((log, [0xab; 16])));
        assert_eq!(Place::of_key(&found), None);
        for other in
            ["", "x", &found[1..], &found[..found.len() - 1], &found.to_uppercase(), &format!("{log}/successor-")]
        {
            assert_eq!(of_key(other), None, "{other}");
        }
        assert_eq!(of_key(&Place { log, number: 1 }.key()), None);
    }
}
