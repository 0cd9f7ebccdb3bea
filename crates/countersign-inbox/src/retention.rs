//! Which segments go, and which records are copied so that theirs can go. No input and output.

use crate::catalog::{Catalog, SegmentState};
use crate::segment::SegmentName;

/// What is to be done with a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// All in it was released: it goes.
    Remove(SegmentName),
    /// All that can be read in it was released, but something in it was lost: it is kept for an operator, under another name.
    SetAside(SegmentName),
    /// The records that were not released are copied, so that it can go.
    Hold(SegmentName),
}

impl Action {
    /// The segment.
    pub(crate) fn segment(self) -> SegmentName {
        match self {
            Self::Remove(name) | Self::SetAside(name) | Self::Hold(name) => name,
        }
    }
}

/// How long segments stay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    /// How many bytes of segments there may be before the oldest is copied.
    pub(crate) bytes_max: u64,
    /// How long records may pin a segment, in microseconds.
    pub(crate) hold_after: i64,
}

/// What is to be done now, in microseconds since 1970.
///
/// A segment is copied only if more than half of it was released, and its records are copied once.
pub(crate) fn plan(catalog: &Catalog, now: i64, policy: Policy) -> Vec<Action> {
    let mut bytes: u64 = catalog.segments().map(|segment| segment.bytes).sum();
    let mut actions = Vec::new();
    // The log whose oldest segment has no end: no later one of it may go, because its header says what in the older one counts.
    let mut blocked = None;
    for segment in catalog.segments() {
        let (name, log) = (segment.name, segment.name.log);
        if matches!(segment.state, SegmentState::Open(_) | SegmentState::Full(_)) {
            continue;
        }
        let pinned = segment.pinned_bytes();
        let is_lossy = !segment.losses().is_empty() && !crate::planted_bug!(RemovesUnreadableFiles);
        let is_free = pinned == 0 || crate::planted_bug!(RemovesASegmentTooEarly) && pinned < segment.bytes / 2;
        let may_be_read_later =
            is_lossy && matches!(segment.state, SegmentState::Incomplete { is_unreadable: true, .. });
        if is_free && may_be_read_later {
            // It stays until a start has read all of it, or an operator has looked; nobody waits for that.
        } else if is_free && blocked != Some(log) {
            bytes -= segment.bytes;
            actions.push(if is_lossy { Action::SetAside(name) } else { Action::Remove(name) });
        } else if !matches!(segment.state, SegmentState::Sealed) {
            if name.held.is_none() {
                blocked = Some(log);
            }
        } else if name.held.is_none()
            && !is_lossy
            && pinned < segment.bytes / 2
            && blocked != Some(log)
            && (now - segment.ended_at >= policy.hold_after || bytes > policy.bytes_max)
        {
            bytes -= segment.bytes - pinned;
            actions.push(Action::Hold(name));
        }
    }
    actions
}
