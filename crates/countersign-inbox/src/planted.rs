//! Bugs that the tests plant, to see that they are found. They are compiled only with `--cfg countersign_planted_bugs`.

#[cfg(countersign_planted_bugs)]
use std::cell::Cell;

/// A bug that can be planted.
#[cfg(countersign_planted_bugs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say what the code then does")]
pub enum PlantedBug {
    FlushesNoGroup,
    FlushesNoNames,
    AcknowledgesBeforeTheFlush,
    FlushesAgainAfterAFailure,
    TakesAShortWriteForAll,
    GivesASeqTwice,
    StopsAtTheFirstDamagedRecord,
    ChecksNoPayload,
    TrustsThePageCache,
    KeepsWhatWasRefused,
    LeavesTheLastRecordOutOfTheIndex,
    RemovesASegmentTooEarly,
    RemovesBeforeTheCopyIsFlushed,
    StatesADurableSeqTooEarly,
    ReportsNoLoss,
    SealsOverTheLastGroup,
    TakesATornTailForALoss,
    EndsAtAnUnreadableRecord,
    ReplacesWhatItCouldNotRead,
    RemovesUnreadableFiles,
    IgnoresWhatWasCutOff,
    ForgetsWhatWasFoundLost,
    PassesOverWhatWasCopied,
    TrustsTheIndexUnchecked,
    WithdrawsWhatItHasNotRead,
    GivesAllSegmentsOneKey,
    FlushesNoBlankHeader,
    ReusesAFileThatMayComeBack,
    BelievesAReusedFile,
    AcknowledgesBeforeThePut,
    TakesExistsForWritten,
    TakesExistsForAFailure,
    TakesAFailureForWritten,
    TakesAnyObjectForItsOwn,
    AcknowledgesBehindAGap,
    ClosesNoLog,
    LeavesGapsOpen,
    RemovesTheNewestObject,
    RemovesAnObjectTooEarly,
    KeepsWhatWasReleased,
    GoesOnUnseen,
    PutsNoSuccessor,
}

#[cfg(countersign_planted_bugs)]
impl PlantedBug {
    /// Those of the inbox on a disk.
    pub const OF_DISK: [Self; 29] = [
        Self::FlushesNoGroup,
        Self::FlushesNoNames,
        Self::AcknowledgesBeforeTheFlush,
        Self::FlushesAgainAfterAFailure,
        Self::TakesAShortWriteForAll,
        Self::GivesASeqTwice,
        Self::StopsAtTheFirstDamagedRecord,
        Self::ChecksNoPayload,
        Self::TrustsThePageCache,
        Self::KeepsWhatWasRefused,
        Self::LeavesTheLastRecordOutOfTheIndex,
        Self::RemovesASegmentTooEarly,
        Self::RemovesBeforeTheCopyIsFlushed,
        Self::StatesADurableSeqTooEarly,
        Self::ReportsNoLoss,
        Self::SealsOverTheLastGroup,
        Self::TakesATornTailForALoss,
        Self::EndsAtAnUnreadableRecord,
        Self::ReplacesWhatItCouldNotRead,
        Self::RemovesUnreadableFiles,
        Self::IgnoresWhatWasCutOff,
        Self::ForgetsWhatWasFoundLost,
        Self::PassesOverWhatWasCopied,
        Self::TrustsTheIndexUnchecked,
        Self::WithdrawsWhatItHasNotRead,
        Self::GivesAllSegmentsOneKey,
        Self::FlushesNoBlankHeader,
        Self::ReusesAFileThatMayComeBack,
        Self::BelievesAReusedFile,
    ];
    /// Those of the inbox in a bucket, which the histories of `countersignd` find.
    pub const OF_BUCKET: [Self; 13] = [
        Self::AcknowledgesBeforeThePut,
        Self::TakesExistsForWritten,
        Self::TakesExistsForAFailure,
        Self::TakesAFailureForWritten,
        Self::TakesAnyObjectForItsOwn,
        Self::AcknowledgesBehindAGap,
        Self::ClosesNoLog,
        Self::LeavesGapsOpen,
        Self::RemovesTheNewestObject,
        Self::RemovesAnObjectTooEarly,
        Self::KeepsWhatWasReleased,
        Self::GoesOnUnseen,
        Self::PutsNoSuccessor,
    ];
}

#[cfg(countersign_planted_bugs)]
thread_local! {
    static PLANTED: Cell<Option<PlantedBug>> = const { Cell::new(None) };
}

/// Plants a bug in this thread, or none.
#[cfg(countersign_planted_bugs)]
pub fn plant(bug: Option<PlantedBug>) {
    PLANTED.set(bug);
}

#[cfg(countersign_planted_bugs)]
pub(crate) fn is_planted(bug: PlantedBug) -> bool {
    PLANTED.get() == Some(bug)
}

/// Whether this bug is planted; `false` at compile time in every build but that of the test.
macro_rules! planted_bug {
    ($bug:ident) => {{
        #[cfg(countersign_planted_bugs)]
        let planted = $crate::planted::is_planted($crate::planted::PlantedBug::$bug);
        #[cfg(not(countersign_planted_bugs))]
        let planted = false;
        planted
    }};
}
pub(crate) use planted_bug;
