//! Where connections come from: a file, which is read again when the operator says so.

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::clock::Clock;
use crate::connections::{Common, Connections, ConnectionsError};

/// The connections of a file, as it was when it was last read.
#[derive(Debug)]
pub struct Source {
    file: PathBuf,
    common: Common,
    clock: Clock,
    current: ArcSwap<Connections>,
}

impl Source {
    /// Reads the file.
    ///
    /// # Errors
    /// As [`Connections::read`].
    pub fn open(file: PathBuf, common: Common, clock: Clock) -> Result<Self, ConnectionsError> {
        let source = Self { file, common, clock, current: ArcSwap::default() };
        source.reload()?;
        Ok(source)
    }

    /// Reads the file again. If it is wrong, the connections stay as they are.
    ///
    /// # Errors
    /// As [`Connections::read`].
    pub fn reload(&self) -> Result<(), ConnectionsError> {
        let configuration = u64::try_from(self.clock.unix_micros()).unwrap_or(0);
        let connections = Connections::read(&self.file, &self.common, configuration, &self.current())?;
        self.current.store(Arc::new(connections));
        Ok(())
    }

    /// What all connections have in common.
    pub fn common(&self) -> &Common {
        &self.common
    }

    /// The connections as they are now.
    pub fn current(&self) -> arc_swap::Guard<Arc<Connections>> {
        self.current.load()
    }
}
