//! Credentials of a role that is assumed (AWS STS, `AssumeRole`).

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use http::{Method, Request, header};
use object_store::aws::{AwsAuthorizer, AwsCredential, AwsCredentialProvider};
use object_store::client::CredentialProvider;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;
use url::form_urlencoded::Serializer;

use super::Role;

/// How long credentials are asked for, in seconds, and how long before their end they are asked for again.
const DURATION_SECONDS: &str = "3600";
const RENEWED_BEFORE_END: Duration = Duration::from_secs(300);
/// The most that an answer of STS may have.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// Assumes a role again whenever its credentials are about to end.
pub(super) struct AssumedRole {
    client: reqwest::Client,
    endpoint: Url,
    region: String,
    role: Role,
    /// Who assumes the role.
    of_machine: AwsCredentialProvider,
    assumed: Mutex<Option<Assumed>>,
}

struct Assumed {
    credential: Arc<AwsCredential>,
    ends: SystemTime,
}

impl fmt::Debug for AssumedRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AssumedRole")
    }
}

/// Why a role could not be assumed.
#[derive(Debug)]
struct RoleError(String);

impl fmt::Display for RoleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the role cannot be assumed: {}", self.0)
    }
}

impl std::error::Error for RoleError {}

impl From<RoleError> for object_store::Error {
    fn from(error: RoleError) -> Self {
        Self::Generic { store: "STS", source: error.into() }
    }
}

impl AssumedRole {
    pub(super) fn new(
        client: reqwest::Client,
        endpoint: Url,
        region: &str,
        role: Role,
        of_machine: AwsCredentialProvider,
    ) -> Self {
        Self { client, endpoint, region: region.to_owned(), role, of_machine, assumed: Mutex::default() }
    }

    async fn assume(&self) -> object_store::Result<Assumed> {
        let body = Serializer::new(String::new())
            .append_pair("Action", "AssumeRole")
            .append_pair("Version", "2011-06-15")
            .append_pair("RoleArn", &self.role.arn)
            .append_pair("ExternalId", &self.role.external_id)
            .append_pair("RoleSessionName", "countersignd")
            .append_pair("DurationSeconds", DURATION_SECONDS)
            .finish();
        let request = Request::builder()
            .method(Method::POST)
            .uri(self.endpoint.as_str())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.clone().into());
        let mut request = request.map_err(|error| RoleError(error.to_string()))?;
        let of_machine = self.of_machine.get_credential().await?;
        AwsAuthorizer::new(&of_machine, "sts", &self.region).try_authorize(&mut request, None)?;
        let (head, _) = request.into_parts();
        let failed = |error: reqwest::Error| RoleError(error.without_url().to_string());
        let answer = self.client.post(self.endpoint.clone()).headers(head.headers).body(body).send().await;
        let answer = answer.map_err(failed)?;
        let status = answer.status();
        let text = answer.bytes().await.map_err(failed)?;
        if text.len() > ANSWER_BYTES_MAX {
            return Err(RoleError(format!("STS has answered with {} bytes", text.len())).into());
        }
        let text = String::from_utf8_lossy(&text);
        if !status.is_success() {
            let refusal = refusal(&text).unwrap_or_else(|| format!("STS has answered {status}"));
            // It names the role, which is told to nobody.
            return Err(RoleError(refusal.replace(&self.role.arn, "the role")).into());
        }
        let credentials = read(&text).map_err(RoleError)?;
        let ends: jiff::Timestamp =
            credentials.expiration.parse().map_err(|error| RoleError(format!("STS has answered with {error}")))?;
        let credential = AwsCredential {
            key_id: credentials.access_key_id,
            secret_key: credentials.secret_access_key,
            token: Some(credentials.session_token),
        };
        Ok(Assumed {
            credential: Arc::new(credential),
            ends: SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(ends.as_second()).unwrap_or(0)),
        })
    }
}

#[async_trait]
impl CredentialProvider for AssumedRole {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        // Whoever else needs them waits for this request and does not make another.
        let mut assumed = self.assumed.lock().await;
        let is_enough = |assumed: &Assumed| assumed.ends > SystemTime::now() + RENEWED_BEFORE_END;
        if let Some(assumed) = assumed.as_ref().filter(|assumed| is_enough(assumed)) {
            return Ok(Arc::clone(&assumed.credential));
        }
        let credential = assumed.insert(self.assume().await?);
        Ok(Arc::clone(&credential.credential))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AssumeRoleResponse {
    assume_role_result: AssumeRoleResult,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AssumeRoleResult {
    credentials: Credentials,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    expiration: String,
}

/// The credentials in an answer of STS. The error has nothing of them.
fn read(text: &str) -> Result<Credentials, String> {
    let answer: AssumeRoleResponse = quick_xml::de::from_str(text)
        .map_err(|_| "STS has answered with something else than an AssumeRoleResponse".to_owned())?;
    Ok(answer.assume_role_result.credentials)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ErrorResponse {
    error: Refusal,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Refusal {
    code: String,
    message: String,
}

/// What STS says of a request that it refuses.
fn refusal(text: &str) -> Option<String> {
    let answer: ErrorResponse = quick_xml::de::from_str(text).ok()?;
    Some(format!("{}: {}", answer.error.code, answer.error.message))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The shape of https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    #[test]
    fn answers_of_sts_are_read() {
        let text = r#"<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
            <AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/countersignd</Arn></AssumedRoleUser>
            <Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s/k=</SecretAccessKey>
            <SessionToken>t&amp;t</SessionToken><Expiration>2026-11-30T02:00:00Z</Expiration></Credentials>
            </AssumeRoleResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleResponse>"#;
        let read = read(text).unwrap();
        assert_eq!((&*read.access_key_id, &*read.secret_access_key, &*read.session_token), ("ASIA", "s/k=", "t&t"));
        assert_eq!(read.expiration, "2026-11-30T02:00:00Z");
        let text = r"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not allowed</Message></Error></ErrorResponse>";
        assert_eq!(refusal(text).unwrap(), "AccessDenied: not allowed");
        assert!(super::read(text).is_err_and(|message| !message.contains("denied")));
        assert_eq!(refusal("<html>"), None);
    }
}
