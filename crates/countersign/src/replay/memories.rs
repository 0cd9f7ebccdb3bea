//! A replay memory for each of many senders.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::ConfigError;
use crate::replay::memory::ReplayMemory;

/// A [`ReplayMemory`] for each endpoint, by its name, in the memory of this process.
///
/// Clones share their memories. Each endpoint has its own room: a busy one does not push out messages of another, and
/// its ids do not clash with those of another. So give each a name of its own, by sender and tenant (`stripe/acme`). An
/// endpoint uses no room before its first authentic message.
#[derive(Clone)]
pub struct ReplayMemories(Arc<Shared>);

struct Shared {
    capacity: usize,
    by_name: Mutex<HashMap<String, ReplayMemory>>,
}

impl ReplayMemories {
    /// Makes memories of up to `capacity` messages for each endpoint.
    ///
    /// # Errors
    /// `invalid_config` for a capacity of zero.
    pub fn new(capacity: usize) -> Result<Self, ConfigError> {
        ReplayMemory::new(capacity)?;
        Ok(Self(Arc::new(Shared { capacity, by_name: Mutex::default() })))
    }

    /// The memory of the endpoint `name`, created empty at the first call.
    #[must_use]
    pub fn of(&self, name: &str) -> ReplayMemory {
        let mut by_name = self.by_name();
        if let Some(memory) = by_name.get(name) {
            return memory.clone();
        }
        let memory = ReplayMemory::with_capacity(self.0.capacity);
        by_name.insert(name.to_owned(), memory.clone());
        memory
    }

    /// Forgets all messages of an endpoint that no longer exists.
    pub fn remove(&self, name: &str) {
        self.by_name().remove(name);
    }

    fn by_name(&self) -> MutexGuard<'_, HashMap<String, ReplayMemory>> {
        // No code that holds the lock can leave the memory inconsistent.
        self.0.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ReplayMemories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayMemories")
            .field("capacity", &self.0.capacity)
            .field("endpoints", &self.by_name().len())
            .finish()
    }
}
