//! From the command line to what verifies or signs.

mod explainer;
mod file;

use countersign::connection::AuthMethod;
use countersign::{Algorithm, ConfigError, ConfigErrorKind, Connection, Scheme, Secret, Signer, Tolerance, Verifier};

pub(crate) use explainer::Explainer;

use crate::args::ConfigArgs;
use crate::error::CliError;
use crate::input::display_path;
use crate::names;

/// How deliveries are signed, and with which secrets.
pub(crate) struct Config<'a> {
    rule: SchemeOrConnection,
    args: &'a ConfigArgs,
    /// Those of the command line; they take the place of those in a connection.
    secrets: Option<Vec<Secret>>,
}

/// How deliveries are signed.
#[expect(clippy::large_enum_variant, reason = "there is one of it")]
enum SchemeOrConnection {
    Scheme(Scheme),
    /// It brings its own secrets, and may ask for none.
    Connection(Connection),
}

impl<'a> Config<'a> {
    /// Reads whatever `args` name. `for_signing` leaves `--algorithm` beside a file or preset to the signer.
    pub(crate) fn read(args: &'a ConfigArgs, for_signing: bool) -> Result<Self, CliError> {
        args.check(for_signing)?;
        let rule = if let Some(path) = &args.connection {
            SchemeOrConnection::Connection(file::connection(path)?)
        } else if let Some(path) = &args.scheme {
            SchemeOrConnection::Scheme(file::scheme(path)?)
        } else if let Some(name) = &args.preset {
            SchemeOrConnection::Scheme(
                Scheme::preset(name).map_err(|error| CliError::Config(format!("--preset: {}", of_preset(&error))))?,
            )
        } else {
            SchemeOrConnection::Scheme(from_options(args)?)
        };
        let secrets = if args.secrets.is_empty() { None } else { Some(args.secrets.read()?) };
        match &rule {
            SchemeOrConnection::Scheme(_) if secrets.is_none() => {
                Err(CliError::Config("there is no secret; give --secret-file FILE or --secret-env NAME".to_owned()))
            }
            SchemeOrConnection::Connection(connection)
                if secrets.is_some() && connection.config.auth_method == Some(AuthMethod::None) =>
            {
                let message = "auth_method is NONE, so a secret has no use; leave --secret-file and --secret-env out";
                Err(CliError::Config(format!(
                    "{}: {message}",
                    args.connection.as_deref().map(display_path).unwrap_or_default()
                )))
            }
            _ => Ok(Self { rule, args, secrets }),
        }
    }

    /// The same with what `--tolerance` says, if anything.
    pub(crate) fn with_tolerance(mut self, text: Option<&str>) -> Result<Self, CliError> {
        let Some(text) = text else { return Ok(self) };
        let fault = |message: &str| CliError::Config(format!("--tolerance: {message}"));
        let seconds = text.parse().map_err(|_| {
            fault(&format!("found {text:?}; give whole seconds, such as 300, and at most {}", u32::MAX))
        })?;
        let scheme = match &self.rule {
            SchemeOrConnection::Scheme(scheme) => Some(scheme),
            SchemeOrConnection::Connection(connection) => connection.config.scheme.as_ref(),
        };
        let Some(scheme) = scheme else {
            return Err(fault("a connection without a scheme signs the body alone, so a delivery of it has no age"));
        };
        let scheme = scheme.clone().with_tolerance(Tolerance::both(seconds));
        let scheme = scheme.map_err(|error| fault(error.message()))?;
        match &mut self.rule {
            SchemeOrConnection::Scheme(old) => *old = scheme,
            SchemeOrConnection::Connection(connection) => connection.config.scheme = Some(scheme),
        }
        Ok(self)
    }

    /// The verifier.
    pub(crate) fn verifier(&self) -> Result<Verifier, CliError> {
        self.try_verifier().map_err(|error| self.explain(&error))
    }

    fn try_verifier(&self) -> Result<Verifier, ConfigError> {
        match (&self.rule, &self.secrets) {
            (SchemeOrConnection::Scheme(scheme), _) => scheme.verifier(self.secrets()),
            (SchemeOrConnection::Connection(connection), Some(secrets)) => connection.verifier_with(secrets),
            (SchemeOrConnection::Connection(connection), None) => connection.verifier(),
        }
    }

    /// The signer, with the first secret. `algorithm` is for those who infer it.
    pub(crate) fn signer(&self, algorithm: Option<Algorithm>) -> Result<Signer, CliError> {
        let secrets = self.secrets();
        match (&self.rule, secrets) {
            (SchemeOrConnection::Scheme(scheme), [first, ..]) => match algorithm {
                None => scheme.signer(first.clone()),
                Some(algorithm) => scheme.signer_with(first.clone(), algorithm),
            },
            // `read` sees to it that a scheme has secrets.
            (SchemeOrConnection::Scheme(scheme), []) => scheme.signer(Secret::new("")),
            (SchemeOrConnection::Connection(connection), _) => connection.signer_with(secrets, algorithm),
        }
        .map_err(|error| self.explain(&error))
    }

    /// Whether nothing is checked at all.
    pub(crate) fn skips_authentication(&self) -> bool {
        match &self.rule {
            SchemeOrConnection::Scheme(_) => false,
            SchemeOrConnection::Connection(connection) => connection.config.auth_method == Some(AuthMethod::None),
        }
    }

    /// Whether the secret itself stands in the header, because the sender repeats a token.
    pub(crate) fn header_is_secret(&self) -> bool {
        self.scheme().is_ok_and(|scheme| matches!(scheme.core(), countersign::engine::Scheme::Token { .. }))
    }

    /// Where the signature is looked for, in words, if that is in the body or the URL.
    pub(crate) fn place_without_header(&self) -> Option<String> {
        let place = self.scheme().map(|scheme| scheme.signature_place()).unwrap_or_default();
        (!place.is_empty() && !place.starts_with("the header")).then_some(place)
    }

    /// Whether a label may stand in front of the signature; otherwise the scheme says how it is written.
    pub(crate) fn allows_label(&self) -> bool {
        match &self.rule {
            SchemeOrConnection::Scheme(_) => self.args.scheme.is_none() && self.args.preset.is_none(),
            SchemeOrConnection::Connection(connection) => connection.config.scheme.is_none(),
        }
    }

    /// The scheme by which deliveries are signed.
    pub(crate) fn scheme(&self) -> Result<Scheme, ConfigError> {
        match &self.rule {
            SchemeOrConnection::Scheme(scheme) => Ok(scheme.clone()),
            SchemeOrConnection::Connection(connection) => connection.scheme(),
        }
    }

    fn secrets(&self) -> &[Secret] {
        match (&self.secrets, &self.rule) {
            (Some(secrets), _) => secrets,
            (None, SchemeOrConnection::Connection(connection)) => &connection.config.secrets,
            (None, SchemeOrConnection::Scheme(_)) => &[],
        }
    }

    fn explain(&self, error: &ConfigError) -> CliError {
        if let Some(stop) = self.explain_secret(error) {
            return stop;
        }
        let hint = match (&self.secrets, error.kind()) {
            (None, ConfigErrorKind::EmptySecret) => "; put it there or give --secret-file or --secret-env",
            _ => "",
        };
        match (&self.args.connection, &self.args.scheme, &self.args.preset) {
            (Some(path), ..) | (None, Some(path), _) => file::explain(&display_path(path), error, hint),
            (None, None, Some(name)) => CliError::Config(format!("--preset {name}: {}", error.message())),
            _ => explain_option(error),
        }
    }

    /// Says which secret of the command line is not of the form that the scheme asks for, or has nothing in it.
    fn explain_secret(&self, error: &ConfigError) -> Option<CliError> {
        let (Some(secrets), ConfigErrorKind::MalformedSecret | ConfigErrorKind::EmptySecret) =
            (&self.secrets, error.kind())
        else {
            return None;
        };
        let scheme = self.scheme().ok()?;
        let place = secrets.iter().position(|secret| scheme.verifier(secret.clone()).is_err())?;
        Some(CliError::Config(format!("{}: {}", self.args.secrets.name(place)?, error.message())))
    }
}

/// What the library says of the name of a preset, and where this program lists the names.
pub(crate) fn of_preset(error: &ConfigError) -> String {
    match error.kind() {
        ConfigErrorKind::UnknownPreset => format!("{error}, as countersign presets does"),
        _ => error.to_string(),
    }
}

impl ConfigArgs {
    /// The option of the file or preset that was given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        self.files_and_preset().into_iter().find(|(_, is_given)| *is_given).map(|(option, _)| option)
    }

    fn files_and_preset(&self) -> [(&'static str, bool); 3] {
        [
            ("--connection", self.connection.is_some()),
            ("--scheme", self.scheme.is_some()),
            ("--preset", self.preset.is_some()),
        ]
    }

    /// Exactly one way of saying how deliveries are signed.
    fn check(&self, for_signing: bool) -> Result<(), CliError> {
        let options = [
            ("--algorithm", self.algorithm.is_some()),
            ("--encoding", self.encoding.is_some()),
            ("--header-name", self.header_name.is_some()),
        ];
        let Some(first) = self.given() else {
            if options.iter().all(|(_, is_given)| !is_given) && self.secrets.is_empty() {
                return Err(CliError::Config(
                    "how are deliveries signed? give --preset NAME, --connection FILE, --scheme FILE, or --algorithm \
                     and --encoding with --secret-file FILE"
                        .to_owned(),
                ));
            }
            return Ok(());
        };
        let both = |one: &str, other: &str, why: &str| {
            Err(CliError::Config(format!("{one} and {other} cannot both be given; {why}")))
        };
        let another = self.files_and_preset().into_iter().find(|(option, is_given)| *is_given && *option != first);
        if let Some((second, _)) = another {
            return both(first, second, "each of them says how deliveries are signed");
        }
        let extra =
            options.into_iter().find(|(option, is_given)| *is_given && !(for_signing && *option == "--algorithm"));
        match (extra, first) {
            (None, _) => Ok(()),
            (Some((option, _)), "--preset") => {
                let change = "to say something else, change what countersign presets prints and give it to --scheme";
                both(option, first, &format!("the preset says which; {change}"))
            }
            (Some((option, _)), _) => both(option, first, "the file says which"),
        }
    }
}

/// Options go the way of a connection file, so that both mean the same and both find the nearest known name.
fn from_options(args: &ConfigArgs) -> Result<Scheme, CliError> {
    let mut config = serde_json::Map::new();
    config.insert("auth_method".to_owned(), "HMAC".into());
    for (field, value) in [
        ("algorithm", args.algorithm.as_deref().map(names::algorithm_or_infer)),
        ("signature_encoding", args.encoding.as_deref().map(names::encoding)),
        ("auth_header_key", args.header_name.as_deref()),
    ] {
        if let Some(value) = value {
            config.insert(field.to_owned(), value.into());
        }
    }
    let json = serde_json::Value::Object(config).to_string();
    let connection = Connection::from_json(&json);
    connection.and_then(|connection| connection.scheme()).map_err(|error| explain_option(&error))
}

fn explain_option(error: &ConfigError) -> CliError {
    let option = match error.field() {
        Some("algorithm") => "--algorithm: ",
        Some("signature_encoding") => "--encoding: ",
        Some("auth_header_key") => "--header-name: ",
        _ => "",
    };
    CliError::Config(format!("{option}{}", error.message()))
}
