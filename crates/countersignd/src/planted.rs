//! Bugs that the tests plant, to see that they are found. They are compiled only with `--cfg countersign_planted_bugs`.

#[cfg(countersign_planted_bugs)]
use std::sync::atomic::{AtomicUsize, Ordering};

/// A bug that can be planted.
#[cfg(countersign_planted_bugs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say what the code then does")]
pub enum PlantedBug {
    TakesExistsForSuccess,
    TakesExistsForFailure,
    ReleasesBeforeRegistered,
    DecidesAnew,
    ReleasesBoundsTooEarly,
    ComputesIdsAgain,
    TrustsWhatIsThere,
    RegistersWhereItIsNot,
    ForgetsEarlierBuckets,
}

#[cfg(countersign_planted_bugs)]
impl PlantedBug {
    /// Those on the way to the archive.
    pub const OF_ARCHIVE: [Self; 8] = [
        Self::TakesExistsForSuccess,
        Self::TakesExistsForFailure,
        Self::ReleasesBeforeRegistered,
        Self::DecidesAnew,
        Self::ReleasesBoundsTooEarly,
        Self::TrustsWhatIsThere,
        Self::RegistersWhereItIsNot,
        Self::ForgetsEarlierBuckets,
    ];
    /// Those on the way to the table, beside those of `countersign-tables`.
    pub const OF_SYNC: [Self; 1] = [Self::ComputesIdsAgain];
}

/// The number of the bug, from 1; 0 for none. The code under test runs in several threads, so this is for all of them.
#[cfg(countersign_planted_bugs)]
static PLANTED: AtomicUsize = AtomicUsize::new(0);

/// Plants a bug, or none.
#[cfg(countersign_planted_bugs)]
pub fn plant(bug: Option<PlantedBug>) {
    PLANTED.store(bug.map_or(0, |bug| bug as usize + 1), Ordering::SeqCst);
}

#[cfg(countersign_planted_bugs)]
pub(crate) fn is_planted(bug: PlantedBug) -> bool {
    PLANTED.load(Ordering::SeqCst) == bug as usize + 1
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
