//! The messages of many senders, each apart.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::ConfigError;
use crate::replay::memory::ReplayMemory;

/// A [`ReplayMemory`] for each connection, by its name, in the memory of this process.
///
/// Clones share what they remember. Each connection has room of its own: one that sends much pushes out no message of another,
/// and one cannot use up the ids of another. A connection takes room when its first authentic message comes.
#[derive(Clone)]
pub struct ReplayMemories(Arc<Shared>);

struct Shared {
    capacity: usize,
    by_name: Mutex<HashMap<String, ReplayMemory>>,
}

impl ReplayMemories {
    /// Remembers up to `capacity` messages of each connection.
    ///
    /// # Errors
    /// `invalid_config` for a capacity of zero.
    pub fn new(capacity: usize) -> Result<Self, ConfigError> {
        ReplayMemory::new(capacity)?;
        Ok(Self(Arc::new(Shared { capacity, by_name: Mutex::default() })))
    }

    /// The memory of the connection `name`, which is empty when it is first asked for.
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

    /// Forgets all messages of a connection that is there no more.
    pub fn remove(&self, name: &str) {
        self.by_name().remove(name);
    }

    fn by_name(&self) -> MutexGuard<'_, HashMap<String, ReplayMemory>> {
        // Nothing that is done under the lock leaves it half done.
        self.0.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ReplayMemories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayMemories")
            .field("capacity", &self.0.capacity)
            .field("connections", &self.by_name().len())
            .finish()
    }
}
