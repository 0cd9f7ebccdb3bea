//! A bucket in memory, with latency, and faults on demand. For tests.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::{Bucket, Listed, Put};
use crate::queue::lock;

/// What a store may do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request fails, and nothing has happened.
    Fails,
    /// The put has happened, and its reply is lost.
    LosesTheReply,
    /// The store says that there is an object, and there is none.
    SaysExists,
}

/// Decides, by the number of the request, how long it takes and what goes wrong.
pub type Rule = Arc<dyn Fn(u64) -> (Duration, Option<Fault>) + Send + Sync>;

/// The bytes of an object, and when it was put.
type Object = (Arc<[u8]>, i64);

/// A bucket in memory. Clones are the same bucket.
#[derive(Clone, Default)]
pub struct MemoryBucket {
    objects: Arc<Mutex<BTreeMap<String, Object>>>,
    /// How many puts there were, and the most at once.
    puts: Arc<AtomicU64>,
    under_way: Arc<AtomicU64>,
    most_under_way: Arc<AtomicU64>,
    rule: Option<Rule>,
}

impl std::fmt::Debug for MemoryBucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryBucket").field("objects", &lock(&self.objects).len()).finish_non_exhaustive()
    }
}

impl MemoryBucket {
    /// The same bucket, through a network with this rule for puts.
    #[must_use]
    pub fn with_rule(&self, rule: Rule) -> Self {
        Self { rule: Some(rule), ..self.clone() }
    }

    /// The keys of all objects.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        lock(&self.objects).keys().cloned().collect()
    }

    /// Puts an object in the place of another, or where none is.
    pub fn replace(&self, key: &str, object: &[u8]) {
        lock(&self.objects).insert(key.to_owned(), (object.into(), 0));
    }

    /// How many puts there were, and the most that were under way at once.
    #[must_use]
    pub fn puts(&self) -> (u64, u64) {
        (self.puts.load(Ordering::Relaxed), self.most_under_way.load(Ordering::Relaxed))
    }
}

impl Bucket for MemoryBucket {
    fn put_once(&self, key: &str, object: &Arc<[u8]>) -> io::Result<Put> {
        let number = self.puts.fetch_add(1, Ordering::Relaxed);
        let under_way = self.under_way.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_under_way.fetch_max(under_way, Ordering::Relaxed);
        let (takes, fault) = self.rule.as_ref().map_or((Duration::ZERO, None), |rule| rule(number));
        thread::sleep(takes);
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        match fault {
            Some(Fault::Fails) => return Err(io::Error::other("the request has failed")),
            Some(Fault::SaysExists) => return Ok(Put::Exists),
            Some(Fault::LosesTheReply) | None => {}
        }
        let mut objects = lock(&self.objects);
        let put = if objects.contains_key(key) {
            Put::Exists
        } else {
            objects.insert(key.to_owned(), (Arc::clone(object), crate::core::now()));
            Put::Written
        };
        if fault.is_some() { Err(io::Error::other("the reply was lost")) } else { Ok(put) }
    }

    fn get(&self, key: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(lock(&self.objects).get(key).map(|(object, _)| object.to_vec()))
    }

    fn list(&self) -> io::Result<Vec<Listed>> {
        let objects = lock(&self.objects);
        Ok(objects
            .iter()
            .map(|(key, (object, modified))| Listed {
                key: key.clone(),
                bytes: object.len() as u64,
                modified: *modified,
            })
            .collect())
    }

    fn remove(&self, key: &str) -> io::Result<()> {
        lock(&self.objects).remove(key);
        Ok(())
    }
}
