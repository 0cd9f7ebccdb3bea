//! What recovery decides, from what it has found. No input and output: every combination of facts is tested.

use std::collections::BTreeSet;

use crate::event::Seq;
use crate::index::Index;
use crate::segment::{FoundHeader, SegmentHeader};

/// What is done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It holds nothing that was acknowledged: it is removed.
    Remove,
    /// It was damaged so that nothing in it can be read: it is renamed for an operator, and reported.
    SetAside,
    /// Its end says what is in it.
    UseSummary,
    /// It is read from its beginning.
    Scan,
}

/// What was found of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not states")]
pub(crate) struct Facts {
    pub(crate) header: FoundHeader,
    /// Whether its end is there and undamaged.
    pub(crate) has_summary: bool,
    /// Whether it is a copy of the records of one connection.
    pub(crate) is_copy: bool,
    /// Whether the segment that a copy was made of is there.
    pub(crate) has_original: bool,
    /// Whether the header of another segment says that something in this one was durable.
    pub(crate) is_stated_durable: bool,
}

/// The decision about a file.
pub(crate) fn decide(facts: Facts) -> Decision {
    let Facts { header, has_summary, is_copy, has_original, is_stated_durable } = facts;
    match header {
        // The original goes only when all copies are durable. While it is there, a copy may be half written.
        _ if is_copy && has_original => Decision::Remove,
        // The first flush writes the header, and only a flush is acknowledged. No tear makes a copy blank: its original is gone.
        FoundHeader::Blank if !is_copy && !is_stated_durable => Decision::Remove,
        FoundHeader::Blank | FoundHeader::Damaged => Decision::SetAside,
        FoundHeader::Valid(_) if has_summary => Decision::UseSummary,
        FoundHeader::Valid(_) => Decision::Scan,
    }
}

/// What of a segment that was read from its beginning counts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Judgement {
    /// The records to be kept.
    pub(crate) index: Index,
    /// The seqs that were acknowledged and whose records are not there.
    pub(crate) lost: Vec<Seq>,
    /// The highest seq that is known to be durable.
    pub(crate) durable_seq: Seq,
    /// How many undamaged records do not count, because they had been refused.
    pub(crate) refused: u64,
}

/// Judges the records of a copy, all of which are durable: what is missing is lost. Its header says how many there were, and the last
/// one. Of those whose headers are damaged the seqs are not known; the last one then stands for them.
pub(crate) fn judge_copy(header: &SegmentHeader, index: Index, damaged: Vec<Seq>) -> Judgement {
    let found = index.values().map(Vec::len).sum::<usize>() + damaged.len();
    let mut lost = damaged;
    if (found as u64) < header.durable_seq && !lost.contains(&header.durable_number) {
        lost.push(header.durable_number);
    }
    Judgement { index, lost, durable_seq: Seq::MAX, refused: 0 }
}

/// Judges the records of a segment. `stated` is the highest seq that its records state to be durable; `next` the header of the
/// segment behind it, if there is one.
pub(crate) fn judge(header: &SegmentHeader, index: Index, stated: Seq, next: Option<&SegmentHeader>) -> Judgement {
    // The last seq that was acknowledged, and whether all behind it was refused, as far as is known.
    let (durable_seq, is_all_known) = match next {
        // After a failure the log went on in the next segment, and said up to where this one was durable.
        Some(next) if next.durable_number == header.number || next.durable_seq < header.first_seq => {
            (next.durable_seq, true)
        }
        // The one behind this is missing.
        Some(_) | None => (stated, false),
    };
    let durable_seq =
        if crate::planted_bug!(TakesATornTailForALoss) && next.is_none() { stated + 1 } else { durable_seq };
    let is_kept = |seq: Seq| !is_all_known || seq <= durable_seq || crate::planted_bug!(KeepsWhatWasRefused);
    let mut kept = Index::new();
    let mut seqs = BTreeSet::new();
    let mut refused = 0;
    for (connection, entries) in index {
        let before = entries.len();
        let entries: Vec<_> = entries.into_iter().filter(|entry| is_kept(entry.seq)).collect();
        refused += (before - entries.len()) as u64;
        seqs.extend(entries.iter().map(|entry| entry.seq));
        if !entries.is_empty() {
            kept.insert(connection, entries);
        }
    }
    let is_lost = |seq: &Seq| !seqs.contains(seq) && !crate::planted_bug!(ReportsNoLoss);
    let lost = (header.first_seq..=durable_seq).filter(is_lost).collect();
    Judgement { index: kept, lost, durable_seq, refused }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::LogId;
    use crate::index::Entry;

    const HEADER: SegmentHeader =
        SegmentHeader { log: LogId([1; 16]), number: 4, key: 1, first_seq: 10, durable_seq: 9, durable_number: 3 };

    #[test]
    fn every_combination_of_facts_has_its_decision() {
        let mut decisions = Vec::new();
        for header in [FoundHeader::Valid(HEADER), FoundHeader::Blank, FoundHeader::Damaged] {
            for bits in 0..16_u8 {
                let [has_summary, is_copy, has_original, is_stated_durable] =
                    [0, 1, 2, 3].map(|bit| bits >> bit & 1 == 1);
                let decision = decide(Facts { header, has_summary, is_copy, has_original, is_stated_durable });
                // Only what holds nothing acknowledged is removed.
                let may_go = is_copy && has_original || header == FoundHeader::Blank && !is_copy && !is_stated_durable;
                assert_eq!(decision == Decision::Remove, may_go, "{header:?} {bits:04b}");
                // Only what cannot be read is set aside.
                let is_readable = matches!(header, FoundHeader::Valid(_));
                assert_eq!(decision == Decision::SetAside, !may_go && !is_readable, "{header:?} {bits:04b}");
                assert!(decision != Decision::UseSummary || has_summary);
                decisions.push(decision);
            }
        }
        let count = |decision| decisions.iter().filter(|&&other| other == decision).count();
        let counts = [Decision::Remove, Decision::SetAside, Decision::UseSummary, Decision::Scan].map(count);
        assert_eq!(counts, [16, 20, 6, 6]);
    }

    fn index(seqs: &[Seq]) -> Index {
        let entries = seqs.iter().map(|&seq| Entry { seq, position: 0, payload_bytes: 0 }).collect();
        Index::from([("c".into(), entries)])
    }

    #[test]
    fn what_was_acknowledged_and_is_missing_is_lost() {
        let next = SegmentHeader { number: 5, first_seq: 15, durable_seq: 12, durable_number: 4, ..HEADER };
        // The log went on: 10 to 12 were acknowledged, 13 and 14 refused.
        let judged = judge(&HEADER, index(&[10, 12, 13]), 11, Some(&next));
        assert_eq!(judged, Judgement { index: index(&[10, 12]), lost: vec![11], durable_seq: 12, refused: 1 });
        // Nothing in it was ever durable.
        let nothing = SegmentHeader { durable_seq: 9, durable_number: 3, ..next };
        assert_eq!(judge(&HEADER, index(&[10, 11]), 0, Some(&nothing)).refused, 2);
        // Its last group may have been torn, or acknowledged: what is there is kept, and only what is known to be lost reported.
        let judged = judge(&HEADER, index(&[10, 12, 14]), 11, None);
        assert_eq!(judged, Judgement { index: index(&[10, 12, 14]), lost: vec![11], durable_seq: 11, refused: 0 });
        // The same if the one behind it is gone, so that the next one there speaks of another.
        let far = SegmentHeader { number: 6, first_seq: 30, durable_seq: 29, durable_number: 5, ..HEADER };
        assert_eq!(judge(&HEADER, index(&[10, 12, 14]), 11, Some(&far)), judged);
    }
}
