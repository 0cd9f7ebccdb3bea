//! Bugs that tests plant, to see that they are found, and commits that fail. Both are compiled only with
//! `--cfg countersign_planted_bugs`.

#[cfg(countersign_planted_bugs)]
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// A bug that can be planted.
#[cfg(countersign_planted_bugs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say what the code then does")]
pub enum PlantedBug {
    CommitsTheCheckpointApart,
    CommitsDeadLettersApart,
}

#[cfg(countersign_planted_bugs)]
impl PlantedBug {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::CommitsTheCheckpointApart, Self::CommitsDeadLettersApart];
}

/// The place of the bug in `ALL`, from 1; 0 for none.
#[cfg(countersign_planted_bugs)]
static PLANTED: AtomicUsize = AtomicUsize::new(0);

/// The state of the generator that says which commits fail; 0 if none does.
#[cfg(countersign_planted_bugs)]
static FAILS: AtomicU64 = AtomicU64::new(0);

/// Plants a bug, or none.
#[cfg(countersign_planted_bugs)]
pub fn plant(bug: Option<PlantedBug>) {
    PLANTED.store(bug.map_or(0, |bug| bug as usize + 1), Ordering::SeqCst);
}

/// Lets every fourth commit of a transaction fail, as those of a disk that is full now and then; which ones, a seed says. 0 ends it.
#[cfg(countersign_planted_bugs)]
pub fn let_commits_fail(seed: u64) {
    FAILS.store(seed, Ordering::SeqCst);
}

#[cfg(countersign_planted_bugs)]
pub(crate) fn is_planted(bug: PlantedBug) -> bool {
    PLANTED.load(Ordering::SeqCst) == bug as usize + 1
}

/// Whether the commit of this transaction fails.
#[cfg(countersign_planted_bugs)]
pub(crate) fn commit_fails() -> bool {
    let next = |state: u64| (state != 0).then(|| state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1) | 1);
    FAILS.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next).is_ok_and(|state| state >> 33 & 3 == 0)
}

/// No commit fails by itself.
#[cfg(not(countersign_planted_bugs))]
pub(crate) fn commit_fails() -> bool {
    false
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
