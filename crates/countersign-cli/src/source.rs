//! From the command line to a connection and the secrets that go with it.

use std::path::Path;

use countersign::{
    Algorithm, AuthMethod, ConfigError, ConfigErrorKind, Connection, SIGNATURE_HEADER, Secret, Signer, TOKEN_HEADER,
    Verifier,
};
use zeroize::Zeroizing;

use crate::args::SourceArgs;
use crate::exit::Stop;
use crate::input::{read_file, shown};

const CONNECTION_LIMIT: usize = 16 << 20;

/// A connection, and how to speak of it.
pub(crate) struct Source {
    connection: Connection,
    /// Those of the command line; they take the place of those in the connection.
    secrets: Option<Vec<Secret>>,
    /// The connection file; `None` if the options of the command line are the connection.
    file: Option<String>,
}

impl Source {
    /// Reads whatever `args` name. `for_signing` leaves `--algorithm` beside a connection to the signer.
    pub(crate) fn read(args: &SourceArgs, for_signing: bool) -> Result<Self, Stop> {
        let secrets = if args.secrets.is_empty() { None } else { Some(args.secrets.read()?) };
        let Some(path) = &args.connection else {
            if secrets.is_none() {
                return Err(Stop::Config(nothing_given(args).to_owned()));
            }
            return Ok(Self { connection: from_options(args)?, secrets, file: None });
        };
        if args.algorithm.is_some() && !for_signing {
            return Err(Stop::Config(
                "--algorithm and --connection cannot both be given; the file says which".to_owned(),
            ));
        }
        let source = Self { connection: from_file(path)?, secrets, file: Some(shown(path)) };
        if source.secrets.is_some() && source.connection.config.auth_method == Some(AuthMethod::None) {
            let message = "auth_method is NONE, so a secret has no use; leave --secret-file and --secret-env out";
            return Err(Stop::Config(format!("{}: {message}", shown(path))));
        }
        Ok(source)
    }

    /// The verifier.
    pub(crate) fn verifier(&self) -> Result<Verifier, Stop> {
        match &self.secrets {
            Some(secrets) => self.connection.verifier_with(secrets),
            None => self.connection.verifier(),
        }
        .map_err(|error| self.explain(&error))
    }

    /// The signer. `algorithm` is for connections that infer it.
    pub(crate) fn signer(&self, algorithm: Option<Algorithm>) -> Result<Signer, Stop> {
        self.connection.signer_with(self.secrets(), algorithm).map_err(|error| self.explain(&error))
    }

    /// Whether nothing is checked at all.
    pub(crate) fn takes_everything(&self) -> bool {
        self.secrets().is_empty() && self.connection.config.auth_method.is_none_or(|method| method == AuthMethod::None)
    }

    /// The header that holds the signature or token.
    pub(crate) fn header(&self) -> &str {
        let config = &self.connection.config;
        let usual = match config.auth_method {
            Some(AuthMethod::TokenBased) => TOKEN_HEADER,
            _ => SIGNATURE_HEADER,
        };
        config.auth_header_key.as_deref().unwrap_or(usual)
    }

    fn secrets(&self) -> &[Secret] {
        self.secrets.as_ref().unwrap_or(&self.connection.config.secrets)
    }

    fn explain(&self, error: &ConfigError) -> Stop {
        let Some(file) = &self.file else {
            return explain_option(error);
        };
        let hint = match (&self.secrets, error.kind()) {
            (None, ConfigErrorKind::EmptySecret) => "; put it there or give --secret-file or --secret-env",
            _ => "",
        };
        explain_file(file, error, hint)
    }
}

fn nothing_given(args: &SourceArgs) -> &'static str {
    if args.algorithm.is_some() || args.encoding.is_some() || args.header_name.is_some() {
        "there is no secret; give --secret-file FILE or --secret-env NAME"
    } else {
        "how are deliveries signed? give --connection FILE, or --algorithm and --encoding with --secret-file FILE"
    }
}

/// Options go the way of a connection file, so that both mean the same and both find the nearest known name.
fn from_options(args: &SourceArgs) -> Result<Connection, Stop> {
    let mut config = serde_json::Map::new();
    config.insert("auth_method".to_owned(), "HMAC".into());
    for (field, value) in
        [("algorithm", &args.algorithm), ("signature_encoding", &args.encoding), ("auth_header_key", &args.header_name)]
    {
        if let Some(value) = value {
            config.insert(field.to_owned(), value.as_str().into());
        }
    }
    let json = serde_json::Value::Object(config).to_string();
    Connection::from_json(&json).map_err(|error| explain_option(&error))
}

fn explain_option(error: &ConfigError) -> Stop {
    let option = match error.field() {
        Some("algorithm") => "--algorithm: ",
        Some("signature_encoding") => "--encoding: ",
        Some("auth_header_key") => "--header-name: ",
        _ => "",
    };
    Stop::Config(format!("{option}{}", error.message()))
}

fn from_file(path: &Path) -> Result<Connection, Stop> {
    let bytes = Zeroizing::new(read_file(path, CONNECTION_LIMIT)?);
    let name = shown(path);
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let line = 1 + memchr::memchr_iter(b'\n', &bytes[..error.valid_up_to()]).count();
        Stop::Config(format!("{name}:{line}: not UTF-8 text; a connection file is JSON"))
    })?;
    if text.trim().is_empty() {
        return Err(Stop::Config(format!("{name}:1: the file is empty; a connection file is JSON")));
    }
    Connection::from_json(text).map_err(|error| explain_file(&name, &error, ""))
}

fn explain_file(name: &str, error: &ConfigError, hint: &str) -> Stop {
    let line = error.line().map_or_else(String::new, |line| format!(":{line}"));
    let field = error.field().map_or_else(String::new, |field| format!("{field}: "));
    Stop::Config(format!("{name}{line}: {field}{}{hint}", error.message()))
}
