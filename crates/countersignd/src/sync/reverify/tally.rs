//! What was found, by what events were verified with when they came.

use countersign::{Rejection, Verified};

use super::{Gone, NAMED_MAX, NotAuthentic, Reverified, moment};
use crate::archive::line::{ArchivedEvent, ShortNote};

/// The most configurations of which events are named.
const GROUPS_NAMED_MAX: usize = 100;

/// What was found in some objects.
#[derive(Default)]
pub(super) struct Tally {
    not_verifiable: u64,
    groups: Vec<Group>,
}

/// Events that were verified by one configuration with one secret and algorithm.
struct Group {
    configuration: u64,
    secret: Option<u8>,
    algorithm: String,
    authentic: u64,
    not_authentic: u64,
    named: Vec<NotAuthentic>,
}

impl Tally {
    pub(super) fn count_not_verifiable(&mut self) {
        self.not_verifiable += 1;
    }

    pub(super) fn count(
        &mut self,
        event: &ArchivedEvent<'_>,
        note: ShortNote<'_>,
        verdict: Result<Verified, Rejection>,
    ) {
        let group = self.group(note.configuration, note.secret, note.algorithm.unwrap_or_default());
        match verdict {
            Ok(_) => group.authentic += 1,
            Err(rejection) => {
                group.not_authentic += 1;
                if group.named.len() < NAMED_MAX {
                    let (log, reason) = (note.log.to_owned(), rejection.name().to_owned());
                    group.named.push(NotAuthentic { id: event.id, log, seq: event.seq, reason });
                }
            }
        }
    }

    fn group(&mut self, configuration: u64, secret: Option<u8>, algorithm: &str) -> &mut Group {
        let is_it = |group: &Group| {
            group.configuration == configuration && group.secret == secret && group.algorithm == algorithm
        };
        // Neighbours have the same, mostly the last one.
        let at = self.groups.iter().rposition(is_it).unwrap_or_else(|| {
            let algorithm = algorithm.to_owned();
            self.groups.push(Group {
                configuration,
                secret,
                algorithm,
                authentic: 0,
                not_authentic: 0,
                named: Vec::new(),
            });
            self.groups.len() - 1
        });
        &mut self.groups[at]
    }

    /// Adds what was found in the objects behind those of `self`.
    pub(super) fn add(&mut self, other: Self) {
        self.not_verifiable += other.not_verifiable;
        for other in other.groups {
            let has_room = self.groups.len() < GROUPS_NAMED_MAX;
            let group = self.group(other.configuration, other.secret, &other.algorithm);
            group.authentic += other.authentic;
            group.not_authentic += other.not_authentic;
            let room = if has_room { NAMED_MAX - group.named.len() } else { 0 };
            group.named.extend(other.named.into_iter().take(room));
        }
    }

    /// What it comes to, if the connection is configured as it has been since `current`.
    pub(super) fn finish(self, current: u64) -> Reverified {
        let mut found = Reverified { not_verifiable: self.not_verifiable, ..Reverified::default() };
        for group in self.groups {
            found.authentic += group.authentic;
            if group.authentic == 0 && group.configuration != current {
                found.secret_gone += group.not_authentic;
                let Group { configuration, secret, algorithm, not_authentic, .. } = group;
                found.gone.push(Gone { loaded_at: moment(configuration), secret, algorithm, events: not_authentic });
                continue;
            }
            found.not_authentic += group.not_authentic;
            let room = NAMED_MAX - found.named.len();
            found.named.extend(group.named.into_iter().take(room));
        }
        found.events = found.authentic + found.not_verifiable + found.secret_gone + found.not_authentic;
        found
    }
}
