//! From the command line to what verifies or signs.

mod explainer;
mod file;

use countersign::{
    Algorithm, AuthMethod, ConfigError, ConfigErrorKind, Connection, Scheme, Secret, Signer, Tolerance, Verifier,
};

pub(crate) use explainer::Explainer;

use crate::args::SourceArgs;
use crate::exit::Stop;
use crate::input::shown;

/// How deliveries are signed, and with which secrets.
pub(crate) struct Source<'a> {
    rule: Rule,
    args: &'a SourceArgs,
    /// Those of the command line; they take the place of those in a connection.
    secrets: Option<Vec<Secret>>,
}

/// How deliveries are signed.
#[expect(clippy::large_enum_variant, reason = "there is one of it")]
enum Rule {
    Scheme(Scheme),
    /// It brings its own secrets, and may ask for none.
    Connection(Connection),
}

impl<'a> Source<'a> {
    /// Reads whatever `args` name. `for_signing` leaves `--algorithm` beside a file or preset to the signer.
    pub(crate) fn read(args: &'a SourceArgs, for_signing: bool) -> Result<Self, Stop> {
        args.check(for_signing)?;
        let rule = if let Some(path) = &args.connection {
            Rule::Connection(file::connection(path)?)
        } else if let Some(path) = &args.scheme {
            Rule::Scheme(file::scheme(path)?)
        } else if let Some(name) = &args.preset {
            Rule::Scheme(Scheme::preset(name).map_err(|error| Stop::Config(format!("--preset: {error}")))?)
        } else {
            Rule::Scheme(from_options(args)?)
        };
        let secrets = if args.secrets.is_empty() { None } else { Some(args.secrets.read()?) };
        match &rule {
            Rule::Scheme(_) if secrets.is_none() => {
                Err(Stop::Config("there is no secret; give --secret-file FILE or --secret-env NAME".to_owned()))
            }
            Rule::Connection(connection)
                if secrets.is_some() && connection.config.auth_method == Some(AuthMethod::None) =>
            {
                let message = "auth_method is NONE, so a secret has no use; leave --secret-file and --secret-env out";
                Err(Stop::Config(format!("{}: {message}", args.connection.as_deref().map(shown).unwrap_or_default())))
            }
            _ => Ok(Self { rule, args, secrets }),
        }
    }

    /// The same with what `--tolerance` says, if anything.
    pub(crate) fn with_tolerance(mut self, text: Option<&str>) -> Result<Self, Stop> {
        let Some(text) = text else { return Ok(self) };
        let fault = |message: &str| Stop::Config(format!("--tolerance: {message}"));
        let seconds = text.parse().map_err(|_| {
            fault(&format!("found {text:?}; give whole seconds, such as 300, and at most {}", u32::MAX))
        })?;
        let scheme = match &self.rule {
            Rule::Scheme(scheme) => Some(scheme),
            Rule::Connection(connection) => connection.config.scheme.as_ref(),
        };
        let Some(scheme) = scheme else {
            return Err(fault("a connection without a scheme signs the body alone, so a delivery of it has no age"));
        };
        let scheme = scheme.clone().with_tolerance(Tolerance::both(seconds));
        let scheme = scheme.map_err(|error| fault(error.message()))?;
        match &mut self.rule {
            Rule::Scheme(old) => *old = scheme,
            Rule::Connection(connection) => connection.config.scheme = Some(scheme),
        }
        Ok(self)
    }

    /// The verifier.
    pub(crate) fn verifier(&self) -> Result<Verifier, Stop> {
        self.try_verifier().map_err(|error| self.explain(&error))
    }

    /// What tells why a delivery is rejected, even for secrets that no verifier can be made with.
    pub(crate) fn explainer(&self) -> Result<Explainer<'_>, Stop> {
        Explainer::new(self)
    }

    fn try_verifier(&self) -> Result<Verifier, ConfigError> {
        match (&self.rule, &self.secrets) {
            (Rule::Scheme(scheme), _) => scheme.verifier(self.secrets()),
            (Rule::Connection(connection), Some(secrets)) => connection.verifier_with(secrets),
            (Rule::Connection(connection), None) => connection.verifier(),
        }
    }

    /// The signer, with the first secret. `algorithm` is for those who infer it.
    pub(crate) fn signer(&self, algorithm: Option<Algorithm>) -> Result<Signer, Stop> {
        let secrets = self.secrets();
        match (&self.rule, secrets) {
            (Rule::Scheme(scheme), [first, ..]) => match algorithm {
                None => scheme.signer(first.clone()),
                Some(algorithm) => scheme.signer_with(first.clone(), algorithm),
            },
            // `read` sees to it that a scheme has secrets.
            (Rule::Scheme(scheme), []) => scheme.signer(Secret::new("")),
            (Rule::Connection(connection), _) => connection.signer_with(secrets, algorithm),
        }
        .map_err(|error| self.explain(&error))
    }

    /// Whether nothing is checked at all.
    pub(crate) fn takes_everything(&self) -> bool {
        match &self.rule {
            Rule::Scheme(_) => false,
            Rule::Connection(connection) => connection.config.auth_method == Some(AuthMethod::None),
        }
    }

    /// Whether the secret itself stands in the header, because the sender repeats a token.
    pub(crate) fn holds_secret(&self) -> bool {
        self.scheme().is_ok_and(|scheme| matches!(scheme.core(), countersign::engine::Scheme::Token { .. }))
    }

    /// Whether a label may stand in front of the signature; otherwise the scheme says how it is written.
    pub(crate) fn allows_label(&self) -> bool {
        match &self.rule {
            Rule::Scheme(_) => self.args.scheme.is_none() && self.args.preset.is_none(),
            Rule::Connection(connection) => connection.config.scheme.is_none(),
        }
    }

    fn scheme(&self) -> Result<Scheme, ConfigError> {
        match &self.rule {
            Rule::Scheme(scheme) => Ok(scheme.clone()),
            Rule::Connection(connection) => connection.scheme(),
        }
    }

    fn secrets(&self) -> &[Secret] {
        match (&self.secrets, &self.rule) {
            (Some(secrets), _) => secrets,
            (None, Rule::Connection(connection)) => &connection.config.secrets,
            (None, Rule::Scheme(_)) => &[],
        }
    }

    fn explain(&self, error: &ConfigError) -> Stop {
        if let Some(stop) = self.explain_secret(error) {
            return stop;
        }
        let hint = match (&self.secrets, error.kind()) {
            (None, ConfigErrorKind::EmptySecret) => "; put it there or give --secret-file or --secret-env",
            _ => "",
        };
        match (&self.args.connection, &self.args.scheme, &self.args.preset) {
            (Some(path), ..) | (None, Some(path), _) => file::explain(&shown(path), error, hint),
            (None, None, Some(name)) => Stop::Config(format!("--preset {name}: {}", error.message())),
            _ => explain_option(error),
        }
    }

    /// Says which secret of the command line is not of the form that the scheme asks for.
    fn explain_secret(&self, error: &ConfigError) -> Option<Stop> {
        let (Some(secrets), ConfigErrorKind::MalformedSecret) = (&self.secrets, error.kind()) else { return None };
        let scheme = self.scheme().ok()?;
        let place = secrets.iter().position(|secret| scheme.verifier(secret.clone()).is_err())?;
        Some(Stop::Config(format!("{}: {}", self.args.secrets.name(place)?, error.message())))
    }
}

impl SourceArgs {
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
    fn check(&self, for_signing: bool) -> Result<(), Stop> {
        let options = [
            ("--algorithm", self.algorithm.is_some()),
            ("--encoding", self.encoding.is_some()),
            ("--header-name", self.header_name.is_some()),
        ];
        let Some(first) = self.given() else {
            if options.iter().all(|(_, is_given)| !is_given) && self.secrets.is_empty() {
                return Err(Stop::Config(
                    "how are deliveries signed? give --preset NAME, --connection FILE, --scheme FILE, or --algorithm \
                     and --encoding with --secret-file FILE"
                        .to_owned(),
                ));
            }
            return Ok(());
        };
        let both = |one: &str, other: &str, why: &str| {
            Err(Stop::Config(format!("{one} and {other} cannot both be given; {why}")))
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
fn from_options(args: &SourceArgs) -> Result<Scheme, Stop> {
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
    let connection = Connection::from_json(&json);
    connection.and_then(|connection| connection.scheme()).map_err(|error| explain_option(&error))
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
