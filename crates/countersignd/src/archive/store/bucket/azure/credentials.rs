//! Whose credentials open the operator's own containers of Azure: what the environment says, or the managed identity of this machine.
//!
//! | credentials | variables of the environment |
//! |---|---|
//! | the key of the storage account | `AZURE_STORAGE_ACCOUNT_KEY` |
//! | workload identity (of AKS, or federated from elsewhere) | `AZURE_CLIENT_ID`, `AZURE_TENANT_ID`, `AZURE_FEDERATED_TOKEN_FILE` |
//! | a client | `AZURE_CLIENT_ID`, `AZURE_TENANT_ID`, `AZURE_CLIENT_SECRET` |
//! | a SAS of the container | `AZURE_STORAGE_SAS_KEY` |
//! | the Azure CLI, for trying it out | `AZURE_USE_AZURE_CLI` is `true` |
//! | managed identity | none |
//!
//! Connection strings and certificates of clients are not supported.

use object_store::azure::{AzureConfigKey, MicrosoftAzure, MicrosoftAzureBuilder};

use super::retries;

/// Variables of other tools that are not read, and what stands in their place.
const UNSUPPORTED: [(&str, &str); 2] = [
    ("AZURE_STORAGE_CONNECTION_STRING", "set AZURE_STORAGE_ACCOUNT_KEY to the AccountKey in it"),
    ("AZURE_CLIENT_CERTIFICATE_PATH", "set AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE"),
];

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// What asks for the credentials, and whose they are, to be told to people.
pub(super) fn of_machine(account: &str, container: &str) -> Result<(MicrosoftAzure, &'static str), AnyError> {
    let environment = MicrosoftAzureBuilder::from_env();
    let whose = source(&environment, |name| std::env::var_os(name).is_some())?;
    // It is asked for credentials alone: a server of this machine's network gives them, which the client of buckets may not reach.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = environment.with_account(account).with_container_name(container).with_retry(retries());
    Ok((builder.build()?, whose))
}

/// Where the credentials come from, if this is what the environment says: in the order of `MicrosoftAzureBuilder::build`.
fn source(environment: &MicrosoftAzureBuilder, is_set: impl Fn(&str) -> bool) -> Result<&'static str, String> {
    use AzureConfigKey::{AccessKey, AuthorityId, ClientId, ClientSecret, FederatedTokenFile, SasKey, Token};

    let is_stated = |key| environment.get_config_value(&key).is_some();
    let is_client = is_stated(ClientId) && is_stated(AuthorityId);
    if is_stated(Token) {
        Ok("the token of the environment (AZURE_STORAGE_TOKEN)")
    } else if is_stated(AccessKey) {
        Ok("the key of the environment (AZURE_STORAGE_ACCOUNT_KEY)")
    } else if is_client && is_stated(FederatedTokenFile) {
        Ok("the workload identity of the environment (AZURE_FEDERATED_TOKEN_FILE)")
    } else if is_client && is_stated(ClientSecret) {
        Ok("the client of the environment (AZURE_CLIENT_SECRET)")
    } else if is_stated(SasKey) {
        Ok("the SAS of the environment (AZURE_STORAGE_SAS_KEY)")
    } else if environment.get_config_value(&AzureConfigKey::UseAzureCli).is_some_and(|value| value == "true") {
        Ok("the Azure CLI (AZURE_USE_AZURE_CLI)")
    } else if let Some((name, instead)) = UNSUPPORTED.iter().find(|(name, _)| is_set(name)) {
        Err(format!("{name} is set, which is not supported: {instead}"))
    } else {
        Ok("the managed identity of this machine")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_is_the_one_that_is_used() {
        use AzureConfigKey::{AccessKey, AuthorityId, ClientId, ClientSecret, FederatedTokenFile, SasKey};

        for (stated, part, provider) in [
            (&[][..], "managed identity", "ImdsManagedIdentityProvider"),
            (&[ClientId, AuthorityId], "managed identity", "ImdsManagedIdentityProvider"),
            (&[AccessKey, SasKey, ClientId, AuthorityId, FederatedTokenFile], "AZURE_STORAGE_ACCOUNT_KEY", "AccessKey"),
            (
                &[ClientId, AuthorityId, FederatedTokenFile, ClientSecret, SasKey],
                "workload identity",
                "WorkloadIdentity",
            ),
            (&[ClientId, AuthorityId, ClientSecret, SasKey], "client", "ClientSecret"),
            (&[SasKey], "SAS", "SASToken"),
        ] {
            // A key is base64.
            let value = |key| if key == SasKey { "sv=1&sig=x" } else { "eA==" };
            let builder = MicrosoftAzureBuilder::new().with_account("acme").with_container_name("events");
            let builder = stated.iter().fold(builder, |builder, key| builder.with_config(*key, value(*key)));
            assert!(source(&builder, |_| false).unwrap().contains(part), "{stated:?}");
            let _ = rustls::crypto::ring::default_provider().install_default();
            let found = format!("{:?}", builder.build().unwrap().credentials());
            assert!(found.contains(provider), "{stated:?}: {found}");
        }
    }

    #[test]
    fn what_is_not_supported_is_named_unless_something_else_is_used() {
        let key = MicrosoftAzureBuilder::new().with_access_key("eA==");
        for (name, instead) in UNSUPPORTED {
            let message = source(&MicrosoftAzureBuilder::new(), |found| found == name).unwrap_err();
            assert!(message.contains(name) && message.contains(instead), "{message}");
            assert!(source(&key, |found| found == name).is_ok());
        }
    }
}
