//! The store in a folder of this machine: an object is a file, and its key the path below the folder.
//!
//! An object is written to a temporary file beside its place, flushed, and linked to its name, which fails if the name is taken. So a name is
//! never one of half an object, and of several who put one key at once, one has written. A temporary file is called like its object, with
//! `#` and digits behind it; one that a stopped process has left is removed by a listing, an hour later.
//!
//! Below the folder no symbolic link is followed, lest objects lie in another place than the one that is listed, flushed and backed up. The
//! folder itself may be behind one.

mod error;
mod files;
mod listing;
mod temporary;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::{Listed, Put, Store, StoreError, StoreFuture};
use crate::private_file;
use error::FileError;
use files::{Files, flush_folder};

/// A store in a folder of this machine.
///
/// What a process has written and not flushed is read by the next one as if it were durable, until the power is cut. So nothing that is
/// found here counts as durable before it was flushed, whoever has put it.
#[derive(Clone, Debug)]
pub struct FolderStore(Arc<Files>);

/// Opens the store in a folder, which is made if it is not there.
///
/// # Errors
/// If it cannot be made.
pub fn open_folder(folder: &Path) -> Result<FolderStore, StoreError> {
    let absolute =
        make(folder).map_err(|error| StoreError::new("open the store", &folder.display().to_string(), error))?;
    Ok(FolderStore(Arc::new(Files::new(absolute))))
}

/// Makes a folder, with a durable name. Returns its absolute path.
fn make(folder: &Path) -> Result<PathBuf, FileError> {
    let failed = |error| FileError::new("create the folder", folder, error);
    // What is below it has the modes that the umask of the process leaves: the folder is what keeps others out.
    private_file::create_folder(folder).map_err(failed)?;
    let absolute = folder.canonicalize().map_err(failed)?;
    flush_folder(&absolute)?;
    flush_folder(absolute.parent().unwrap_or(&absolute))?;
    Ok(absolute)
}

impl FolderStore {
    /// Does something with files in a thread that may wait for them.
    async fn run<T: Send + 'static>(
        &self,
        what: &'static str,
        key: &str,
        work: impl FnOnce(&Files, &str) -> Result<T, FileError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (files, named) = (Arc::clone(&self.0), key.to_owned());
        let done = spawn_blocking(move || work(&files, &named)).await;
        done.map_err(|error| StoreError::new(what, key, error))?.map_err(|error| StoreError::new(what, key, error))
    }
}

impl Store for FolderStore {
    fn put_once<'a>(&'a self, key: &'a str, object: Bytes) -> StoreFuture<'a, Put> {
        Box::pin(self.run("put", key, move |files, key| files.put_once(key, &object)))
    }

    fn flush<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(self.run("flush", key, Files::flush))
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>> {
        Box::pin(async move { Ok(self.run("get", key, Files::get).await?.map(Bytes::from)) })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>> {
        Box::pin(async move { Ok(self.list_details(prefix).await?.into_iter().map(|listed| listed.key).collect()) })
    }

    fn list_details<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<Listed>> {
        Box::pin(self.run("list", prefix, |files, prefix| {
            let mut all = Vec::new();
            files.list(prefix, |listed| all.push(listed))?;
            Ok(all)
        }))
    }

    fn remove<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(self.run("remove", key, Files::remove))
    }

    fn bytes(&self) -> StoreFuture<'_, Option<u64>> {
        Box::pin(self.run("list", "", |files, _| {
            let mut sum = 0_u64;
            files.list("", |listed| sum = sum.saturating_add(listed.bytes))?;
            Ok(Some(sum))
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::error_chain::chain;

    const KEY: &str = "connection=a/date=2026-11-30/0192-1-2.ndjson.zst";

    fn open() -> (tempfile::TempDir, PathBuf, FolderStore) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let store = open_folder(&path).unwrap();
        (folder, path, store)
    }

    async fn put(store: &FolderStore, key: &str, object: &'static [u8]) -> Result<Put, String> {
        store.put_once(key, Bytes::from_static(object)).await.map_err(|error| chain(&error))
    }

    #[tokio::test]
    async fn what_is_there_can_be_flushed() {
        let (_folder, _, store) = open();
        assert_eq!(put(&store, KEY, b"one").await, Ok(Put::Written));
        store.flush(KEY).await.unwrap();
        let error = store.flush("connection=a/absent").await.unwrap_err().to_string();
        assert!(error.contains("cannot flush") && error.contains("absent"), "{error}");
    }

    #[tokio::test]
    async fn an_object_is_the_file_that_its_key_names_and_nothing_is_beside_it() {
        let (_folder, path, store) = open();
        put(&store, KEY, b"one").await.unwrap();
        assert_eq!(put(&store, KEY, b"two").await, Ok(Put::Exists));
        assert_eq!(fs::read(path.join(KEY)).unwrap(), b"one");
        let beside = fs::read_dir(path.join(KEY).parent().unwrap()).unwrap().count();
        assert_eq!(beside, 1);
        let listed = store.list_details("").await.unwrap();
        let modified = fs::metadata(path.join(KEY)).unwrap().modified().unwrap();
        let modified = modified.duration_since(std::time::UNIX_EPOCH).unwrap().as_micros();
        assert_eq!(listed, [Listed { key: KEY.to_owned(), bytes: 3, modified: modified.try_into().unwrap() }]);
        assert_eq!(store.list("connection=b/").await.unwrap(), [""; 0]);
    }

    #[tokio::test]
    async fn a_key_names_nothing_outside_and_no_temporary_file() {
        let (_folder, path, store) = open();
        fs::write(path.with_file_name("outside"), b"x").unwrap();
        for key in ["../outside", "a/../../outside", "/outside", "a//b", "a/", "", ".", "a\0b", "a/b#1"] {
            let error = put(&store, key, b"one").await.unwrap_err();
            assert!(error.contains("is no key of an object"), "{key:?}: {error}");
            assert!(store.get(key).await.is_err() && store.remove(key).await.is_err(), "{key:?}");
        }
        assert!(store.list("../").await.is_err());
        assert_eq!(put(&store, "a/b#c", b"one").await, Ok(Put::Written));
        assert_eq!(store.list("").await.unwrap(), ["a/b#c"]);
    }

    #[tokio::test]
    async fn links_below_the_folder_are_not_followed() {
        let (folder, path, store) = open();
        let elsewhere = folder.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("b"), b"theirs").unwrap();
        symlink(&elsewhere, path.join("linked")).unwrap();
        symlink(&path, path.join("around")).unwrap();
        symlink(elsewhere.join("b"), path.join("b")).unwrap();
        symlink(elsewhere.join("absent"), path.join("c")).unwrap();
        for key in ["linked/b", "linked/new", "b", "c"] {
            let error = chain(&store.get(key).await.unwrap_err());
            assert!(
                error.contains("symbolic link") && error.contains("put the file or folder itself there"),
                "{error}"
            );
        }
        put(&store, "linked/new", b"x").await.unwrap_err();
        assert_eq!(put(&store, "c", b"x").await, Ok(Put::Exists));
        assert!(store.list("").await.unwrap().is_empty());
        store.list("linked/").await.unwrap_err();
        store.remove("b").await.unwrap();
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 1);

        let link = folder.path().join("store-by-link");
        symlink(&path, &link).unwrap();
        let store = open_folder(&link).unwrap();
        put(&store, KEY, b"one").await.unwrap();
        assert_eq!(fs::read(path.join(KEY)).unwrap(), b"one");
    }

    #[tokio::test]
    async fn what_is_no_file_is_told() {
        let (_folder, path, store) = open();
        put(&store, "a", b"one").await.unwrap();
        let error = put(&store, "a/b", b"two").await.unwrap_err();
        assert!(error.contains("is no folder") && error.contains("/store/a"), "{error}");
        fs::create_dir(path.join("folder")).unwrap();
        let error = chain(&store.get("folder").await.unwrap_err());
        assert!(error.contains("is no file"), "{error}");
        let error = chain(&open_folder(&path.join("a")).unwrap_err());
        assert!(error.contains("cannot create the folder") && error.contains("/store/a"), "{error}");
    }

    #[tokio::test]
    async fn a_temporary_file_is_no_object_and_is_removed_when_it_is_old() {
        let (_folder, path, store) = open();
        put(&store, "a/object", b"one").await.unwrap();
        let (old, new, other) = (path.join("a/object#1"), path.join("a/object#77"), path.join("a/object#x"));
        for file in [&old, &new, &other] {
            fs::write(file, b"half").unwrap();
        }
        let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3700);
        for file in [&old, &other] {
            fs::File::options().write(true).open(file).unwrap().set_modified(long_ago).unwrap();
        }
        let mut listed = store.list("").await.unwrap();
        listed.sort();
        assert_eq!(listed, ["a/object", "a/object#x"]);
        assert!(!old.exists() && new.exists() && other.exists());
        assert_eq!(store.bytes().await.unwrap(), Some(7));
    }

    #[tokio::test]
    async fn a_failed_put_leaves_nothing() {
        // The name of the object fits, that of the temporary file does not.
        let (_folder, path, store) = open();
        let key = format!("a/{}", "x".repeat(250));
        let error = put(&store, &key, b"one").await.unwrap_err();
        assert!(error.contains("cannot put") && error.contains("cannot create"), "{error}");
        assert_eq!(fs::read_dir(path.join("a")).unwrap().count(), 0);
    }
}
