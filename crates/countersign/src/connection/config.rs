//! The `config` object of a connection: the endpoint itself.

use std::fmt;

use countersign_core::{ALGORITHM_HEADER, Algorithm, Encoding, SIGNATURE_HEADER, TimeUnit, Timestamp};

use crate::connection::idle::Reader;
use crate::delivery_id::IdPlaces;
use crate::error::{ConfigError, ConfigErrorKind};
use crate::json::{Node, Object};
use crate::scheme::Scheme;
use crate::secret::{Secret, Validity};

/// The `config` object. Optional fields are `Option`s or have their default.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// `schema`: the destination's schema. Required in a whole request, and fixed after creation.
    pub schema: Option<String>,
    /// `table`: the destination's table. Required in a whole request, and fixed after creation.
    pub table: Option<String>,
    /// `auth_method`: how deliveries are authenticated. `None` if absent, which the service treats as NONE, but from
    /// which no verifier can be made. It may be absent only if there is neither a secret nor an `auth_header_key`.
    pub auth_method: Option<AuthMethod>,
    /// `auth_secret`, followed by the extension `secrets` (older or newer ones, for rotation).
    pub secrets: Vec<Secret>,
    /// `auth_header_key`: the header of the signature or token, if not the usual one.
    pub auth_header_key: Option<String>,
    /// `algorithm`: SHA_256 if absent.
    pub algorithm: AlgorithmSetting,
    /// `signature_encoding`: BASE64 if absent.
    pub signature_encoding: Encoding,
    /// The extension `accept`: which algorithms may be inferred; all six if absent.
    pub accept: Vec<Algorithm>,
    /// The extension `algorithm_header_key`: the companion header that may name the algorithm, if not the usual one.
    pub algorithm_header_key: Option<String>,
    /// The extension `scheme`: how this sender signs, with the extension `tolerance` in it. With it, `auth_method` may
    /// be absent, and the fields for HMAC above are not used.
    pub scheme: Option<Scheme>,
    /// The extension `id_from`: where the id of a delivery stands, in place of what the scheme says of it.
    pub(crate) id_from: Option<IdPlaces>,
    /// `bucket_service` and its own fields.
    pub bucket: Bucket,
    /// `sync_format`: Unpacked if absent.
    pub sync_format: SyncFormat,
}

/// `auth_method`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthMethod {
    /// `HMAC`: the sender signs the body.
    Hmac,
    /// `TOKEN_BASED`: the sender sends the secret itself in a header.
    TokenBased,
    /// `NONE`: every delivery is accepted, and nothing is checked.
    None,
}

impl AuthMethod {
    const NAMES: &[(&'static str, Self)] =
        &[("HMAC", Self::Hmac), ("TOKEN_BASED", Self::TokenBased), ("NONE", Self::None)];
}

impl fmt::Display for AuthMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(_, method)| method == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

/// `algorithm`: one of the seven settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AlgorithmSetting {
    /// One of the six algorithms.
    Fixed(Algorithm),
    /// `INFER_FROM_HEADER`: the algorithm on which label, companion header and length agree.
    InferFromHeader,
}

impl AlgorithmSetting {
    const NAMES: &[(&'static str, Self)] = &[
        ("SHA_256", Self::Fixed(Algorithm::Sha256)),
        ("SHA_512", Self::Fixed(Algorithm::Sha512)),
        ("SHA_384", Self::Fixed(Algorithm::Sha384)),
        ("SHA_224", Self::Fixed(Algorithm::Sha224)),
        ("SHA_1", Self::Fixed(Algorithm::Sha1)),
        ("MD5", Self::Fixed(Algorithm::Md5)),
        ("INFER_FROM_HEADER", Self::InferFromHeader),
    ];
}

/// `bucket_service`: where the raw deliveries are stored.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Bucket {
    /// `Fivetran`: the service's own store. The default.
    Fivetran,
    /// `S3`, with `s3_bucket` and `s3_role_arn`.
    S3 {
        /// The bucket's name.
        bucket: String,
        /// The role that may write to it. There is always one, unless the connection was read for a service, which may have credentials of
        /// its own for the bucket.
        role_arn: Option<String>,
    },
    /// `AZURE`, with `blob_sas_url`.
    Azure {
        /// The container's URL, whose signature grants access to it.
        blob_sas_url: Secret,
    },
    /// `GCS`, with `gcs_bucket`.
    Gcs {
        /// The bucket's name.
        bucket: String,
    },
}

/// `sync_format`: how events are stored in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyncFormat {
    /// `Unpacked`: the first layer of the JSON body becomes columns; bodies must be valid JSON. The default.
    Unpacked,
    /// `Packed`: the body becomes one column.
    Packed,
}

const FIELDS: &[&str] = &[
    "schema",
    "table",
    "auth_method",
    "auth_secret",
    "auth_header_key",
    "algorithm",
    "signature_encoding",
    "bucket_service",
    "gcs_bucket",
    "s3_bucket",
    "s3_role_arn",
    "blob_sas_url",
    "sync_format",
    "secrets",
    "scheme",
    "algorithm_header_key",
    "accept",
    "tolerance",
    "id_from",
];

impl Config {
    /// Reads the object; `whole` says whether it is part of a whole request, where schema and table are required.
    pub(super) fn read(node: &Node<'_>, whole: bool, reader: &mut Reader) -> Result<Self, ConfigError> {
        let object = node.object(FIELDS)?;
        let config = Self {
            schema: object.read("schema", Node::non_empty_string)?,
            table: object.read("table", Node::non_empty_string)?,
            auth_method: object.read("auth_method", |node| node.one_of(AuthMethod::NAMES))?,
            secrets: secrets(&object)?,
            auth_header_key: object.read("auth_header_key", Node::header_name)?,
            algorithm: object
                .read("algorithm", |node| node.one_of(AlgorithmSetting::NAMES))?
                .unwrap_or(AlgorithmSetting::Fixed(Algorithm::Sha256)),
            signature_encoding: object
                .read("signature_encoding", |node| node.one_of(&Encoding::ALL.map(|e| (e.name(), e))))?
                .unwrap_or(Encoding::Base64),
            accept: object.read("accept", accept)?.unwrap_or_else(|| Algorithm::ALL.to_vec()),
            algorithm_header_key: object.read("algorithm_header_key", Node::header_name)?,
            scheme: scheme(&object)?,
            id_from: object.read("id_from", IdPlaces::read)?,
            bucket: bucket(node, &object, reader)?,
            sync_format: object
                .read("sync_format", |node| {
                    node.one_of(&[("Unpacked", SyncFormat::Unpacked), ("Packed", SyncFormat::Packed)])
                })?
                .unwrap_or(SyncFormat::Unpacked),
        };
        config.check(node, &object, whole, reader)?;
        Ok(config)
    }

    /// Checks that concern more than one field.
    fn check(&self, node: &Node<'_>, object: &Object<'_>, whole: bool, reader: &mut Reader) -> Result<(), ConfigError> {
        if whole {
            node.required(object, "schema")?;
            node.required(object, "table")?;
        }
        if let Some(scheme) = &self.scheme {
            return self.check_with_scheme(scheme, object, reader);
        }
        if let (None, Some(secret)) = (self.auth_method, object.get("auth_secret").or(object.get("secrets"))) {
            reader.idle(
                secret,
                "a secret is given but auth_method is not stated; add \"auth_method\": HMAC, TOKEN_BASED or NONE",
            )?;
        }
        if let (None, Some(node)) = (self.auth_method, object.get("auth_header_key")) {
            reader.idle(
                node,
                "a header is named but auth_method is not stated, so nothing would be checked; add \"auth_method\": HMAC, \
                 TOKEN_BASED or NONE",
            )?;
        }
        for field in ["auth_secret", "secrets", "auth_header_key"] {
            if let (Some(AuthMethod::None), Some(node)) = (self.auth_method, object.get(field)) {
                reader.idle(
                    node,
                    "has no use beside auth_method NONE, which takes every delivery unchecked; leave it out, or write \
                     \"auth_method\": \"HMAC\" or \"TOKEN_BASED\"",
                )?;
            }
        }
        let infers = self.auth_method == Some(AuthMethod::Hmac) && self.algorithm == AlgorithmSetting::InferFromHeader;
        for field in ["accept", "algorithm_header_key"] {
            if let (false, Some(node)) = (infers, object.get(field)) {
                reader.idle(node, "has a meaning only with auth_method HMAC and algorithm INFER_FROM_HEADER")?;
            }
        }
        let companion = self.algorithm_header_key.as_deref().unwrap_or(ALGORITHM_HEADER);
        if infers && companion.eq_ignore_ascii_case(self.header_or(SIGNATURE_HEADER)) {
            let field = object.get("algorithm_header_key").or_else(|| object.get("auth_header_key")).unwrap_or(node);
            return Err(field.error(format!(
                "the header {companion} cannot hold both the signature and the algorithm; name another one"
            )));
        }
        Ok(())
    }

    /// A scheme replaces the fields for HMAC and tokens.
    fn check_with_scheme(&self, scheme: &Scheme, object: &Object<'_>, reader: &mut Reader) -> Result<(), ConfigError> {
        for field in ["auth_header_key", "algorithm", "signature_encoding", "accept", "algorithm_header_key"] {
            if let Some(node) = object.get(field) {
                reader.idle(node, "has no meaning beside \"scheme\", which says it already; leave one of them out")?;
            }
        }
        let expected = if scheme.signs() { AuthMethod::Hmac } else { AuthMethod::TokenBased };
        match (self.auth_method, object.get("auth_method")) {
            (Some(found), Some(node)) if found != expected => {
                Err(node.error(format!("contradicts the scheme, which is {expected}; leave auth_method out")))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn header_or<'s>(&'s self, default: &'s str) -> &'s str {
        self.auth_header_key.as_deref().unwrap_or(default)
    }
}

/// `auth_secret` first, then `secrets`.
fn secrets(object: &Object<'_>) -> Result<Vec<Secret>, ConfigError> {
    let listed = object.read("secrets", Node::array)?.unwrap_or_default();
    object.get("auth_secret").into_iter().chain(&listed).map(secret).collect()
}

/// A text, or in `secrets` an object with the time in which the secret may be used.
fn secret(node: &Node<'_>) -> Result<Secret, ConfigError> {
    if !node.is_object() {
        return secret_text(node);
    }
    let object = node.object(&["secret", "not_before", "not_after"])?;
    let text = node.required(&object, "secret")?;
    let validity =
        Validity { not_before: object.read("not_before", moment)?, not_after: object.read("not_after", moment)? };
    if let (Some(first), Some(last), Some(node)) = (validity.not_before, validity.not_after, object.get("not_after"))
        && last < first
    {
        return Err(node.error("is before not_before, so the secret could never be used"));
    }
    Ok(secret_text(text)?.valid(validity))
}

/// Seconds since 1970, or RFC 3339.
fn moment(node: &Node<'_>) -> Result<Timestamp, ConfigError> {
    let (text, unit) = if node.is_string() {
        (node.string()?, TimeUnit::Rfc3339)
    } else {
        (node.number()?.to_string(), TimeUnit::Seconds)
    };
    // What was found is not repeated: beside a secret it could be one.
    Timestamp::parse(text.as_bytes(), unit).ok_or_else(|| {
        node.error("not a moment; expected seconds since 1970 or a text such as \"2026-01-31T12:00:00Z\"")
    })
}

/// `scheme`, and `tolerance` in it.
fn scheme(object: &Object<'_>) -> Result<Option<Scheme>, ConfigError> {
    let scheme = object.read("scheme", Scheme::read)?;
    let Some(node) = object.get("tolerance") else { return Ok(scheme) };
    let tolerance = crate::scheme::tolerance(node)?;
    let Some(scheme) = scheme else {
        return Err(node.error("needs a scheme that signs a timestamp; without one the age of a delivery is unknown"));
    };
    scheme.with_tolerance(tolerance).map(Some).map_err(|error| node.locate(error))
}

fn secret_text(node: &Node<'_>) -> Result<Secret, ConfigError> {
    match node.string()? {
        text if text.is_empty() => {
            Err(node.locate(ConfigError::new(ConfigErrorKind::EmptySecret, "a secret must not be empty")))
        }
        text => Ok(Secret::new(text)),
    }
}

fn accept(node: &Node<'_>) -> Result<Vec<Algorithm>, ConfigError> {
    let names = Algorithm::ALL.map(|algorithm| (algorithm.name(), algorithm));
    let mut accepted = Vec::new();
    for item in node.array()? {
        let algorithm = item.one_of(&names)?;
        if accepted.contains(&algorithm) {
            return Err(item.error(format!("{algorithm} stands twice; leave one out")));
        }
        accepted.push(algorithm);
    }
    if accepted.is_empty() {
        return Err(node.error("an empty list would accept nothing; leave the field out to accept all six"));
    }
    Ok(accepted)
}

#[derive(Clone, Copy, PartialEq)]
enum BucketService {
    Fivetran,
    S3,
    Azure,
    Gcs,
}

fn bucket(node: &Node<'_>, object: &Object<'_>, reader: &mut Reader) -> Result<Bucket, ConfigError> {
    use BucketService::{Azure, Fivetran, Gcs, S3};
    let names = [("Fivetran", Fivetran), ("S3", S3), ("AZURE", Azure), ("GCS", Gcs)];
    let service = object.read("bucket_service", |node| node.one_of(&names))?.unwrap_or(Fivetran);
    for (field, owner) in [("s3_bucket", S3), ("s3_role_arn", S3), ("blob_sas_url", Azure), ("gcs_bucket", Gcs)] {
        let owner_name = names.iter().find(|(_, service)| *service == owner).map_or("", |(name, _)| name);
        match object.get(field) {
            // A service may open it with credentials of its own.
            None if field == "s3_role_arn" && reader.opens_buckets() => {}
            None if owner == service => {
                let message = format!("the field \"{field}\" is missing; bucket_service {owner_name} requires it");
                return Err(node.error(message));
            }
            Some(node) if owner != service => {
                node.string()?;
                reader.idle(node, format!("has a meaning only with bucket_service {owner_name}"))?;
            }
            _ => {}
        }
    }
    let text = |field| object.read(field, Node::non_empty_string).map(Option::unwrap_or_default);
    Ok(match service {
        Fivetran => Bucket::Fivetran,
        S3 => {
            let role_arn = object.read("s3_role_arn", Node::non_empty_string)?;
            Bucket::S3 { bucket: text("s3_bucket")?, role_arn }
        }
        Azure => Bucket::Azure { blob_sas_url: Secret::new(text("blob_sas_url")?) },
        Gcs => Bucket::Gcs { bucket: text("gcs_bucket")? },
    })
}
