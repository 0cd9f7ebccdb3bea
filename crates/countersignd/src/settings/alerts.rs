//! The settings of alerts.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Deserialize;

use crate::alerts::Url;
use crate::settings::error::SettingsError;

/// Who is told of alarms: the table `alerts` of the file.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[allow(rustdoc::bare_urls, reason = "the texts are the help of the program")]
#[serde(deny_unknown_fields)]
pub struct AlertOptions {
    /// Where alarms are sent as webhooks, such as https://alerts.example.com/hooks. They are signed as Standard Webhooks says.
    #[arg(long = "alerts-url", env = "COUNTERSIGND_ALERTS_URL", value_name = "URL", hide_env_values = true)]
    pub url: Option<Hidden>,

    /// A file with the secret that alerts are signed with: base64, with or without `whsec_`. Not everybody may read it.
    #[arg(long = "alerts-secret-file", env = "COUNTERSIGND_ALERTS_SECRET_FILE", value_name = "FILE")]
    pub secret_file: Option<PathBuf>,

    /// The hours after which a connection that has received nothing is an alarm; never without.
    #[arg(long = "alerts-silence-hours", env = "COUNTERSIGND_ALERTS_SILENCE_HOURS", value_name = "HOURS")]
    pub silence_hours: Option<u64>,
}

/// A text that may hold a token, so it is not shown.
#[derive(Clone, Default, Deserialize)]
pub struct Hidden(String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl From<&str> for Hidden {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl AlertOptions {
    /// These, and what they do not say as others do.
    pub(super) fn or(self, others: Self) -> Self {
        Self {
            url: self.url.or(others.url),
            secret_file: self.secret_file.or(others.secret_file),
            silence_hours: self.silence_hours.or(others.silence_hours),
        }
    }

    /// Who is told of alarms, and the file of the secret.
    pub(super) fn receiver(self) -> Result<Option<(Url, PathBuf)>, SettingsError> {
        let missing = |name, other| SettingsError::new(name, format!("is missing: {other} needs it"));
        match (self.url, self.secret_file) {
            (Some(Hidden(url)), Some(file)) => {
                let url = Url::read(&url).map_err(|error| SettingsError::new("alerts.url", error))?;
                Ok(Some((url, file)))
            }
            (None, None) => Ok(None),
            (Some(_), None) => Err(missing("alerts.secret_file", "alerts.url")),
            (None, Some(_)) => Err(missing("alerts.url", "alerts.secret_file")),
        }
    }

    /// After how long a connection that has received nothing is an alarm.
    pub(super) fn silence(&self) -> Result<Option<Duration>, SettingsError> {
        match self.silence_hours {
            Some(hours @ 1..=8760) => Ok(Some(Duration::from_secs(hours * 3600))),
            Some(_) => Err(SettingsError::new("alerts.silence_hours", "must be 1 to 8760")),
            None => Ok(None),
        }
    }
}
