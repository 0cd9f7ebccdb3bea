//! Setup tests of a destination.

use std::sync::{Arc, Mutex, PoisonError};

use countersign_tables::{Destination, DestinationError, Table};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::{Fault, SetupTest, TIMEOUT};

/// Tries a destination for a table.
pub(super) async fn of_destination(destination: &Arc<Mutex<Box<dyn Destination>>>, table: &Table) -> Vec<SetupTest> {
    let (destination, table) = (Arc::clone(destination), table.clone());
    let tried = spawn_blocking(move || {
        let mut destination = destination.lock().unwrap_or_else(PoisonError::into_inner);
        match destination.setup_test(&table) {
            // Somebody has put another file there, which is opened now.
            Err(DestinationError::Conflict(_)) => destination.setup_test(&table),
            other => other,
        }
    });
    // It may have to wait for a load.
    let (names, trial, own) = match timeout(TIMEOUT, tried).await {
        Ok(Ok(Ok(()))) => (Some(Ok(())), Some(Ok(())), Some(Ok(()))),
        Ok(Ok(Err(error @ DestinationError::Name { .. }))) => (Some(Err(Fault::of(&error))), None, None),
        Ok(Ok(Err(error @ DestinationError::Foreign { .. }))) => {
            (Some(Ok(())), Some(Ok(())), Some(Err(Fault::of(&error))))
        }
        Ok(Ok(Err(error))) => (Some(Ok(())), Some(Err(Fault::of(&error))), None),
        Ok(Err(_)) => (None, Some(Err(Fault::new("the process is ending"))), None),
        Err(_) => (None, Some(Err(Fault::new("the destination is busy: try again later"))), None),
    };
    vec![
        SetupTest::new("Destination: schema and table have names that it can have", names),
        SetupTest::new("Destination: create a table, insert a row, drop it", trial),
        SetupTest::new("Destination: the table is not there, or is one of countersignd", own),
    ]
}

#[cfg(test)]
mod tests {
    use countersign_tables::{Format, Sqlite};

    use super::*;
    use crate::setup_tests::Status;

    fn statuses(tests: &[SetupTest]) -> Vec<Status> {
        tests.iter().map(|test| test.status).collect()
    }

    #[tokio::test]
    async fn each_fault_of_a_destination_is_found() {
        use Status::{Failed, Passed, Skipped};

        let folder = tempfile::tempdir().unwrap();
        let other = rusqlite::Connection::open(folder.path().join("s.db")).unwrap();
        other.execute_batch("CREATE TABLE theirs (x)").unwrap();
        drop(other);
        let table = |name: &str| Table::new("s", name, Format::Packed);
        let destination = |folder: &std::path::Path| {
            let destination: Box<dyn Destination> = Box::new(Sqlite::new(folder));
            Arc::new(Mutex::new(destination))
        };
        let of = destination(folder.path());
        for (name, expected, part) in [
            ("ours", [Passed; 3], ""),
            ("theirs", [Passed, Passed, Failed], "theirs"),
            ("sqlite_x", [Failed, Skipped, Skipped], "sqlite_x"),
        ] {
            let tests = of_destination(&of, &table(name)).await;
            assert_eq!(statuses(&tests), expected, "{tests:?}");
            assert!(tests.iter().any(|test| test.message.contains(part)), "{tests:?}");
        }
        let left = rusqlite::Connection::open(folder.path().join("s.db")).unwrap();
        let tables: i64 = left
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name GLOB '*setup*'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(tables, 0);

        let tests = of_destination(&destination(&folder.path().join("nowhere")), &table("ours")).await;
        assert_eq!(statuses(&tests), [Passed, Failed, Skipped], "{tests:?}");
        std::fs::write(folder.path().join("t.db"), "no database, but a text of more than a hundred bytes".repeat(20))
            .unwrap();
        let tests = of_destination(&of, &Table::new("t", "x", Format::Packed)).await;
        assert_eq!(statuses(&tests), [Passed, Failed, Skipped], "{tests:?}");
        assert_eq!(tests[1].details.as_deref(), Some("NotADatabase"));
    }
}
