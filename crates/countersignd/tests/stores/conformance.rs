//! The conformance test of a store.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use countersignd::archive::store::{Put, Store, StoreFuture};

/// How many put one key at once, and how many keys.
const RACERS: u8 = 50;
const KEYS: usize = 8;

/// Objects are put once, found, listed and removed; of many that put at once, one has written, and what is there is its object.
pub(crate) async fn check(store: impl Store) {
    let store = Arc::new(store);
    let key = "connection=a/date=2026-11-29/0192-1-2.ndjson.zst";
    assert_eq!(store.get(key).await.unwrap(), None);
    assert_eq!(store.put_once(key, Bytes::from_static(b"one")).await.unwrap(), Put::Written);
    assert_eq!(store.put_once(key, Bytes::from_static(b"two")).await.unwrap(), Put::Exists);
    assert_eq!(store.get(key).await.unwrap().unwrap(), "one");
    let large = Bytes::from((0..3_000_000_u32).flat_map(u32::to_le_bytes).collect::<Vec<_>>());
    store.put_once("connection=b/large", large.clone()).await.unwrap();
    assert!(store.get("connection=b/large").await.unwrap().unwrap() == large, "the object has changed");
    store.put_once("connection=ab/x", Bytes::new()).await.unwrap();
    assert_eq!(store.get("connection=ab/x").await.unwrap().unwrap(), "");
    assert_eq!(store.list("connection=a/").await.unwrap(), [key]);
    let all: BTreeSet<String> = store.list("").await.unwrap().into_iter().collect();
    assert_eq!(all, BTreeSet::from([key, "connection=ab/x", "connection=b/large"].map(str::to_owned)));
    assert_eq!(store.bytes().await.unwrap(), Some(3 + large.len() as u64));

    for place in 0..KEYS {
        let key = format!("connection=c/{place}");
        let winners = race(&store, &key).await;
        assert_eq!(winners.len(), 1, "{key}: {winners:?}");
        let found = store.get(&key).await.unwrap().unwrap();
        assert_eq!(found, vec![winners[0]; 1000], "{key}");
    }
    assert_eq!(store.list("connection=c/").await.unwrap().len(), KEYS);

    // They really race: with a store that looks first and then puts, more than one has won.
    let careless = Arc::new(Careless(Arc::clone(&store)));
    let mut most = 0;
    for place in 0..KEYS {
        most = most.max(race(&careless, &format!("connection=d/{place}")).await.len());
    }
    assert!(most > 1, "nobody has raced");

    for key in all {
        store.remove(&key).await.unwrap();
        store.remove(&key).await.unwrap();
        assert_eq!(store.get(&key).await.unwrap(), None);
    }
    for key in ["c", "d"].iter().flat_map(|of| (0..KEYS).map(move |place| format!("connection={of}/{place}"))) {
        store.remove(&key).await.unwrap();
    }
    assert!(store.list("").await.unwrap().is_empty());
}

/// Many put an object under one key at once. Returns those to whom the store has said that theirs was written.
async fn race(store: &Arc<impl Store>, key: &str) -> Vec<u8> {
    let racers = (0..RACERS).map(|racer| {
        let (store, key) = (Arc::clone(store), key.to_owned());
        tokio::spawn(async move { (racer, store.put_once(&key, Bytes::from(vec![racer; 1000])).await) })
    });
    let outcomes = futures_util::future::join_all(racers).await;
    let outcomes = outcomes.into_iter().map(Result::unwrap);
    outcomes.filter(|(_, put)| matches!(put, Ok(Put::Written))).map(|(racer, _)| racer).collect()
}

/// A store that looks whether there is an object, and then puts.
struct Careless<S>(Arc<S>);

impl<S: Store> Store for Careless<S> {
    fn put_once<'a>(&'a self, key: &'a str, object: Bytes) -> StoreFuture<'a, Put> {
        Box::pin(async move {
            if self.0.get(key).await?.is_some() {
                return Ok(Put::Exists);
            }
            self.0.put_once(key, object).await?;
            Ok(Put::Written)
        })
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>> {
        self.0.get(key)
    }

    fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>> {
        self.0.list(prefix)
    }

    fn remove<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()> {
        self.0.remove(key)
    }
}
