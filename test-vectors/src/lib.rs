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
    ("connection-text.json", include_str!("../connection-text.json")),
    ("none.json", include_str!("../none.json")),
    ("providers.json", include_str!("../providers.json")),
    ("rejected-companion.json", include_str!("../rejected-companion.json")),
    ("rejected-encodings.json", include_str!("../rejected-encodings.json")),
    ("rejected-headers.json", include_str!("../rejected-headers.json")),
    ("rejected-labels.json", include_str!("../rejected-labels.json")),
    ("rejected-tags.json", include_str!("../rejected-tags.json")),
    ("rfc2202.json", include_str!("../rfc2202.json")),
    ("rfc4231.json", include_str!("../rfc4231.json")),
    ("rotation.json", include_str!("../rotation.json")),
    ("tokens.json", include_str!("../tokens.json")),
];

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
    pub secret_index: Option<usize>,
    /// Names of the file's notes.
    pub flags: Vec<String>,
}

/// How the verifier of a vector is made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verifier {
    connection: Option<Box<RawValue>>,
    connection_text: Option<String>,
    secrets_base64: Option<Vec<Base64>>,
}

impl Verifier {
    /// The JSON of the connection.
    #[must_use]
    pub fn connection(&self) -> &str {
        match (&self.connection, &self.connection_text) {
            (Some(object), _) => object.get(),
            (None, Some(text)) => text,
            (None, None) => "",
        }
    }

    /// Secrets that take the place of those in the connection, if there are any.
    #[must_use]
    pub fn secrets(&self) -> Option<Vec<&[u8]>> {
        let secrets = self.secrets_base64.as_ref()?;
        Some(secrets.iter().map(|secret| secret.0.as_slice()).collect())
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
}
