//! Setup tests of a store.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

use super::{Fault, Outcome, SetupTest, Status, TIMEOUT};
use crate::archive::check::SETUP_PREFIX;
use crate::archive::store::{Put, Store, StoreError};
use crate::archive::stores::Place;
use crate::connections::bucket::Bucket;
use crate::random;

/// The tests of a store.
const TITLES: [&str; 4] =
    ["Store: write an object", "Store: read it", "Store: list it", "Store: of two writers of one key, one wins"];

/// Tries a store. What a provider refuses in a customer's bucket is told with what its owner has to allow.
pub(super) async fn of_place(place: &Place, now: i64) -> Vec<SetupTest> {
    let mut tests = of_store(&*place.store).await;
    if let Some(credentials) = place.store.credentials() {
        tell_credentials(&mut tests, credentials);
    }
    let Some(bucket) = &place.bucket else { return tests };
    let advice = bucket.advice();
    for (test, advice) in tests.iter_mut().zip(&advice) {
        if test.status == Status::Failed {
            let is_of_role = test.message.contains("the role cannot be assumed");
            let of_role = match &**bucket {
                Bucket::S3 { external_id, .. } if is_of_role => Some(format!(
                    "the role's trust policy must allow sts:AssumeRole, with the condition sts:ExternalId \"{external_id}\""
                )),
                _ => None,
            };
            test.message = format!("{}; {}", test.message, of_role.as_ref().unwrap_or(advice));
        }
    }
    if let Some(raced) = tests.last_mut().filter(|test| test.status == Status::Failed) {
        raced.message = format!("{}: {}", place.name, raced.message);
    }
    tests.extend(of_end(bucket, now));
    tests
}

/// Says with whose credentials the store was opened: beside what has failed, and else with the first test.
fn tell_credentials(tests: &mut [SetupTest], credentials: &str) {
    for (number, test) in tests.iter_mut().enumerate() {
        match test.status {
            Status::Failed => test.message = format!("{}; used: {credentials}", test.message),
            Status::Passed if number == 0 => test.details = Some(format!("used: {credentials}")),
            _ => {}
        }
    }
}

/// Whether the signature of a container ends soon.
#[cfg(feature = "azure")]
fn of_end(bucket: &Bucket, now: i64) -> Option<SetupTest> {
    use crate::archive::store::bucket::azure::Container;

    const DAY: i64 = 86_400_000_000;
    let Bucket::Azure { blob_sas_url } = bucket else { return None };
    let ends = Container::read(&countersign::Secret::new(blob_sas_url.as_str())).ok()?.ends()?;
    let left = ends.as_microsecond() - now;
    let outcome = match left {
        ..0 => Err(Fault::new(&format!("config.blob_sas_url: the SAS has ended at {ends}: make another one"))),
        _ if left < 14 * DAY => Err(Fault::warning(&format!(
            "config.blob_sas_url: the SAS ends at {ends}: make another one before, or deliveries stay in the inbox until it is full"
        ))),
        _ => Ok(()),
    };
    Some(SetupTest::new("Store: the SAS is good for 14 days", Some(outcome)))
}

#[cfg(not(feature = "azure"))]
fn of_end(_: &Bucket, _: i64) -> Option<SetupTest> {
    None
}

/// The tests of a store that cannot even be opened.
pub(super) fn not_opened(error: StoreError) -> Vec<SetupTest> {
    let mut outcomes = [Some(Err(error.into())), None, None, None].into_iter();
    TITLES.iter().map(|title| SetupTest::new(title, outcomes.next().flatten())).collect()
}

/// Tries a store.
async fn of_store(store: &dyn Store) -> Vec<SetupTest> {
    let folder = format!("{SETUP_PREFIX}{}/", random::hex::<16>());
    let (one, raced) = (format!("{folder}one"), format!("{folder}raced"));
    let written = within(TIMEOUT, write(store, &one)).await;
    let can_write = written.is_ok();
    let mut read_and_listed = (None, None, None);
    if can_write {
        read_and_listed = (
            Some(within(TIMEOUT, read(store, &one)).await),
            Some(within(TIMEOUT, list(store, &folder, &one)).await),
            Some(within(TIMEOUT, race(store, &raced)).await),
        );
        // A customer's bucket may refuse this, and then keeps two objects of some bytes.
        for key in [&one, &raced] {
            let _ = timeout(TIMEOUT, store.remove(key)).await;
        }
    }
    let (read, listed, raced) = read_and_listed;
    let outcomes = [Some(written), read, listed, raced];
    TITLES.into_iter().zip(outcomes).map(|(title, outcome)| SetupTest::new(title, outcome)).collect()
}

async fn within(limit: Duration, test: impl Future<Output = Outcome>) -> Outcome {
    let late = |_| Err(Fault::new(&format!("no answer within {} seconds", limit.as_secs_f32())));
    timeout(limit, test).await.unwrap_or_else(late)
}

async fn write(store: &dyn Store, key: &str) -> Outcome {
    match store.put_once(key, Bytes::copy_from_slice(key.as_bytes())).await? {
        Put::Written => Ok(()),
        Put::Exists => Err(Fault::new("the store says that there is an object under a key that nobody has used")),
    }
}

async fn read(store: &dyn Store, key: &str) -> Outcome {
    match store.get(key).await? {
        Some(object) if object == key => Ok(()),
        Some(_) => Err(Fault::new("what is read is not what was written")),
        None => Err(Fault::new("the object that was written is not there")),
    }
}

async fn list(store: &dyn Store, folder: &str, key: &str) -> Outcome {
    let keys = store.list(folder).await?;
    if keys.iter().any(|one| one == key) {
        Ok(())
    } else {
        Err(Fault::new("the object that was written is not listed"))
    }
}

/// Two at once, and one behind them: at most one may be told that it has written, and what is there is that one's.
async fn race(store: &dyn Store, key: &str) -> Outcome {
    const OBJECTS: [&str; 3] = ["one", "two", "late"];
    let [one, two, late] = OBJECTS.map(|object| store.put_once(key, Bytes::from_static(object.as_bytes())));
    let (one, two) = futures_util::future::join(one, two).await;
    // Some stores tell both of a conflict that there is an object, and there is none: then the late one may write.
    let puts = [one?, two?, late.await?];
    let mut winners = OBJECTS.iter().zip(puts).filter(|(_, put)| *put == Put::Written).map(|(object, _)| *object);
    let (winner, second) = (winners.next(), winners.next());
    let found = store.get(key).await?;
    match (winner, second) {
        (Some(_), Some(_)) => Err(Fault::new(
            "the store lets a later writer replace an object: it must support put-if-absent (If-None-Match: *)",
        )),
        (Some("late"), None) if found.as_deref() == Some(b"late") => Err(Fault::warning(
            "the store told both writers that there is an object, and there was none: each put may take several tries",
        )),
        (Some(winner), None) if found.as_deref() == Some(winner.as_bytes()) => Ok(()),
        _ => Err(Fault::new("what is there is not what the one writer has written that was told so")),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::archive::store::{FolderStore, StoreFuture, open_folder};

    /// What a faulty store does wrong.
    #[derive(Clone, Copy, PartialEq)]
    enum Wrong {
        Nothing,
        RefusesPuts,
        Forgets,
        ReadsOther,
        ListsNothing,
        Overwrites,
        TellsAll,
        RefusesRemoval,
        Hangs,
    }

    struct Faulty(FolderStore, Wrong, AtomicUsize);

    impl Store for Faulty {
        fn put_once<'a>(&'a self, key: &'a str, object: Bytes) -> StoreFuture<'a, Put> {
            Box::pin(async move {
                let nth = self.2.fetch_add(1, Ordering::SeqCst);
                match self.1 {
                    Wrong::Hangs => std::future::pending().await,
                    Wrong::RefusesPuts => {
                        let text = "403: <Error><Code>AccessDenied</Code></Error> https://b.example/k?sig=secret";
                        Err(StoreError::new("put", key, text))
                    }
                    Wrong::Forgets => Ok(Put::Written),
                    Wrong::Overwrites => {
                        self.0.remove(key).await?;
                        self.0.put_once(key, object).await
                    }
                    // Both racers meet a conflict; the one behind them writes.
                    Wrong::TellsAll if (1..=2).contains(&nth) => Ok(Put::Exists),
                    _ => self.0.put_once(key, object).await,
                }
            })
        }

        fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>> {
            Box::pin(async move {
                let found = self.0.get(key).await?;
                Ok(found.map(|object| if self.1 == Wrong::ReadsOther { Bytes::from_static(b"x") } else { object }))
            })
        }

        fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>> {
            Box::pin(async move {
                let keys = self.0.list(prefix).await?;
                Ok(if self.1 == Wrong::ListsNothing { Vec::new() } else { keys })
            })
        }

        fn remove<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()> {
            Box::pin(async move {
                if self.1 == Wrong::RefusesRemoval {
                    return Err(StoreError::new("remove", key, "403"));
                }
                self.0.remove(key).await
            })
        }
    }

    fn statuses(tests: &[SetupTest]) -> Vec<Status> {
        tests.iter().map(|test| test.status).collect()
    }

    #[tokio::test]
    async fn each_fault_of_a_store_is_found() {
        use Status::{Failed, Passed, Skipped, Warning};

        for (wrong, expected, left) in [
            (Wrong::Nothing, [Passed; 4], 0),
            (Wrong::RefusesPuts, [Failed, Skipped, Skipped, Skipped], 0),
            (Wrong::Forgets, [Passed, Failed, Failed, Failed], 0),
            (Wrong::ReadsOther, [Passed, Failed, Passed, Failed], 0),
            (Wrong::ListsNothing, [Passed, Passed, Failed, Passed], 0),
            (Wrong::Overwrites, [Passed, Passed, Passed, Failed], 0),
            (Wrong::TellsAll, [Passed, Passed, Passed, Warning], 0),
            (Wrong::RefusesRemoval, [Passed; 4], 2),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let store = Faulty(open_folder(folder.path()).unwrap(), wrong, AtomicUsize::new(0));
            let tests = of_store(&store).await;
            assert_eq!(statuses(&tests), expected, "{tests:?}");
            assert!(tests.iter().all(|test| test.message.is_empty() == (test.status == Passed)));
            assert_eq!(store.0.list(SETUP_PREFIX).await.unwrap().len(), left);
            if wrong == Wrong::RefusesPuts {
                assert_eq!(tests[0].details.as_deref(), Some("AccessDenied"));
                assert!(!tests[0].message.contains("secret"), "{}", tests[0].message);
                let json = serde_json::to_value(&tests[0]).unwrap();
                assert_eq!((&json["status"], &json["details"]), (&"FAILED".into(), &"AccessDenied".into()));
            }
        }
    }

    #[tokio::test]
    async fn a_store_that_does_not_answer_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let store = Faulty(open_folder(folder.path()).unwrap(), Wrong::Hangs, AtomicUsize::new(0));
        let Err(Fault { message, .. }) = within(Duration::from_millis(20), write(&store, "a")).await else { panic!() };
        assert_eq!(message, "no answer within 0.02 seconds");
    }
}
