//! What recovery decides, from what it has found. No input and output: every combination of facts is tested.

use std::collections::BTreeSet;

use crate::event::Seq;
use crate::index::Index;
use crate::marks::Seal;
use crate::segment::{FoundHeader, SegmentHeader};

/// What is done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It holds nothing that was acknowledged: it is removed.
    Remove,
    /// It was damaged so that nothing in it can be read: it is renamed for an operator, and reported.
    SetAside,
    /// It cannot be read now, or whether it is needed: it stays, and the next start looks again.
    Leave,
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
    /// Whether there is a header in this log that cannot be read, and might say so.
    pub(crate) has_unreadable: bool,
}

/// The decision about a file.
pub(crate) fn decide(facts: Facts) -> Decision {
    let Facts { header, has_summary, is_copy, has_original, is_stated_durable, has_unreadable } = facts;
    match header {
        // The original goes only when all copies are durable. While it is there, a copy may be half written.
        _ if is_copy && has_original => Decision::Remove,
        // The first flush writes the header, and only a flush is acknowledged. No tear makes a copy blank: its original is gone.
        FoundHeader::Blank if !is_copy && !is_stated_durable && has_unreadable => Decision::Leave,
        FoundHeader::Blank if !is_copy && !is_stated_durable => Decision::Remove,
        FoundHeader::Unreadable => Decision::Leave,
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
    /// Whether others are missing, whose seqs are not known.
    pub(crate) is_incomplete: bool,
    /// Whether it is known how many records there were. If not, some may have been where nothing can be read.
    pub(crate) is_exact: bool,
    /// The highest seq that is known to be durable.
    pub(crate) durable_seq: Seq,
    /// How many undamaged records do not count, because they had been refused.
    pub(crate) refused: u64,
}

/// Judges the records of a copy, all of which are durable: what is missing is lost. Its header says how many there were, and the last
/// one.
pub(crate) fn judge_copy(header: &SegmentHeader, index: Index, damaged: Vec<Seq>) -> Judgement {
    let (records, last_seq) = (header.durable_seq, header.durable_number);
    let mut lost = damaged;
    let is_last_found = index.values().flatten().any(|entry| entry.seq == last_seq) || lost.contains(&last_seq);
    let mut found = (index.values().map(Vec::len).sum::<usize>() + lost.len()) as u64;
    if found < records && !is_last_found {
        lost.push(last_seq);
        found += 1;
    }
    Judgement { index, lost, is_incomplete: found < records, is_exact: true, durable_seq: Seq::MAX, refused: 0 }
}

/// Judges the records of a segment. `stated` is the highest seq that its records state to be durable; `next` the header of the
/// segment behind it, if there is one; `seal` what its end has said, if it had one.
pub(crate) fn judge(
    header: &SegmentHeader,
    index: Index,
    stated: Seq,
    next: Option<&SegmentHeader>,
    seal: Option<Seal>,
) -> Judgement {
    // After a failure the log went on in the next segment, and said up to where this one was durable. If it speaks of another, the one
    // behind this is missing.
    let next = next.filter(|next| next.durable_number == header.number || next.durable_seq < header.first_seq);
    // The last seq that counts: all behind it was refused.
    let last_seq = next.map(|next| next.durable_seq).or(seal.map(|seal| seal.last_seq));
    let is_kept =
        |seq: Seq| last_seq.is_none_or(|last_seq| seq <= last_seq) || crate::planted_bug!(KeepsWhatWasRefused);
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
    let missing = |through: Seq| {
        let is_lost = |seq: &Seq| !seqs.contains(seq) && !crate::planted_bug!(ReportsNoLoss);
        (header.first_seq..=through).filter(is_lost).collect::<Vec<_>>()
    };
    let is_torn = last_seq.is_none() && crate::planted_bug!(TakesATornTailForALoss);
    let mut lost = missing(next.map_or(stated + u64::from(is_torn), |next| next.durable_seq));
    if let (None, Some(seal)) = (next, seal)
        && seqs.len() + lost.len() < seal.events as usize
    {
        // Some may be named that a torn write has cost, and that nobody misses.
        lost = missing(seal.last_seq);
    }
    let durable_seq = last_seq.unwrap_or(stated);
    Judgement { index: kept, lost, is_incomplete: false, is_exact: last_seq.is_some(), durable_seq, refused }
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
        for header in [FoundHeader::Valid(HEADER), FoundHeader::Blank, FoundHeader::Damaged, FoundHeader::Unreadable] {
            for bits in 0..32_u8 {
                let [has_summary, is_copy, has_original, is_stated_durable, has_unreadable] =
                    [0, 1, 2, 3, 4].map(|bit| bits >> bit & 1 == 1);
                let facts = Facts { header, has_summary, is_copy, has_original, is_stated_durable, has_unreadable };
                let decision = decide(facts);
                // Only what holds nothing acknowledged is removed.
                let is_unused = header == FoundHeader::Blank && !is_copy && !is_stated_durable;
                let may_go = is_copy && has_original || is_unused && !has_unreadable;
                assert_eq!(decision == Decision::Remove, may_go, "{header:?} {bits:05b}");
                // What cannot be read stays, and what will never be is set aside.
                let stays = header == FoundHeader::Unreadable || is_unused && has_unreadable;
                assert_eq!(decision == Decision::Leave, !may_go && stays, "{header:?} {bits:05b}");
                let is_readable = matches!(header, FoundHeader::Valid(_));
                assert_eq!(decision == Decision::SetAside, !may_go && !stays && !is_readable, "{header:?} {bits:05b}");
                assert!(decision != Decision::UseSummary || has_summary);
                decisions.push(decision);
            }
        }
        let count = |decision| decisions.iter().filter(|&&other| other == decision).count();
        let all = [Decision::Remove, Decision::SetAside, Decision::Leave, Decision::UseSummary, Decision::Scan];
        assert_eq!(all.map(count), [36, 40, 28, 12, 12]);
    }

    fn index(seqs: &[Seq]) -> Index {
        let entries = seqs.iter().map(|&seq| Entry { seq, position: 0, payload_bytes: 0 }).collect();
        Index::from([("c".into(), entries)])
    }

    fn judgement(seqs: &[Seq], lost: &[Seq], durable_seq: Seq, refused: u64, is_exact: bool) -> Judgement {
        Judgement { index: index(seqs), lost: lost.to_vec(), is_incomplete: false, is_exact, durable_seq, refused }
    }

    #[test]
    fn what_was_acknowledged_and_is_missing_is_lost() {
        let next = SegmentHeader { number: 5, first_seq: 15, durable_seq: 12, durable_number: 4, ..HEADER };
        // The log went on: 10 to 12 were acknowledged, 13 and 14 refused.
        let judged = judge(&HEADER, index(&[10, 12, 13]), 11, Some(&next), None);
        assert_eq!(judged, judgement(&[10, 12], &[11], 12, 1, true));
        // Nothing in it was ever durable.
        let nothing = SegmentHeader { durable_seq: 9, durable_number: 3, ..next };
        assert_eq!(judge(&HEADER, index(&[10, 11]), 0, Some(&nothing), None).refused, 2);
        // Its last group may have been torn, or acknowledged: what is there is kept, and only what is known to be lost reported.
        let judged = judge(&HEADER, index(&[10, 12, 14]), 11, None, None);
        assert_eq!(judged, judgement(&[10, 12, 14], &[11], 11, 0, false));
        // The same if the one behind it is gone, so that the next one there speaks of another.
        let far = SegmentHeader { number: 6, first_seq: 30, durable_seq: 29, durable_number: 5, ..HEADER };
        assert_eq!(judge(&HEADER, index(&[10, 12, 14]), 11, Some(&far), None), judged);
    }

    #[test]
    fn what_an_end_has_listed_and_is_missing_is_lost() {
        let judge = |seqs: &[Seq], stated, last_seq, events| {
            judge(&HEADER, index(seqs), stated, None, Some(Seal { last_seq, events }))
        };
        // Its end alone was cut off.
        assert_eq!(judge(&[10, 11, 12], 11, 12, 3), judgement(&[10, 11, 12], &[], 12, 0, true));
        // And the last records, of which no other speaks.
        assert_eq!(judge(&[10], 0, 12, 3), judgement(&[10], &[11, 12], 12, 0, true));
        // 13 was refused.
        assert_eq!(judge(&[10, 12, 13], 12, 12, 3), judgement(&[10, 12], &[11], 12, 1, true));
        // 12 was torn and not acknowledged; nothing is lost but 10, which was before.
        assert_eq!(judge(&[11, 13], 11, 13, 3), judgement(&[11, 13], &[10], 13, 0, true));
    }

    #[test]
    fn what_is_missing_in_a_copy_is_lost() {
        let header = SegmentHeader { durable_seq: 3, durable_number: 14, ..HEADER };
        let judge = |seqs: &[Seq], damaged: &[Seq]| {
            let judged = judge_copy(&header, index(seqs), damaged.to_vec());
            (judged.lost, judged.is_incomplete)
        };
        assert_eq!(judge(&[10, 12, 14], &[]), (vec![], false));
        assert_eq!(judge(&[10, 14], &[12]), (vec![12], false));
        assert_eq!(judge(&[10, 12], &[]), (vec![14], false));
        assert_eq!(judge(&[10], &[]), (vec![14], true));
        assert_eq!(judge(&[12, 14], &[]), (vec![], true));
    }
}
