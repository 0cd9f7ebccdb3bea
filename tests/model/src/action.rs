//! What may happen next.

use crate::state::Delivery;

/// What may happen next. A process is named by its number, and so is its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A process writes a delivery into its log (`Inbox::append`). Not flushed, it may be gone after a power cut.
    Receive(Delivery, usize),
    /// A process flushes its log (`Log::flush`).
    Flush(usize),
    /// A delivery is answered with 200 (`keep`). That the answer is lost makes no difference: the sender may repeat it anyway.
    Acknowledge(Delivery),
    /// The next object of a log ends with this seq (`Archiver::next_batch`).
    Decide(usize, u8),
    /// The bounds of that object are flushed (`Archiver::decide`).
    FlushBounds(usize),
    /// The object is put (`put_once`).
    Put(usize),
    /// The object is put, and the answer is lost.
    PutAndLoseTheReply(usize),
    /// The store says that there is an object under the key, and there is none.
    RefuseThePut(usize),
    /// What is under the key is compared with what was to be put (`compare`).
    Compare(usize),
    /// The object is entered in the registry (`Metadata::enter`).
    Register(usize),
    /// Its records are released (`Inbox::release`).
    Release(usize),
    /// What is in the store and not in the registry is entered (`enter_missing`).
    EnterMissing(usize),
    /// Without the guard `OneArchiver`: the other process puts an object of this log that ends with this seq, and registers it.
    ArchiveTwice(usize, u8),
    /// A process reads so many objects of a log behind the checkpoint (`Lines::read`).
    ReadLoad(usize, usize, u8),
    /// It commits them (`append`).
    Commit(usize),
    /// It commits them, does not learn of it, and will do so again.
    CommitAndLoseTheReply(usize),
    /// A process begins to make the rows of all objects anew (`Syncer::rewrite`).
    BeginResync(usize),
    /// It commits the next object (`replace`).
    Replace(usize),
    /// A process loses its power. So many of the records that are not flushed are there all the same, and the bounds that are not.
    PowerCut(usize, u8, bool),
}

impl Action {
    /// Whether it is something that a process does by itself, sooner or later. The others need not happen.
    #[must_use]
    pub fn is_progress(self) -> bool {
        !matches!(
            self,
            Self::Receive(..)
                | Self::PutAndLoseTheReply(_)
                | Self::RefuseThePut(_)
                | Self::CommitAndLoseTheReply(_)
                | Self::EnterMissing(_)
                | Self::ArchiveTwice(..)
                | Self::BeginResync(_)
                | Self::PowerCut(..)
        )
    }
}
