//! The groups of connections, as the file of settings names them.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::private_file;
use crate::settings::error::SettingsError;
use crate::settings::google::{GoogleCredentials, is_email};

/// A group of connections.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// What `group_id` of a connection says.
    pub id: String,
    /// Where the tables of its connections are.
    #[serde(default)]
    pub destination: DestinationKind,
    /// The e-mail address of the service account that opens the buckets of Google Cloud Storage of its connections. Settings that were
    /// checked have it whenever there is a key file.
    pub gcs_service_account: Option<String>,
    /// The file with the key of that service account, in JSON; the application default credentials are used without.
    pub gcs_key_file: Option<PathBuf>,
}

/// A kind of destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DestinationKind {
    /// A file of SQLite for each schema, in the data folder.
    #[default]
    Sqlite,
}

/// The group that there is if the settings name none.
const DEFAULT_GROUP: &str = "default";

impl Default for Group {
    /// The group that there is if the settings name none.
    fn default() -> Self {
        Self {
            id: DEFAULT_GROUP.to_owned(),
            destination: DestinationKind::default(),
            gcs_service_account: None,
            gcs_key_file: None,
        }
    }
}

/// Checks the groups. The service account of a key file is filled in.
pub(super) fn groups(groups: Vec<Group>) -> Result<Vec<Group>, SettingsError> {
    let wrong = |message: String| Err(SettingsError::new("groups", message));
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let Some(first) = groups.first() else { return Ok(vec![Group::default()]) };
    if groups.len() > 1 {
        // Their tables would be mixed up.
        return wrong(
            "there can be one, since all tables stand in the one SQLite warehouse of the data folder".to_owned(),
        );
    }
    let id = &first.id;
    if !(1..=64).contains(&id.len()) || !id.bytes().all(is_allowed) {
        return wrong(format!("{id:?} must have 1 to 64 letters, digits and characters of _-."));
    }
    groups.into_iter().map(with_service_account).collect()
}

/// A group, with the service account of its key file.
fn with_service_account(mut group: Group) -> Result<Group, SettingsError> {
    let wrong = |name: &str, message: String| Err(SettingsError::new(format!("groups.{name}"), message));
    if let Some(account) = &group.gcs_service_account
        && !is_email(account)
    {
        return wrong(
            "gcs_service_account",
            format!("{account:?} must be an e-mail address such as events@acme.iam.gserviceaccount.com"),
        );
    }
    let Some(file) = &group.gcs_key_file else { return Ok(group) };
    if !cfg!(feature = "gcs") {
        let message =
            "needs Google Cloud Storage, which this countersignd was built without: build it with --features gcs";
        return wrong("gcs_key_file", message.to_owned());
    }
    let account = match account_of_key(file) {
        Ok(account) => account,
        Err(message) => return wrong("gcs_key_file", format!("{}: {message}", private_file::shown(file))),
    };
    match &group.gcs_service_account {
        Some(stated) if *stated != account => wrong(
            "gcs_service_account",
            format!("contradicts gcs_key_file, whose key is that of {account}: leave it out"),
        ),
        _ => {
            group.gcs_service_account = Some(account);
            Ok(group)
        }
    }
}

/// The service account of a key. The error has nothing of the key.
fn account_of_key(file: &Path) -> Result<String, String> {
    const ADVICE: &str = "gcloud iam service-accounts keys create makes one";
    let text = private_file::read(file, 0o007).map_err(|error| error.to_string())?;
    let key = GoogleCredentials::read(&text);
    let key = key.ok_or_else(|| format!("is no key of a service account in JSON: {ADVICE}"))?;
    if key.kind != "service_account" {
        return Err(format!("its \"type\" is {}, and must be \"service_account\": {ADVICE}", key.shown_type()));
    }
    if !is_email(&key.client_email) {
        return Err(format!("its \"client_email\" is no e-mail address: {ADVICE}"));
    }
    Ok(key.client_email)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(account: Option<&str>, key_file: Option<&Path>) -> Result<Option<String>, String> {
        let group = Group {
            gcs_service_account: account.map(str::to_owned),
            gcs_key_file: key_file.map(Path::to_owned),
            ..Group::default()
        };
        groups(vec![group]).map(|mut groups| groups.remove(0).gcs_service_account).map_err(|error| error.to_string())
    }

    #[test]
    fn a_service_account_is_an_address() {
        assert_eq!(checked(Some("a@b.example"), None), Ok(Some("a@b.example".to_owned())));
        for wrong in ["", "a", "a@", "@b", "a b@c", "a@b\n", "a@b@c", &format!("a@{}", "b".repeat(253))] {
            let message = checked(Some(wrong), None).unwrap_err();
            assert!(message.starts_with("groups.gcs_service_account: ") && message.contains("e-mail"), "{message}");
        }
    }

    #[cfg(feature = "gcs")]
    #[test]
    fn the_service_account_of_a_key_is_read_and_nothing_else_is_shown() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key.json");
        let write = |text: &str| private_file::write(&file, text.as_bytes()).unwrap();
        let key = r#"{"type": "service_account", "client_email": "a@b.example", "private_key": "planted-key"}"#;
        write(key);
        assert_eq!(checked(None, Some(&file)), Ok(Some("a@b.example".to_owned())));
        assert_eq!(checked(Some("a@b.example"), Some(&file)), Ok(Some("a@b.example".to_owned())));
        let message = checked(Some("c@b.example"), Some(&file)).unwrap_err();
        assert!(message.contains("that of a@b.example: leave it out"), "{message}");
        for (text, part) in [
            ("planted-key", "is no key of a service account"),
            (r#"["planted-key"]"#, "is no key of a service account"),
            (r#"{"type": "external_account", "client_email": "a@b"}"#, "its \"type\" is \"external_account\""),
            (r#"{"client_email": "a@b", "private_key": "planted-key"}"#, "must be \"service_account\""),
            (r#"{"type": "service_account", "private_key": "planted-key"}"#, "\"client_email\" is no"),
        ] {
            write(text);
            let message = checked(None, Some(&file)).unwrap_err();
            assert!(message.starts_with("groups.gcs_key_file: ") && message.contains(part), "{message}");
            assert!(message.contains("key.json") && !message.contains("planted"), "{message}");
        }
        write(key);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(checked(None, Some(&file)).unwrap_err().contains("chmod 600"));
        assert!(checked(None, Some(&folder.path().join("none"))).unwrap_err().contains("No such file"));
    }

    #[cfg(not(feature = "gcs"))]
    #[test]
    fn a_key_file_needs_the_feature() {
        let message = checked(None, Some(Path::new("key.json"))).unwrap_err();
        assert!(message.contains("--features gcs"), "{message}");
    }
}
