//! The store in a folder of this machine.

use std::error::Error;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use tokio::task::spawn_blocking;

use super::{Listed, Objects, Put, Store, StoreError, StoreFuture};

/// A store in a folder of this machine.
///
/// What a process has written and not flushed is read by the next one as if it were durable, until the power is cut. So nothing that is
/// found here counts as durable before it was flushed, whoever has put it.
#[derive(Clone, Debug)]
pub struct FolderStore {
    objects: Objects,
    files: Arc<LocalFileSystem>,
    folder: PathBuf,
}

/// Opens the store in a folder, which is made if it is not there.
///
/// # Errors
/// If it cannot be made.
pub fn open_folder(folder: &Path) -> Result<FolderStore, StoreError> {
    let failed =
        |source: Box<dyn Error + Send + Sync>| StoreError::new("open the store", &folder.display().to_string(), source);
    std::fs::create_dir_all(folder).map_err(|error| failed(error.into()))?;
    let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| failed(error.into()))?;
    let absolute = folder.canonicalize().map_err(|error| failed(error.into()))?;
    flush_names(&absolute, absolute.parent().unwrap_or(&absolute)).map_err(|error| failed(error.into()))?;
    // Events are removed from the inbox once they are here.
    let files = Arc::new(store.with_fsync(true));
    Ok(FolderStore { objects: Objects::new(Arc::<LocalFileSystem>::clone(&files), ""), files, folder: absolute })
}

impl FolderStore {
    /// Makes durable the name of an object and those of the folders that it is in, and before that, if `is_old`, its bytes.
    async fn flush(&self, key: &str, is_old: bool) -> Result<(), StoreError> {
        let failed = |error: Box<dyn Error + Send + Sync>| StoreError::new("flush", key, error);
        let file = self.files.path_to_filesystem(&Key::from(key)).map_err(|error| failed(error.into()))?;
        let folder = self.folder.clone();
        let flushed = spawn_blocking(move || {
            if is_old {
                File::open(&file)?.sync_all()?;
            }
            flush_names(&file, &folder)
        });
        flushed.await.map_err(|error| failed(error.into()))?.map_err(|error| failed(error.into()))
    }
}

/// Makes durable the name of a file or folder, and the names of those that it is in, up to those in the folder `top`.
fn flush_names(file: &Path, top: &Path) -> io::Result<()> {
    for folder in file.ancestors().skip(1) {
        File::open(folder)?.sync_all()?;
        if folder == top {
            break;
        }
    }
    Ok(())
}

impl Store for FolderStore {
    fn put_once<'a>(&'a self, key: &'a str, object: Bytes) -> StoreFuture<'a, Put> {
        Box::pin(async move {
            let put = self.objects.put_once(key, object).await?;
            if put == Put::Written {
                // A folder that an earlier process has made may have no durable name yet.
                self.flush(key, false).await?;
            }
            Ok(put)
        })
    }

    fn flush<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(self.flush(key, true))
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>> {
        self.objects.get(key)
    }

    fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>> {
        self.objects.list(prefix)
    }

    fn list_details<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<Listed>> {
        self.objects.list_details(prefix)
    }

    fn remove<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()> {
        self.objects.remove(key)
    }

    fn bytes(&self) -> StoreFuture<'_, Option<u64>> {
        self.objects.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_there_can_be_flushed() {
        let folder = tempfile::tempdir().unwrap();
        let store = open_folder(&folder.path().join("store")).unwrap();
        let key = "connection=a/date=2026-11-30/0192-1-2.ndjson.zst";
        assert_eq!(store.put_once(key, Bytes::from_static(b"one")).await.unwrap(), Put::Written);
        Store::flush(&store, key).await.unwrap();
        let error = Store::flush(&store, "connection=a/absent").await.unwrap_err().to_string();
        assert!(error.contains("cannot flush") && error.contains("absent"), "{error}");
    }
}
