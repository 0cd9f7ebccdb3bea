//! What there is at one moment.

/// How many collectors there are.
pub(crate) const PROCESSES: usize = 2;
/// How many deliveries there are. The first two are one event: the sender repeats it. The third has no id of a sender.
pub(crate) const DELIVERIES: usize = 3;

/// A delivery, by its number.
pub(crate) type Delivery = u8;

/// What there is at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State {
    /// Whether each process has lost its power.
    pub is_gone: [bool; PROCESSES],
    /// The log of each process.
    pub logs: [Log; PROCESSES],
    /// The objects of each log in the store, in the order in which they were put.
    pub store: [Vec<Object>; PROCESSES],
    /// The objects of each log in the registry, in the order of their seqs.
    pub registry: [Vec<Object>; PROCESSES],
    /// The rows of the table.
    pub rows: Vec<Row>,
    /// Through which seq of each log the table has everything.
    pub checkpoints: [u8; PROCESSES],
    /// What each process does with the table.
    pub syncs: [Sync; PROCESSES],
    /// Where each delivery stands: its log and seq.
    pub places: [Option<(u8, u8)>; DELIVERIES],
    /// Which deliveries have got their 200.
    pub is_acknowledged: [bool; DELIVERIES],
    /// How often a load has decided what becomes of each delivery.
    pub outcomes: [u8; DELIVERIES],
    /// How many power cuts, lost replies and resyncs may still come.
    pub crashes_left: u8,
    /// See above.
    pub lost_replies_left: u8,
    /// See above.
    pub resyncs_left: u8,
}

/// The log of one run of a process, and how far it is archived.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Log {
    /// The deliveries that were written; the seq of the first is 1.
    pub records: Vec<Delivery>,
    /// Through which seq they are flushed.
    pub flushed: u8,
    /// Through which seq they are released. Their records are gone.
    pub released: u8,
    /// Through which seq they are in objects, as far as whoever archives it knows.
    pub archived: u8,
    /// The last seq of the next object, once that was decided, and whether it is durable.
    pub bounds: Option<(u8, bool)>,
    /// What is being done for that object.
    pub step: Step,
}

/// What is being done for the next object of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// It is not decided what it holds, or it was not put.
    #[default]
    Open,
    /// The store has said that there is an object under the key, or nothing at all.
    Unsure,
    /// It is in the store.
    Stored,
    /// It is in the registry.
    Registered,
    /// The object under the key is not ours, as it seems.
    Stopped,
}

/// An object of the archive: what stands in a log between two seqs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Object {
    /// The first and the last seq.
    pub seqs: (u8, u8),
    /// The deliveries.
    pub deliveries: Vec<Delivery>,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    /// Its `_id`.
    pub id: u8,
    /// The delivery from which it was made.
    pub delivery: Delivery,
}

/// What a process does with the table.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sync {
    /// Nothing.
    #[default]
    Idle,
    /// It has read a load, and the checkpoint before that.
    Load {
        /// The log.
        log: u8,
        /// The checkpoint that was read.
        expected: u8,
        /// The last seq of the load.
        last: u8,
        /// Its deliveries.
        deliveries: Vec<Delivery>,
        /// Without the guard `CheckpointWithTheRows`: the checkpoint was moved, and the rows were not written.
        is_half_done: bool,
    },
    /// It makes the rows of these objects anew.
    Resync {
        /// The objects.
        objects: Vec<Object>,
        /// Without the guard `ReplaceAtOnce`: the rows of the next object are deleted.
        is_half_done: bool,
    },
}

impl State {
    /// The `_id` that a delivery was given when it was received.
    pub(crate) fn id(delivery: Delivery) -> u8 {
        delivery / 2
    }

    /// The rows with an `_id`.
    pub(crate) fn rows_with(&self, id: u8) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.id == id)
    }

    /// The same state with other names: of the processes, and of the two deliveries that are one event, neither is special. Of the four
    /// states that differ in nothing else, one stands for all.
    #[must_use]
    pub fn representative(&self) -> Self {
        let repeated = self.with_deliveries_renamed();
        let (swapped, both) = (self.with_processes_renamed(), repeated.with_processes_renamed());
        [swapped, repeated, both].into_iter().fold(self.clone(), Ord::min)
    }

    fn with_processes_renamed(&self) -> Self {
        let mut other = self.clone();
        other.is_gone.reverse();
        other.logs.reverse();
        other.store.reverse();
        other.registry.reverse();
        other.checkpoints.reverse();
        other.syncs.reverse();
        for sync in &mut other.syncs {
            if let Sync::Load { log, .. } = sync {
                *log = 1 - *log;
            }
        }
        for (log, _) in other.places.iter_mut().flatten() {
            *log = 1 - *log;
        }
        other
    }

    fn with_deliveries_renamed(&self) -> Self {
        let renamed = |delivery: &mut Delivery| *delivery = [1, 0, 2][usize::from(*delivery)];
        let mut other = self.clone();
        other.places.swap(0, 1);
        other.is_acknowledged.swap(0, 1);
        other.outcomes.swap(0, 1);
        other.logs.iter_mut().flat_map(|log| &mut log.records).for_each(renamed);
        let objects = other.store.iter_mut().chain(&mut other.registry).flatten();
        objects.flat_map(|object| &mut object.deliveries).for_each(renamed);
        other.rows.iter_mut().for_each(|row| renamed(&mut row.delivery));
        for sync in &mut other.syncs {
            match sync {
                Sync::Idle => {}
                Sync::Load { deliveries, .. } => deliveries.iter_mut().for_each(renamed),
                Sync::Resync { objects, .. } => {
                    objects.iter_mut().flat_map(|object| &mut object.deliveries).for_each(renamed);
                }
            }
        }
        other
    }
}
