//! The rules of the protocol that can be left out.

/// A rule of the protocol. Without it, a promise is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// A delivery is acknowledged only after the flush of its record.
    AcknowledgeAfterTheFlush,
    /// A repetition is stored like any other delivery, and not acknowledged because its first copy was seen.
    StoreRepetitions,
    /// What an object holds is durable before the object is put.
    BoundsBeforeThePut,
    /// That there is an object under the key does not mean that it is ours.
    CompareWhatExists,
    /// That there is an object under the key does not mean that it is foreign.
    RecogniseOurOwn,
    /// An object is registered after it was put.
    RegisterAfterThePut,
    /// Records are released after their object was registered.
    ReleaseAfterTheRegistry,
    /// The log of a process that runs is archived by that process alone.
    OneArchiver,
    /// The log of a process that is gone is archived by another.
    TakeOver,
    /// A load is committed only if the checkpoint is where it was when the load was read.
    CompareAndSet,
    /// Rows and checkpoint are one transaction.
    CheckpointWithTheRows,
    /// No row is inserted whose `_id` has one.
    LookForTheId,
    /// The `_id` is stored with the record, and never computed again.
    KeepTheId,
    /// A resync deletes and inserts in one transaction.
    ReplaceAtOnce,
}

impl Guard {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::AcknowledgeAfterTheFlush,
        Self::StoreRepetitions,
        Self::BoundsBeforeThePut,
        Self::CompareWhatExists,
        Self::RecogniseOurOwn,
        Self::RegisterAfterThePut,
        Self::ReleaseAfterTheRegistry,
        Self::OneArchiver,
        Self::TakeOver,
        Self::CompareAndSet,
        Self::CheckpointWithTheRows,
        Self::LookForTheId,
        Self::KeepTheId,
        Self::ReplaceAtOnce,
    ];
}
