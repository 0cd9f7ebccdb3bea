//! The service account of Google Cloud that opens the buckets of a group: whom their owners must let in.

use crate::settings::{Group, Services};

/// The e-mail address of the service account that opens the buckets of the connections of a group: as the settings say, or else that of the
/// application default credentials, for which a server may have to be asked.
///
/// # Errors
/// If it is not known, what to do.
#[cfg_attr(not(feature = "gcs"), expect(unused_variables, reason = "nothing is asked"))]
pub async fn service_account(group: &Group, services: &Services) -> Result<String, String> {
    if let Some(account) = &group.gcs_service_account {
        return Ok(account.clone());
    }
    #[cfg(feature = "gcs")]
    {
        let account = super::store::bucket::Buckets::at(services).gcs_account_of_machine().await;
        account.map_err(|error| {
            let error = crate::error_chain::chain(&error);
            format!("The service account of the group '{}' is not known: {error}. {ADVICE}", group.id)
        })
    }
    #[cfg(not(feature = "gcs"))]
    Err(format!(
        "The group '{}' has no service account: this countersignd was built without Google Cloud Storage (--features gcs)",
        group.id
    ))
}

#[cfg(feature = "gcs")]
const ADVICE: &str = "Name it in the settings: gcs_service_account, or gcs_key_file, in [[groups]]";

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_the_settings_say_is_not_looked_for() {
        let account = "events@acme.iam.gserviceaccount.com".to_owned();
        let group = Group { gcs_service_account: Some(account.clone()), ..Group::default() };
        assert_eq!(service_account(&group, &Services::default()).await, Ok(account));
    }

    #[cfg(feature = "gcs")]
    #[tokio::test]
    async fn an_emulator_knows_no_service_account() {
        let services = Services { gcs_endpoint: Some("http://localhost:1".to_owned()), ..Services::default() };
        let message = service_account(&Group::default(), &services).await.unwrap_err();
        assert!(message.contains("'default'") && message.contains("gcs_endpoint"), "{message}");
        assert!(message.contains("gcs_service_account"), "{message}");
    }

    #[cfg(not(feature = "gcs"))]
    #[tokio::test]
    async fn a_build_without_the_service_says_so() {
        let message = service_account(&Group::default(), &Services::default()).await.unwrap_err();
        assert!(message.contains("'default'") && message.contains("--features gcs"), "{message}");
    }
}
