#![doc = include_str!("../README.md")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Every file of the corpus: its name and its text.
pub const FILES: &[(&str, &str)] = &[
    ("accept-list.json", include_str!("../accept-list.json")),
    ("accepted-bodies.json", include_str!("../accepted-bodies.json")),
    ("accepted-companion.json", include_str!("../accepted-companion.json")),
    ("accepted-defaults.json", include_str!("../accepted-defaults.json")),
    ("accepted-encodings.json", include_str!("../accepted-encodings.json")),
    ("accepted-headers.json", include_str!("../accepted-headers.json")),
    ("accepted-labels.json", include_str!("../accepted-labels.json")),
    ("accepted-secrets.json", include_str!("../accepted-secrets.json")),
    ("configuration.json", include_str!("../configuration.json")),
    ("connection-scheme.json", include_str!("../connection-scheme.json")),
    ("connection-text.json", include_str!("../connection-text.json")),
    ("delivery-id-places.json", include_str!("../delivery-id-places.json")),
    ("delivery-id-presets.json", include_str!("../delivery-id-presets.json")),
    ("handshake-presets.json", include_str!("../handshake-presets.json")),
    ("handshake-rules.json", include_str!("../handshake-rules.json")),
    ("none.json", include_str!("../none.json")),
    ("preset-examples.json", include_str!("../preset-examples.json")),
    ("presets-composed.json", include_str!("../presets-composed.json")),
    ("presets-messages.json", include_str!("../presets-messages.json")),
    ("presets-names.json", include_str!("../presets-names.json")),
    ("presets-plain-a-c.json", include_str!("../presets-plain-a-c.json")),
    ("presets-plain-d-h.json", include_str!("../presets-plain-d-h.json")),
    ("presets-plain-i-o.json", include_str!("../presets-plain-i-o.json")),
    ("presets-plain-p-z.json", include_str!("../presets-plain-p-z.json")),
    ("presets-special.json", include_str!("../presets-special.json")),
    ("presets-stamped-a-f.json", include_str!("../presets-stamped-a-f.json")),
    ("presets-stamped-g-o.json", include_str!("../presets-stamped-g-o.json")),
    ("presets-stamped-p-s.json", include_str!("../presets-stamped-p-s.json")),
    ("presets-stamped-t-z.json", include_str!("../presets-stamped-t-z.json")),
    ("presets-token.json", include_str!("../presets-token.json")),
    ("providers.json", include_str!("../providers.json")),
    ("rejected-companion.json", include_str!("../rejected-companion.json")),
    ("rejected-encodings.json", include_str!("../rejected-encodings.json")),
    ("rejected-headers.json", include_str!("../rejected-headers.json")),
    ("rejected-labels.json", include_str!("../rejected-labels.json")),
    ("rejected-tags.json", include_str!("../rejected-tags.json")),
    ("rfc2202.json", include_str!("../rfc2202.json")),
    ("rfc4231.json", include_str!("../rfc4231.json")),
    ("rotation.json", include_str!("../rotation.json")),
    ("scheme-candidates.json", include_str!("../scheme-candidates.json")),
    ("scheme-composition-fields.json", include_str!("../scheme-composition-fields.json")),
    ("scheme-composition-places.json", include_str!("../scheme-composition-places.json")),
    ("scheme-composition-texts.json", include_str!("../scheme-composition-texts.json")),
    ("scheme-configuration.json", include_str!("../scheme-configuration.json")),
    ("scheme-draft-cavage.json", include_str!("../scheme-draft-cavage.json")),
    ("scheme-format-faults.json", include_str!("../scheme-format-faults.json")),
    ("scheme-formats.json", include_str!("../scheme-formats.json")),
    ("scheme-functions.json", include_str!("../scheme-functions.json")),
    ("scheme-jwt.json", include_str!("../scheme-jwt.json")),
    ("scheme-plain-hash.json", include_str!("../scheme-plain-hash.json")),
    ("scheme-rfc9421.json", include_str!("../scheme-rfc9421.json")),
    ("scheme-rotation.json", include_str!("../scheme-rotation.json")),
    ("scheme-secrets.json", include_str!("../scheme-secrets.json")),
    ("scheme-templates.json", include_str!("../scheme-templates.json")),
    ("scheme-timestamps.json", include_str!("../scheme-timestamps.json")),
    ("scheme-tokens.json", include_str!("../scheme-tokens.json")),
    ("tokens.json", include_str!("../tokens.json")),
];

/// The deliveries that are broken in one known way, for `explain`: the text of `explain/broken.json`.
pub const EXPLAIN: &str = include_str!("../explain/broken.json");

/// Delivery records, one line each: the text of `records/lines.json`.
pub const RECORDS: &str = include_str!("../records/lines.json");

/// One file of vectors.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// What the file is about, in a few words.
    pub title: String,
    /// What the file is about, in a sentence or two.
    pub description: String,
    /// Where its values are published, if they are.
    pub source: Option<String>,
    /// Each flag with the sentence that explains it.
    pub notes: std::collections::BTreeMap<String, String>,
    /// The vectors.
    pub vectors: Vec<Vector>,
}

/// One verifier, one delivery, and the verdict that must come out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// Unique among all files.
    pub id: String,
    /// What it shows, in a sentence.
    pub comment: String,
    /// Where it is published, if it is.
    pub source: Option<String>,
    /// What verifies.
    pub verifier: Verifier,
    /// What is verified.
    pub delivery: Delivery,
    /// `authentic`, or the name of a rejection or of a configuration error.
    pub expect: String,
    /// The algorithm that must have been used, when authentic by HMAC.
    pub algorithm: Option<String>,
    /// The index of the secret that must have matched, when authentic by a secret.
    pub secret_index: Option<u8>,
    /// `Some(false)` if the MAC does not cover the whole body.
    pub covers_body: Option<bool>,
    /// The id of the delivery that must be found, or `Some(None)` if there must be none; `None` if it is not stated.
    #[serde(default, deserialize_with = "stated")]
    pub delivery_id: Option<Option<DeliveryId>>,
    /// The answer that the sender demands, or `Some(None)` if the delivery is no handshake; `None` if it is not stated.
    #[serde(default, deserialize_with = "stated")]
    pub handshake: Option<Option<Handshake>>,
    /// Names of the file's notes.
    pub flags: Vec<String>,
}

impl Vector {
    /// Whether the MAC must cover the whole body: of every authentic delivery with a MAC, unless the vector says that it does
    /// not.
    #[must_use]
    pub fn covers_body(&self) -> bool {
        self.covers_body.unwrap_or(self.algorithm.is_some())
    }
}

/// The id by which a repetition of a delivery is recognised.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryId {
    /// Its text.
    pub text: String,
    /// Whether the MAC covers it.
    pub is_signed: bool,
}

/// The answer to a handshake.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handshake {
    /// The status of the response.
    pub status: u16,
    /// The headers of the response, as names and values.
    pub headers: Vec<(String, String)>,
    /// The body of the response.
    pub body: String,
    /// The secret that the sender has chosen, if it has.
    pub secret: Option<String>,
}

/// Tells a field that is `null` from one that is missing.
#[allow(clippy::option_option, reason = "those are the three cases")]
fn stated<'de, D, T>(reader: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Deserialize::deserialize(reader).map(Some)
}

/// How the verifier of a vector is made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verifier {
    connection: Option<Box<RawValue>>,
    connection_text: Option<String>,
    secrets_base64: Option<Vec<Base64>>,
    scheme: Option<Box<RawValue>>,
    scheme_text: Option<String>,
    preset: Option<String>,
    secrets: Option<Vec<SecretItem>>,
    tolerance: Option<u64>,
}

/// What a verifier is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// The JSON of a connection; [`Verifier::secrets`] may replace its secrets.
    Connection(&'a str),
    /// The JSON of a scheme, to be used with [`Verifier::scheme_secrets`] and [`Verifier::tolerance`].
    Scheme(&'a str),
    /// The name of a preset, to be used in the same way.
    Preset(&'a str),
}

/// A secret that stands beside a scheme or the name of a preset.
#[derive(Clone, Copy, Debug)]
pub struct Secret<'a> {
    /// What the operator typed, before the scheme's own form of secrets is undone.
    pub bytes: &'a [u8],
    /// The JSON from which moment on it counts: a number of seconds, or a string in RFC 3339.
    pub not_before: Option<&'a str>,
    /// The JSON up to which moment it counts, in the same form.
    pub not_after: Option<&'a str>,
}

impl Verifier {
    /// What the verifier is made from.
    ///
    /// # Panics
    /// If there is nothing to make it from, which the tests of this crate rule out.
    #[must_use]
    pub fn kind(&self) -> Kind<'_> {
        if let Some(name) = &self.preset {
            return Kind::Preset(name);
        }
        if let Some(object) = &self.scheme {
            return Kind::Scheme(object.get());
        }
        if let Some(text) = &self.scheme_text {
            return Kind::Scheme(text);
        }
        if let Some(object) = &self.connection {
            return Kind::Connection(object.get());
        }
        Kind::Connection(self.connection_text.as_deref().expect("a verifier is made from something"))
    }

    /// The JSON of the connection, or "" where the verifier is made from a scheme or a preset.
    #[must_use]
    pub fn connection(&self) -> &str {
        match self.kind() {
            Kind::Connection(json) => json,
            Kind::Scheme(_) | Kind::Preset(_) => "",
        }
    }

    /// Raw secrets that take the place of those in the connection, if there are any.
    #[must_use]
    pub fn secrets(&self) -> Option<Vec<&[u8]>> {
        let secrets = self.secrets_base64.as_ref()?;
        Some(secrets.iter().map(|secret| secret.0.as_slice()).collect())
    }

    /// The secrets beside a scheme or a preset, in order; none for a connection.
    #[must_use]
    pub fn scheme_secrets(&self) -> Vec<Secret<'_>> {
        self.secrets.iter().flatten().map(SecretItem::view).collect()
    }

    /// The tolerance in seconds, past and future, that replaces the one of the scheme or preset.
    #[must_use]
    pub fn tolerance(&self) -> Option<u64> {
        self.tolerance
    }
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum SecretItem {
    Text(String),
    Object(SecretObject),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretObject {
    secret: Option<String>,
    secret_base64: Option<Base64>,
    not_before: Option<Moment>,
    not_after: Option<Moment>,
}

impl SecretItem {
    fn view(&self) -> Secret<'_> {
        match self {
            Self::Text(text) => Secret { bytes: text.as_bytes(), not_before: None, not_after: None },
            Self::Object(object) => Secret {
                bytes: match (&object.secret, &object.secret_base64) {
                    (Some(text), _) => text.as_bytes(),
                    (None, Some(bytes)) => &bytes.0,
                    (None, None) => &[],
                },
                not_before: object.not_before.as_ref().map(|moment| moment.0.as_str()),
                not_after: object.not_after.as_ref().map(|moment| moment.0.as_str()),
            },
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(from = "serde_json::Value")]
struct Moment(String);

impl From<serde_json::Value> for Moment {
    fn from(value: serde_json::Value) -> Self {
        Self(value.to_string())
    }
}

/// The delivery of a vector.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// The request method, if it matters.
    pub method: Option<String>,
    /// The URL, if it matters.
    pub url: Option<String>,
    /// The moment at which it came, in seconds since 1970; where it is missing, the moment does not matter.
    pub received_at: Option<i64>,
    headers: Vec<(String, HeaderValue)>,
    body: Option<String>,
    body_base64: Option<Base64>,
}

impl Delivery {
    /// The header lines.
    #[must_use]
    pub fn headers(&self) -> Vec<(&str, &[u8])> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
    }

    /// The raw body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        match (&self.body, &self.body_base64) {
            (Some(text), _) => text.as_bytes(),
            (None, Some(bytes)) => &bytes.0,
            (None, None) => &[],
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum HeaderValue {
    Text(String),
    Bytes { base64: Base64 },
}

impl HeaderValue {
    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes { base64 } => &base64.0,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Base64(Vec<u8>);

impl TryFrom<String> for Base64 {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        STANDARD.decode(text).map(Self)
    }
}

/// All vectors of the corpus, each with the name of its file.
///
/// # Panics
/// If a file of the corpus is not of the documented format, which the tests of this crate rule out.
#[must_use]
pub fn all() -> Vec<(&'static str, Vector)> {
    let parse = |&(name, text): &(&'static str, &str)| -> Vec<(&'static str, Vector)> {
        let file: File = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        file.vectors.into_iter().map(|vector| (name, vector)).collect()
    };
    FILES.iter().flat_map(parse).collect()
}

/// The file of broken deliveries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrokenFile {
    /// What the file is about, in a few words.
    pub title: String,
    /// What the file is about, in a sentence or two.
    pub description: String,
    /// Each cause with the sentence that explains it, in the order in which causes are tried.
    pub causes: Vec<(String, String)>,
    /// The deliveries.
    pub vectors: Vec<Broken>,
}

/// A delivery that was authentic until one thing went wrong on one side.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Broken {
    /// Unique among all files.
    pub id: String,
    /// What went wrong, in a sentence.
    pub comment: String,
    /// What verifies, as the operator has configured it.
    pub verifier: Verifier,
    /// What is verified, as it came in.
    pub delivery: Delivery,
    /// The name of the rejection.
    pub expect: String,
    /// The name of what went wrong: the first cause that makes the delivery authentic when it is undone.
    pub cause: String,
    /// The name of what went wrong too, if only undoing both makes the delivery authentic.
    #[serde(default)]
    pub also: Option<String>,
}

/// All broken deliveries.
///
/// # Panics
/// If the file is not of the documented format, which the tests of this crate rule out.
#[must_use]
pub fn broken() -> Vec<Broken> {
    let file: BrokenFile = serde_json::from_str(EXPLAIN).unwrap_or_else(|error| panic!("broken.json: {error}"));
    file.vectors
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_file_in_the_folder_is_listed() {
        let folder = std::fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap();
        let on_disk: HashSet<String> = folder
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
            .filter(|name| name != "vectors.schema.json")
            .collect();
        assert_eq!(on_disk, FILES.iter().map(|(name, _)| (*name).to_owned()).collect());
    }

    #[test]
    fn ids_are_unique_and_flags_explained() {
        let mut ids = HashSet::new();
        for (name, text) in FILES {
            let file: File = serde_json::from_str(text).unwrap();
            for vector in file.vectors {
                assert!(ids.insert(vector.id.clone()), "{name}: {} stands twice", vector.id);
                for flag in &vector.flags {
                    assert!(file.notes.contains_key(flag), "{name}: {}: flag {flag} is not explained", vector.id);
                }
            }
        }
        assert!(ids.len() >= 500);
    }

    #[test]
    fn verifiers_are_made_from_something_and_broken_deliveries_have_known_causes() {
        for (name, vector) in all() {
            let alone = matches!(vector.verifier.kind(), Kind::Connection(_));
            assert_eq!(alone, vector.verifier.secrets.is_none(), "{name}: {}", vector.id);
        }
        let file: BrokenFile = serde_json::from_str(EXPLAIN).unwrap();
        let causes: HashSet<&str> = file.causes.iter().map(|(cause, _)| cause.as_str()).collect();
        let mut ids: HashSet<String> = all().into_iter().map(|(_, vector)| vector.id).collect();
        for broken in broken() {
            assert!(causes.contains(broken.cause.as_str()), "{}: {}", broken.id, broken.cause);
            assert_ne!(broken.verifier.kind(), Kind::Connection(""), "{}", broken.id);
            assert!(ids.insert(broken.id.clone()), "{} stands twice", broken.id);
        }
        assert!(file.vectors.len() >= 75);
    }
}
