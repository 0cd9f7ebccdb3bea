//! Other processes write the same table: nothing is lost or doubled.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use countersign_tables::{
    Column, Committed, Destination, DestinationError, Load, Sqlite, StoredDeadLetter, StoredEvent, Table, TableState,
};
use countersignd::sync::SyncError;
use countersignd::sync::resync::Resync;
use countersignd::sync::retry::Retry;

use crate::resync::three_logs;
use crate::world::World;

#[tokio::test]
async fn a_file_has_one_writer() {
    let world = three_logs().await;
    world.sync("one").await.unwrap();
    let all = world.content("one");
    world.deliver("one", br#"{"id": "new"}"#).await;
    let connection = world.connection("one");
    let other = world.other_syncer(Sqlite::new(world.warehouse()));
    let refused = [
        other.sync(&connection).await.unwrap_err(),
        other.resync(&connection, Resync::default(), |_| {}).await.unwrap_err(),
        other.retry(&connection, Retry::default(), |_| {}).await.unwrap_err(),
    ];
    for error in refused {
        let SyncError::Destination(DestinationError::Failed { source, .. }) = &error else { panic!("{error:?}") };
        assert!(source.to_string().contains("another process"), "{source}");
    }
    assert_eq!(world.content("one"), all);
    // Who has it goes on.
    world.sync("one").await.unwrap();
    assert_eq!(world.rows("one").len(), all.len() + 1);
}

/// A destination that several processes write at a time, as a server is one.
#[derive(Clone)]
struct Server(Arc<Mutex<Sqlite>>, Arc<AtomicU32>);

impl Server {
    /// For so many commits another process is faster.
    fn set_conflicts(&self, conflicts: u32) {
        self.1.store(conflicts, Ordering::Relaxed);
    }
}

impl Destination for Server {
    fn check_names(&self, schema: &str, table: &str) -> Result<(), DestinationError> {
        self.0.lock().unwrap().check_names(schema, table)
    }

    fn setup_test(&mut self, table: &Table) -> Result<(), DestinationError> {
        self.0.lock().unwrap().setup_test(table)
    }

    fn open_table(
        &mut self,
        connection: &str,
        table: &Table,
        known: &[Column],
    ) -> Result<TableState, DestinationError> {
        self.0.lock().unwrap().open_table(connection, table, known)
    }

    fn commit(&mut self, load: &Load) -> Result<Committed, DestinationError> {
        let is_late = self.1.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
        if is_late {
            Err(DestinationError::Conflict("another one was faster"))
        } else {
            self.0.lock().unwrap().commit(load)
        }
    }

    fn forget_log(&mut self, connection: &str, table: &Table, log: &[u8; 16]) -> Result<(), DestinationError> {
        self.0.lock().unwrap().forget_log(connection, table, log)
    }

    fn find(&mut self, table: &Table, id: &[u8; 16]) -> Result<StoredEvent, DestinationError> {
        self.0.lock().unwrap().find(table, id)
    }

    fn dead_letters(
        &mut self,
        table: &Table,
        after: Option<([u8; 16], u32)>,
        limit: usize,
    ) -> Result<Vec<StoredDeadLetter>, DestinationError> {
        self.0.lock().unwrap().dead_letters(table, after, limit)
    }
}

#[tokio::test]
async fn a_load_that_another_process_was_faster_with_comes_again() {
    let mut world = three_logs().await;
    let all = world.content("one");
    world.restart(|_| {});
    let connection = world.connection("one");
    let server = Server(Arc::new(Mutex::new(Sqlite::new(world.warehouse()))), Arc::default());
    let syncer = world.other_syncer(server.clone());
    for conflicts in 0..6 {
        world.execute("UPDATE one SET id = 'altered'");
        server.set_conflicts(conflicts);
        let resynced = syncer.resync(&connection, Resync::default(), |_| {}).await.unwrap();
        assert_eq!((resynced.rewritten.objects, resynced.rewritten.events), (3, 15), "{conflicts}");
        assert_eq!(world.content("one"), all, "{conflicts}");
    }
    // It gives up at last, and says so.
    server.set_conflicts(100);
    let error = syncer.resync(&connection, Resync::default(), |_| {}).await.unwrap_err();
    assert!(matches!(error, SyncError::Destination(DestinationError::Conflict(_))), "{error:?}");
}

/// What a process does to a table.
#[derive(Clone, Copy, Debug)]
enum Verb {
    Sync,
    Resync,
    Retry,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_processes_each_event_is_there_once() {
    let mut world: World = three_logs().await;
    let (all, letters) = (world.content("one"), world.dead_letters("one").len());
    // The file is free, and what is left of the first process does not write any more.
    world.restart(|_| {});
    let connection = world.connection("one");
    let server = Server(Arc::new(Mutex::new(Sqlite::new(world.warehouse()))), Arc::default());
    let syncers = [world.other_syncer(server.clone()), world.other_syncer(server)];
    let run = |at: usize, verb| {
        let (syncer, connection) = (Arc::clone(&syncers[at]), Arc::clone(&connection));
        tokio::spawn(async move {
            match verb {
                Verb::Sync => syncer.sync(&connection).await.map(drop),
                Verb::Resync => syncer.resync(&connection, Resync::default(), |_| {}).await.map(drop),
                Verb::Retry => syncer.retry(&connection, Retry::default(), |_| {}).await.map(drop),
            }
        })
    };
    for round in 0..30 {
        for (first, second) in [
            (Verb::Sync, Verb::Sync),
            (Verb::Sync, Verb::Resync),
            (Verb::Resync, Verb::Resync),
            (Verb::Sync, Verb::Retry),
            (Verb::Resync, Verb::Retry),
        ] {
            // All is to be written again, or nothing.
            if round % 3 < 2 {
                world.execute("DROP TABLE one");
            }
            let (one, other) = (run(0, first), run(1, second));
            for outcome in [one.await.unwrap(), other.await.unwrap()] {
                // Whoever is too slow too often gives up for now.
                let is_fine = matches!(outcome, Ok(()) | Err(SyncError::Destination(DestinationError::Conflict(_))));
                assert!(is_fine, "{first:?} beside {second:?}: {outcome:?}");
            }
            syncers[0].sync(&connection).await.unwrap();
            let mut content = world.content("one");
            content.sort_unstable();
            let mut expected = all.clone();
            expected.sort_unstable();
            assert_eq!(content, expected, "{first:?} beside {second:?}");
            assert_eq!(world.dead_letters("one").len(), letters, "{first:?} beside {second:?}");
        }
    }
}
