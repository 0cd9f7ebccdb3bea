//! Makes a verifier of the core from a vector.
//!
//! The crate `countersign` reads connections with checks and error messages. This reader checks nothing itself, so that
//! the core's own checks are tested.

use countersign_core::{
    ALGORITHM_HEADER, Algorithm, AlgorithmRule, Encoding, Key, SIGNATURE_HEADER, Scheme, SecretForm, SetupError,
    TOKEN_HEADER, Verifier,
};
use countersign_vectors::{Kind, Vector};
use serde::Deserialize;

/// The verifier of a vector, with texts borrowed from the connection.
pub(crate) type VectorVerifier<'a> = Verifier<Vec<Key>, &'a str>;

/// The vectors whose verifier is a connection, without the files in which connections name a scheme. The tests of
/// `countersign`, which can read scheme JSON, run the others.
pub(crate) fn vectors() -> impl Iterator<Item = (&'static str, Vector)> {
    let plain = |file: &str, vector: &Vector| {
        !["connection-scheme.json", "delivery-id-places.json", "handshake-rules.json"].contains(&file)
            && matches!(vector.verifier.kind(), Kind::Connection(_))
    };
    countersign_vectors::all().into_iter().filter(move |(file, vector)| plain(file, vector))
}

/// The fields of a connection's `config` that verification reads.
#[derive(Deserialize)]
pub(crate) struct Connection {
    auth_method: Option<String>,
    auth_secret: Option<String>,
    #[serde(default)]
    secrets: Vec<String>,
    auth_header_key: Option<String>,
    algorithm: Option<String>,
    signature_encoding: Option<String>,
    algorithm_header_key: Option<String>,
    accept: Option<Vec<String>>,
}

impl Connection {
    pub(crate) fn of(vector: &Vector) -> Self {
        serde_json::from_str(vector.verifier.connection()).unwrap_or_else(|error| panic!("{}: {error}", vector.id))
    }

    /// The header with the signature or the token.
    pub(crate) fn header(&self) -> &str {
        let default = if self.auth_method() == "TOKEN_BASED" { TOKEN_HEADER } else { SIGNATURE_HEADER };
        self.auth_header_key.as_deref().unwrap_or(default)
    }

    /// The companion header, if the algorithm is inferred.
    pub(crate) fn companion(&self) -> Option<&str> {
        let inferred = self.algorithm.as_deref() == Some("INFER_FROM_HEADER");
        inferred.then(|| self.algorithm_header_key.as_deref().unwrap_or(ALGORITHM_HEADER))
    }

    pub(crate) fn encoding(&self) -> Encoding {
        self.signature_encoding.as_deref().map_or(Encoding::Base64, |name| Encoding::from_name(name).unwrap())
    }

    /// Makes the verifier. `raw` secrets replace those of the connection.
    pub(crate) fn verifier(&self, raw: Option<Vec<&[u8]>>) -> Result<VectorVerifier<'_>, SetupError> {
        let secrets =
            raw.unwrap_or_else(|| self.auth_secret.iter().chain(&self.secrets).map(String::as_bytes).collect());
        match self.auth_method() {
            "NONE" => Verifier::new(Scheme::None, Vec::new()),
            "TOKEN_BASED" => {
                let keys = secrets.iter().map(|secret| Key::token(secret)).collect::<Result<_, _>>()?;
                Verifier::new(Scheme::token(self.header()), keys)
            }
            "HMAC" => {
                let algorithms = self.algorithms();
                let pairs =
                    algorithms.iter().flat_map(|&algorithm| secrets.iter().map(move |secret| (algorithm, secret)));
                let keys = pairs
                    .map(|(algorithm, secret)| SecretForm::Utf8.key(algorithm, secret))
                    .collect::<Result<_, _>>()?;
                let rule = match self.companion() {
                    Some(header) => AlgorithmRule::Infer { header },
                    None => AlgorithmRule::Fixed(algorithms[0]),
                };
                Verifier::new(Scheme::hmac(self.header(), rule, self.encoding()), keys)
            }
            other => panic!("no auth_method is called {other}"),
        }
    }

    fn auth_method(&self) -> &str {
        self.auth_method.as_deref().unwrap_or("not stated")
    }

    /// The configured algorithm, or all that may be inferred.
    fn algorithms(&self) -> Vec<Algorithm> {
        let known = |name: &str| Algorithm::from_name(name).unwrap();
        match (self.companion(), &self.accept) {
            (Some(_), Some(names)) => names.iter().map(|name| known(name)).collect(),
            (Some(_), None) => Algorithm::ALL.to_vec(),
            (None, _) => vec![self.algorithm.as_deref().map_or(Algorithm::Sha256, known)],
        }
    }
}
