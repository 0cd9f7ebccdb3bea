//! The groups of connections, as the file of settings names them.

use serde::Deserialize;

use crate::settings::error::SettingsError;

/// A group of connections.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// What `group_id` of a connection says.
    pub id: String,
    /// Where the tables of its connections are.
    #[serde(default)]
    pub destination: DestinationKind,
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

/// The ids of groups.
pub(super) fn groups(groups: &[Group]) -> Result<Vec<String>, SettingsError> {
    let wrong = |message: String| Err(SettingsError::new("groups", message));
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    match groups {
        [] => Ok(vec![DEFAULT_GROUP.to_owned()]),
        [Group { id, .. }] if (1..=64).contains(&id.len()) && id.bytes().all(is_allowed) => Ok(vec![id.clone()]),
        [Group { id, .. }] => wrong(format!("{id:?} must have 1 to 64 letters, digits and characters of _-.")),
        // Their tables would be mixed up.
        _ => {
            wrong("there can be one, since all tables stand in the one SQLite warehouse of the data folder".to_owned())
        }
    }
}
