//! Where the services of buckets are, and with which key S3 is called: the operator's part, which no connection can change.

use std::path::PathBuf;

use crate::origin::is_origin;
use crate::private_file;
use crate::settings::error::SettingsError;
use crate::store_hosts::Allowed;

/// Where the services of buckets are.
#[derive(Clone, Debug, Default)]
pub struct Services {
    /// Where S3 is, if not at AWS: scheme and host.
    pub s3_endpoint: Option<String>,
    /// Where roles are assumed, if not at AWS: scheme and host.
    pub sts_endpoint: Option<String>,
    /// The key with which S3 and the assuming of roles are called; credentials of the environment or the machine without.
    pub s3_key: Option<S3Key>,
    /// Where Azure Blob Storage is, if not at Azure: scheme and host.
    pub azure_endpoint: Option<String>,
    /// Where Google Cloud Storage is, if not at Google: scheme and host.
    pub gcs_endpoint: Option<String>,
    /// Hosts that connections may name although they are of no known service.
    pub allowed_hosts: Allowed,
}

/// A key of S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Key {
    /// Its id, which is no secret.
    pub id: String,
    /// The file with its secret.
    pub secret_file: PathBuf,
}

/// A setting that says where a service is.
pub(super) fn endpoint(name: &str, text: Option<String>) -> Result<Option<String>, SettingsError> {
    let text = text.map(|text| text.trim_end_matches('/').to_owned());
    if text.as_deref().is_some_and(|text| !is_origin(text)) {
        return Err(SettingsError::new(name, "must be scheme and host alone, such as https://minio.example.com"));
    }
    Ok(text)
}

/// The key of S3, as two settings say it.
pub(super) fn s3_key(id: Option<String>, secret_file: Option<PathBuf>) -> Result<Option<S3Key>, SettingsError> {
    let (id, secret_file) = match (id, secret_file) {
        (None, None) => return Ok(None),
        (Some(id), Some(file)) => (id, file),
        (Some(_), None) => {
            let message = "is missing: s3_access_key_id needs the file with the secret of this key";
            return Err(SettingsError::new("s3_secret_access_key_file", message));
        }
        (None, Some(_)) => {
            let message = "is missing: s3_secret_access_key_file needs the id of the key whose secret it holds";
            return Err(SettingsError::new("s3_access_key_id", message));
        }
    };
    // It stands between slashes and commas of a header.
    let is_allowed = |byte: u8| byte.is_ascii_graphic() && !b"/,".contains(&byte);
    if !(1..=128).contains(&id.len()) || !id.bytes().all(is_allowed) {
        let message = "must have 1 to 128 printable ASCII characters, without spaces, slashes and commas";
        return Err(SettingsError::new("s3_access_key_id", message));
    }
    // It is read whenever a bucket is opened; what is wrong with it is said at the start.
    let wrong = |message: String| {
        SettingsError::new("s3_secret_access_key_file", format!("{}: {message}", private_file::shown(&secret_file)))
    };
    let secret = private_file::read(&secret_file, 0o007).map_err(|error| wrong(error.to_string()))?;
    if secret.trim_ascii().is_empty() || !secret.trim_ascii().iter().all(u8::is_ascii_graphic) {
        return Err(wrong("must hold the secret of the key alone, in one line".to_owned()));
    }
    Ok(Some(S3Key { id, secret_file }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_s3_has_an_id_and_a_file_with_its_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        let write = |text: &[u8]| private_file::write(&file, text).unwrap();
        let of = |id: Option<&str>, file: Option<&PathBuf>| {
            s3_key(id.map(str::to_owned), file.cloned()).map_err(|error| error.to_string())
        };
        assert_eq!(of(None, None), Ok(None));
        write(b"planted/secret+\n");
        let key = of(Some("AKIDEXAMPLE"), Some(&file)).unwrap().unwrap();
        assert_eq!((&*key.id, &key.secret_file), ("AKIDEXAMPLE", &file));
        assert!(!format!("{key:?}").contains("planted"));
        let wrong = |id: Option<&str>, file: Option<&PathBuf>, part: &str| {
            let message = of(id, file).unwrap_err();
            assert!(message.contains(part) && !message.contains("planted"), "{message}");
        };
        wrong(Some("AKIDEXAMPLE"), None, "s3_secret_access_key_file: is missing");
        wrong(None, Some(&file), "s3_access_key_id: is missing");
        for id in ["", "a b", "a/b", "a,b", "é", &"a".repeat(129)] {
            wrong(Some(id), Some(&file), "s3_access_key_id: must have");
        }
        wrong(Some("a"), Some(&folder.path().join("none")), "No such file");
        for text in [&b""[..], b" \n", b"planted secret", b"planted\nsecret", b"planted\xff"] {
            write(text);
            wrong(Some("a"), Some(&file), "must hold the secret of the key alone");
        }
    }
}
