//! Where inbox and own store are, as a setting says it.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::settings::error::SettingsError;

/// A folder, or a place in a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A folder of this machine. An inbox is written there as files.
    Folder(PathBuf),
    /// Objects in a folder, as in a bucket: of a file system that outlives this machine.
    Objects(PathBuf),
    /// A bucket of S3.
    S3 {
        /// Its name.
        bucket: String,
        /// How its keys begin: empty, or ending with `/`.
        prefix: String,
    },
    /// A container of Azure Blob Storage.
    Azure {
        /// The name of the storage account.
        account: String,
        /// Its name.
        container: String,
        /// How its keys begin: empty, or ending with `/`.
        prefix: String,
    },
    /// A bucket of Google Cloud Storage.
    Gcs {
        /// Its name.
        bucket: String,
        /// How its keys begin: empty, or ending with `/`.
        prefix: String,
    },
}

impl Place {
    /// Reads a path, or a URL such as `s3://bucket/prefix`, `az://account/container/prefix`, `gs://bucket/prefix` or `file:///folder`. A path
    /// is one from the current folder.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = text.split_once("://") else {
            let is_url = |scheme| text.strip_prefix(scheme).is_some_and(|rest| rest.starts_with(':'));
            if text.is_empty() {
                return Err("must not be empty".to_owned());
            }
            if ["s3", "az", "gs", "file"].into_iter().any(is_url) {
                return Err(format!("{text:?} has no // behind the colon"));
            }
            let path = std::path::absolute(text).map_err(|error| format!("{text:?} is no path: {error}"))?;
            return Ok(Self::Folder(path));
        };
        let mut parts = rest.splitn(if scheme == "az" { 3 } else { 2 }, '/').map(str::to_owned);
        let mut name = |what: &str| {
            let name = parts.next().filter(|name| !name.is_empty());
            name.ok_or_else(|| format!("{text:?} names no {what}"))
        };
        match scheme {
            "file" if rest.starts_with('/') => Ok(Self::Objects(PathBuf::from(rest))),
            "file" => Err(format!("{text:?} must have an absolute path: file:///FOLDER")),
            "s3" => Ok(Self::S3 { bucket: name("bucket")?, prefix: prefix(parts.next())? }),
            "gs" => Ok(Self::Gcs { bucket: name("bucket")?, prefix: prefix(parts.next())? }),
            "az" => Ok(Self::Azure {
                account: name("storage account")?,
                container: name("container")?,
                prefix: prefix(parts.next())?,
            }),
            _ => Err(format!(
                "{text:?} must be a path, s3://BUCKET/PREFIX, az://ACCOUNT/CONTAINER/PREFIX, gs://BUCKET/PREFIX or file:///FOLDER"
            )),
        }
    }

    /// Whether this program was built with what the place needs.
    ///
    /// # Errors
    /// What to do if it was not.
    pub fn check_built(&self) -> Result<(), String> {
        let (service, feature, is_built) = match self {
            Self::Folder(_) | Self::Objects(_) => return Ok(()),
            Self::S3 { .. } => ("S3", "s3", cfg!(feature = "s3")),
            Self::Azure { .. } => ("Azure Blob Storage", "azure", cfg!(feature = "azure")),
            Self::Gcs { .. } => ("Google Cloud Storage", "gcs", cfg!(feature = "gcs")),
        };
        if is_built {
            return Ok(());
        }
        Err(format!(
            "{self} needs {service}, which this countersignd was built without: build it with --features {feature}"
        ))
    }

    /// Whether one of two places is in the other.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let path = |place: &Self| match place {
            Self::Folder(folder) | Self::Objects(folder) => folder.clone(),
            // What ends with `/` has no empty part behind it as a path.
            place => PathBuf::from(place.to_string()),
        };
        let (one, other) = (path(self), path(other));
        one.starts_with(&other) || other.starts_with(&one)
    }
}

/// How keys begin: empty, or ending with `/`.
fn prefix(text: Option<String>) -> Result<String, String> {
    let text = text.unwrap_or_default();
    let text = text.trim_matches('/');
    if text.is_empty() {
        return Ok(String::new());
    }
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.=/".contains(&byte);
    if !text.bytes().all(is_allowed) || text.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(format!(
            "the prefix {text:?} must have letters, digits and characters of -_.= in each part, and no part that is empty, . or .."
        ));
    }
    Ok(format!("{text}/"))
}

impl fmt::Display for Place {
    /// As [`Place::read`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{}", folder.display()),
            Self::Objects(folder) => write!(f, "file://{}", folder.display()),
            Self::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
            Self::Azure { account, container, prefix } => write!(f, "az://{account}/{container}/{prefix}"),
            Self::Gcs { bucket, prefix } => write!(f, "gs://{bucket}/{prefix}"),
        }
    }
}

/// Inbox and own store, as two settings say it.
pub(super) fn places(
    data: &Path,
    inbox: Option<&str>,
    store: Option<&str>,
) -> Result<[Option<Place>; 2], SettingsError> {
    let read = |name: &str, text: Option<&str>| {
        let wrong = |message| SettingsError::new(name, message);
        let place = text.map(Place::read).transpose().map_err(wrong)?;
        place.as_ref().map_or(Ok(()), Place::check_built).map_err(wrong)?;
        Ok(place)
    };
    let default = |name| Place::Folder(std::path::absolute(data.join(name)).unwrap_or_else(|_| data.join(name)));
    let [of_inbox, of_store] = [default("inbox"), default("store")];
    // What is where it would be without the setting is not said.
    let inbox = read("inbox", inbox)?.filter(|place| *place != of_inbox);
    let store = read("store", store)?.map(|place| match place {
        // A store is objects in either case.
        Place::Objects(folder) => Place::Folder(folder),
        place => place,
    });
    let store = store.filter(|place| *place != of_store);
    if inbox.as_ref().unwrap_or(&of_inbox).overlaps(store.as_ref().unwrap_or(&of_store)) {
        return Err(SettingsError::new(
            "store",
            "must be another place than the inbox, and neither may be in the other",
        ));
    }
    Ok([inbox, store])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_paths_or_urls() {
        for (text, shown) in [
            ("/var/inbox", "/var/inbox"),
            ("file:///mnt/a", "file:///mnt/a"),
            ("s3://events", "s3://events/"),
            ("s3://events/a/b", "s3://events/a/b/"),
            ("s3://events/a/b/", "s3://events/a/b/"),
            ("az://acme/events", "az://acme/events/"),
            ("az://acme/events/a/b", "az://acme/events/a/b/"),
            ("gs://events/inbox=1", "gs://events/inbox=1/"),
        ] {
            let place = Place::read(text).unwrap();
            assert_eq!(place.to_string(), shown);
            assert_eq!(Place::read(shown), Ok(place));
        }
        assert!(matches!(Place::read("./data/inbox"), Ok(Place::Folder(folder)) if folder.is_absolute()));
        for (text, part) in [
            ("", "empty"),
            ("s3:/a", "no //"),
            ("s3://", "names no bucket"),
            ("s3:///a", "names no bucket"),
            ("az://acme", "names no container"),
            ("file://a/b", "absolute"),
            ("ftp://a/b", "must be a path"),
            ("s3://a/b//c", "prefix"),
            ("s3://a/../c", "prefix"),
            ("gs://a/b c", "prefix"),
        ] {
            assert!(Place::read(text).unwrap_err().contains(part), "{text}");
        }
    }

    #[test]
    fn inbox_and_store_are_apart() {
        let of = |inbox, store| places(Path::new("/data"), inbox, store);
        assert_eq!(of(None, None).unwrap(), [None, None]);
        assert_eq!(of(Some("/data/inbox"), Some("file:///data/store")).unwrap(), [None, None]);
        assert!(of(Some("file:///mnt/inbox"), Some("file:///mnt/store")).is_ok());
        for (inbox, store) in [
            (Some("file:///mnt/a"), Some("file:///mnt/a")),
            (Some("file:///mnt/a"), Some("/mnt")),
            (Some("/data/store"), None),
            (None, Some("/data/inbox/store")),
        ] {
            assert!(of(inbox, store).unwrap_err().to_string().contains("another place"), "{inbox:?} {store:?}");
        }
        let place = |text| Place::read(text).unwrap();
        assert!(place("s3://a").overlaps(&place("s3://a/b")));
        assert!(!place("s3://a/b").overlaps(&place("s3://a/bc")));
        assert!(!place("s3://a").overlaps(&place("gs://a")));
    }

    #[cfg(not(feature = "s3"))]
    #[test]
    fn what_was_not_built_is_said() {
        let error = places(Path::new("/data"), Some("s3://a/b"), None).unwrap_err().to_string();
        assert!(error.contains("inbox: s3://a/b/ needs S3") && error.contains("--features s3"), "{error}");
    }
}
