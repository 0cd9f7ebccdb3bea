//! The store in a folder of this machine.

use std::path::Path;
use std::sync::Arc;

use object_store::local::LocalFileSystem;

use super::{Objects, StoreError};

/// Opens the store in a folder, which is made if it is not there.
///
/// # Errors
/// If it cannot be made.
pub fn open_folder(folder: &Path) -> Result<Objects, StoreError> {
    let failed = |source| StoreError::new("open the store", &folder.display().to_string(), source);
    std::fs::create_dir_all(folder).map_err(|error| failed(Box::<dyn std::error::Error + Send + Sync>::from(error)))?;
    let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| failed(error.into()))?;
    // Events are removed from the inbox once they are here.
    Ok(Objects::new(Arc::new(store.with_fsync(true)), ""))
}
