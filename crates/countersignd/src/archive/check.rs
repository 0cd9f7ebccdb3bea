//! Compares the registry with the store, and enters what is missing: after the metadata was replaced by an older copy, for example.

use std::collections::BTreeSet;
use std::sync::Arc;

use countersign_inbox::LogId;
use serde::{Deserialize, Serialize};

use crate::archive::error::ArchiveError;
use crate::archive::line::ArchivedEvent;
use crate::archive::object::{self, Bounds};
use crate::archive::put::OBJECT_BYTES_MAX;
use crate::archive::registry::{OWN_STORE, Object};
use crate::archive::store::Store;
use crate::archive::stores::{Place, Stores};
use crate::background;
use crate::error_chain::chain;
use crate::metadata::Metadata;

/// Where the objects of setup tests are. No event is there.
pub const SETUP_PREFIX: &str = "_countersignd/setup/";

/// What a comparison has found.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// How many objects there are in the store whose keys are ours.
    pub objects: u64,
    /// The keys of objects that were entered.
    pub entered: Vec<String>,
    /// The keys of objects that are registered and not in the store. What they held is lost, unless it is in a table.
    pub missing: Vec<String>,
    /// The keys of objects that are damaged or do not hold what their keys say. They are not entered.
    pub damaged: Vec<String>,
    /// Keys that are not of this program.
    pub unknown: Vec<String>,
    /// Buckets of connections that cannot be read now, and why. Nothing is said of their objects.
    #[serde(default)]
    pub unreadable: Vec<String>,
    /// The keys of objects that are not registered and that the store lists and does not give now, and why. They are not entered.
    #[serde(default)]
    pub unreadable_objects: Vec<String>,
    /// How many others are not entered, since one before them in their log is among those.
    #[serde(default)]
    pub held_back: u64,
}

impl Comparison {
    /// Whether something could not be compared now, and is worth another try.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !self.unreadable.is_empty() || !self.unreadable_objects.is_empty()
    }
}

/// Compares, and enters what is missing. `now` is in microseconds since 1970. An object that cannot be read does not hinder the others: it is
/// named.
///
/// # Errors
/// If the store cannot be listed, or the registry fails.
pub async fn compare(store: &dyn Store, metadata: &Arc<Metadata>, now: i64) -> Result<Comparison, ArchiveError> {
    let mut comparison = Comparison::default();
    let mut keys: Vec<String> = store.list("").await.map_err(ArchiveError::Store)?;
    keys.sort_unstable();
    let registered: BTreeSet<String> = metadata.keys_of(OWN_STORE)?.into_iter().collect();
    comparison.missing = registered.iter().filter(|key| keys.binary_search(key).is_err()).cloned().collect();
    let mut missing = Vec::new();
    for key in keys {
        match Bounds::of_key(&key) {
            Some(bounds) => {
                comparison.objects += 1;
                missing.extend((!registered.contains(&key)).then_some(bounds));
            }
            // Setup tests leave theirs where nothing may be removed.
            None if key.starts_with(SETUP_PREFIX) => {}
            None => comparison.unknown.push(key),
        }
    }
    let missing = missing.into_iter().map(|bounds| (bounds, (store, OWN_STORE))).collect();
    enter_all(missing, metadata, now, &mut comparison).await?;
    Ok(comparison)
}

/// Enters objects of stores, given with their names, and notes what has become of each. A sync that runs meanwhile takes what is entered for all
/// that there is up to there: so they are entered in the order of their seqs, and behind one that cannot be read nothing of its log is.
///
/// # Errors
/// If the registry fails.
async fn enter_all(
    mut missing: Vec<(Bounds, (&dyn Store, &str))>,
    metadata: &Metadata,
    now: i64,
    comparison: &mut Comparison,
) -> Result<(), ArchiveError> {
    missing.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    let mut unreadable: Option<[String; 2]> = None;
    for (bounds, (store, name)) in missing {
        let key = bounds.key();
        let key = if name == OWN_STORE { key } else { format!("{name}/{key}") };
        let part = [bounds.connection.clone(), bounds.log.clone()];
        if unreadable.as_ref() == Some(&part) {
            comparison.held_back += 1;
            continue;
        }
        match enter(store, name, metadata, bounds, now).await {
            Ok(Looked::Entered) => comparison.entered.push(key),
            Ok(Looked::Damaged) => comparison.damaged.push(key),
            Ok(Looked::Known | Looked::Gone) => {}
            Err(ArchiveError::Store(error)) => {
                comparison.unreadable_objects.push(format!("{key}: {}", chain(&error)));
                unreadable = Some(part);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Compares the registry with the buckets of connections, and enters what is missing, as [`compare`] does for the own store. Keys are told with
/// the name of their bucket before them. A bucket or an object that cannot be read does not hinder the others: it is named.
///
/// # Errors
/// If the registry fails.
pub async fn compare_buckets(
    stores: &Stores,
    metadata: &Arc<Metadata>,
    now: i64,
    comparison: &mut Comparison,
) -> Result<(), ArchiveError> {
    for connection in stores.connections().map_err(ArchiveError::Store)? {
        let places = match stores.all_of(&connection).await {
            Ok(places) => places,
            Err(error) => {
                comparison.unreadable.push(format!("{connection}: {}", chain(&error)));
                continue;
            }
        };
        let mut missing = Vec::new();
        for Place { name, store, .. } in places.iter().filter(|place| place.bucket.is_some()) {
            let prefix = Bounds::prefix(&connection);
            let mut keys = match store.list(&prefix).await {
                Ok(keys) => keys,
                Err(error) => {
                    comparison.unreadable.push(format!("{name}: {}", chain(&error)));
                    continue;
                }
            };
            keys.sort_unstable();
            let registered: BTreeSet<String> = metadata.keys_in(name, &connection)?.into_iter().collect();
            let told = |key: &String| format!("{name}/{key}");
            comparison.missing.extend(registered.iter().filter(|key| keys.binary_search(key).is_err()).map(told));
            for key in &keys {
                match Bounds::of_key(key) {
                    Some(bounds) => {
                        comparison.objects += 1;
                        missing.extend((!registered.contains(key)).then_some((bounds, (&**store, name.as_str()))));
                    }
                    None => comparison.unknown.push(told(key)),
                }
            }
        }
        enter_all(missing, metadata, now, comparison).await?;
    }
    Ok(())
}

/// Enters the objects of a connection in a log that are in the store and not in the registry.
///
/// # Errors
/// If the store or the registry fails.
pub async fn enter_missing(
    stores: &Stores,
    metadata: &Arc<Metadata>,
    connection: &str,
    log: LogId,
    now: i64,
) -> Result<(), ArchiveError> {
    let registered = metadata.objects(connection, log, 0)?;
    let mut missing: Vec<(Bounds, Place)> = Vec::new();
    for place in stores.all_of(connection).await.map_err(ArchiveError::Store)? {
        let keys = place.store.list(&Bounds::prefix(connection)).await.map_err(ArchiveError::Store)?;
        let of_log = keys.iter().filter_map(|key| Bounds::of_key(key)).filter(|bounds| bounds.log_id() == Some(log));
        let of_log = of_log.filter(|bounds| registered.iter().all(|object| object.bounds != *bounds));
        missing.extend(of_log.map(|bounds| (bounds, place.clone())));
    }
    // As in `enter_all`.
    missing.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (bounds, Place { name, store, .. }) in missing {
        enter(&*store, &name, metadata, bounds, now).await?;
    }
    Ok(())
}

/// What has become of an object that was listed.
enum Looked {
    Entered,
    /// There is one with the same events in another store: a put that was said to have failed has happened all the same, and the connection
    /// had named another bucket before it was tried again.
    Known,
    /// It is not what its key says.
    Damaged,
    Gone,
}

/// Enters an object, if it is what its key says.
async fn enter(
    store: &dyn Store,
    name: &str,
    metadata: &Metadata,
    bounds: Bounds,
    now: i64,
) -> Result<Looked, ArchiveError> {
    let Some(found) = store.get(&bounds.key()).await.map_err(ArchiveError::Store)? else { return Ok(Looked::Gone) };
    let looked = background::run({
        let name = name.to_owned();
        move || look(name, bounds, &found)
    })
    .await
    .map_err(|_| ArchiveError::Ending)?;
    let Some(object) = looked else { return Ok(Looked::Damaged) };
    // Its events are released once it is registered.
    store.flush(&object.bounds.key()).await.map_err(ArchiveError::Store)?;
    Ok(if metadata.enter_new(&object, now)? { Looked::Entered } else { Looked::Known })
}

/// The object, if its lines are what its key says.
pub(super) fn look(store: String, bounds: Bounds, object: &[u8]) -> Option<Object> {
    let (mut count, mut bytes, mut is_ours) = (0, 0, true);
    let belongs = |line: &[u8]| {
        let event = line.strip_suffix(b"\n").and_then(|line| ArchivedEvent::read(line).ok());
        event.is_some_and(|event| {
            let is_of_connection = event.record.connection.as_deref() == Some(&*bounds.connection);
            is_of_connection && (bounds.first_seq..=bounds.last_seq).contains(&event.seq)
        })
    };
    let digest = object::read_lines(object, OBJECT_BYTES_MAX, |lines| {
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            is_ours = is_ours && belongs(line);
            count += 1;
        }
        bytes += lines.len() as u64;
    });
    let digest = digest.ok().filter(|_| is_ours)?;
    Some(Object { store, digest, lines: count, bytes, bounds })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use bytes::Bytes;

    use super::*;
    use crate::archive::encoding::Encoding;
    use crate::archive::store::{Put, StoreFuture};

    /// A store that lists what it is asked for, and then has none of it.
    #[derive(Default)]
    struct Listing(Vec<String>, Mutex<Vec<String>>);

    impl Store for Listing {
        fn put_once<'a>(&'a self, _: &'a str, _: Bytes) -> StoreFuture<'a, Put> {
            Box::pin(async { Ok(Put::Written) })
        }

        fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>> {
            self.1.lock().unwrap().push(key.to_owned());
            Box::pin(async { Ok(None) })
        }

        fn list<'a>(&'a self, _: &'a str) -> StoreFuture<'a, Vec<String>> {
            Box::pin(async { Ok(self.0.clone()) })
        }

        fn remove<'a>(&'a self, _: &'a str) -> StoreFuture<'a, ()> {
            Box::pin(async { Ok(()) })
        }
    }

    /// A sync that runs meanwhile passes over what is entered behind what it has read.
    #[tokio::test]
    async fn objects_are_entered_in_the_order_of_their_events() {
        let folder = tempfile::tempdir().unwrap();
        let metadata = Arc::new(Metadata::open(folder.path()).unwrap());
        let log = LogId([1; 16]);
        let key = |seq: u64, day: u32| Bounds {
            connection: "a".to_owned(),
            log: log.to_string(),
            first_seq: seq,
            last_seq: seq,
            date: format!("2026-11-{day}"),
            encoding: Encoding::Zstd,
        };
        // Neither the names nor the days are in the order of the seqs.
        let keys: Vec<String> = [(10, 29), (9, 30), (2, 29)].map(|(seq, day)| key(seq, day).key()).into();
        let wanted: Vec<String> = [2, 1, 0].map(|at: usize| keys[at].clone()).into();
        let store = Listing(keys.clone(), Mutex::default());
        compare(&store, &metadata, 0).await.unwrap();
        assert_eq!(*store.1.lock().unwrap(), wanted);
        let store = Arc::new(Listing(keys, Mutex::default()));
        let stores = Stores::only(Arc::<Listing>::clone(&store));
        enter_missing(&stores, &metadata, "a", log, 0).await.unwrap();
        assert_eq!(*store.1.lock().unwrap(), wanted);
    }
}
