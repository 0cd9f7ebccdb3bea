//! Setup tests: whether a connection's store and table can be used, by really trying.
//!
//! | test | what is done |
//! |---|---|
//! | store: write, read, list | an object under `_countersignd/setup/`, and removed again if that is allowed |
//! | store: two writers of one key | both put at once, and a third after them: one may win, and its object must stay |
//! | destination: names | schema and table against the rules of the destination |
//! | destination: create, insert, drop | a table in the schema |
//! | destination: the table | it must not be there, or be one of ours |
//!
//! A test that needs one that has failed is skipped.

mod destination;
mod message;
mod store;

use std::collections::HashMap;
use std::time::Duration;

use countersign_tables::Table;
use serde::Serialize;

use crate::archive::store::StoreError;
use crate::metadata::{Metadata, MetadataError};
use crate::sync::Syncer;
use destination::of_destination;
use message::code;
pub(crate) use message::message as shown;
use store::{not_opened, of_place};

/// How long a store or destination may take for one test.
const TIMEOUT: Duration = Duration::from_secs(15);

/// What came of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// It works.
    Passed,
    /// It works, with something to be known.
    Warning,
    /// It does not work.
    Failed,
    /// What it needs does not work.
    Skipped,
}

/// A test and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetupTest {
    /// What was tried.
    pub title: &'static str,
    /// What came of it.
    pub status: Status,
    /// What is wrong, in at most 200 printable characters; empty if it works.
    pub message: String,
    /// The code of the provider, such as `AccessDenied`, if it gave one; or, of a bucket that was written, whose credentials were used.
    pub details: Option<String>,
}

/// What is wrong, and the code of the provider.
struct Fault {
    status: Status,
    message: String,
    code: Option<String>,
}

type Outcome = Result<(), Fault>;

impl Fault {
    fn new(text: &str) -> Self {
        Self { status: Status::Failed, message: shown(text), code: None }
    }

    /// What is wrong, and hinders nothing.
    fn warning(text: &str) -> Self {
        Self { status: Status::Warning, ..Self::new(text) }
    }

    fn of(error: &(dyn std::error::Error + 'static)) -> Self {
        Self { code: code(error), ..Self::new(&crate::error_chain::chain(error)) }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::of(&error)
    }
}

impl SetupTest {
    /// None stands for a test that could not be tried.
    fn new(title: &'static str, outcome: Option<Outcome>) -> Self {
        let (status, message, details) = match outcome {
            Some(Ok(())) => (Status::Passed, String::new(), None),
            Some(Err(Fault { status, message, code })) => (status, message, code),
            None => (Status::Skipped, "a test before this one has failed".to_owned(), None),
        };
        Self { title, status, message, details }
    }
}

impl Syncer {
    /// Tries the store and the destination for the table of a connection. While one of these tests fails, there is an
    /// [alarm](crate::alarms).
    pub async fn setup_tests(&self, connection: &str, table: &Table) -> Vec<SetupTest> {
        let mut tests = match self.stores().current(connection).await {
            Ok(place) => of_place(&place, self.clock.unix_micros()).await,
            Err(error) => not_opened(error),
        };
        tests.extend(of_destination(self.destination(), table).await);
        let failed = tests.iter().find(|test| test.status == Status::Failed);
        self.set_broken(connection, failed.map(|test| test.title));
        tests
    }
}

impl Metadata {
    /// The connections of which a setup test has failed when they were last tried, and which.
    ///
    /// # Errors
    /// Of the database.
    pub fn broken_setups(&self) -> Result<HashMap<String, String>, MetadataError> {
        let db = self.db();
        let mut found = db.prepare_cached(
            "SELECT connections.id, test.value ->> 'title' FROM connections, json_each(setup_tests) AS test
             WHERE deleted_at IS NULL AND instr(setup_tests, '\"FAILED\"') > 0 AND test.value ->> 'status' = 'FAILED'",
        )?;
        let broken = found.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(broken.collect::<Result<_, _>>()?)
    }
}
