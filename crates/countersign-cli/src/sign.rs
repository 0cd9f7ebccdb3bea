//! `countersign sign`: the header lines that a sender would send, with those of the options that are signed.

use std::process::ExitCode;

use countersign::{Algorithm, ConfigError, Message, Signer};

use crate::args::SignArgs;
use crate::config::Config;
use crate::delivery::{BODY_LIMIT, method};
use crate::error::{CliError, eprint_message, exit_code};
use crate::headers;
use crate::input::{Input, check_stdin};
use crate::missing;
use crate::names;
use crate::terminal::{print, printable_json};
use crate::time::time_or_now;

/// Runs the subcommand.
pub(crate) fn run(args: &SignArgs) -> Result<ExitCode, CliError> {
    let paths = args.config.secrets.paths().chain([&args.message.body]).chain(&args.message.header_files);
    check_stdin(paths, "--secret-file, --body and --header-file")?;
    let config = Config::read(&args.config, true)?;
    let signer = config.signer(chosen(args)?)?;
    if args.label && !config.allows_label() {
        let message = "--label has no place here: the scheme itself says how a signature is written";
        return Err(CliError::Config(message.to_owned()));
    }
    let mut lines = headers::of_options(&args.message.headers)?;
    lines.extend(headers::of_files(&args.message.header_files)?);
    let headers: Vec<(&str, &[u8])> = lines.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let now = time_or_now("--now", args.message.now.as_deref())?;
    let body = Input::open(&args.message.body)?.read_whole(BODY_LIMIT)?;
    let message = Message {
        method: method(args.message.method.as_deref()),
        url: args.message.url.as_deref().unwrap_or_default(),
        headers: &headers,
        body: &body,
        id: args.message.id.as_deref().unwrap_or_default(),
        now,
    };
    let mut headers = signer.headers(&message).map_err(|error| lacking(&signer, &message, &error))?;
    let given = given_and_signed(&signer, &message, &headers);
    // The signature's line is the last.
    if let (true, Some((_, value))) = (args.label, headers.last_mut()) {
        let label = signer.algorithm().name().replace('_', "").to_ascii_lowercase();
        *value = format!("{label}={value}");
    }
    headers.splice(0..0, given);
    let text = if args.json {
        let json = serde_json::json!({ "headers": headers }).to_string();
        printable_json(&json).into_owned() + "\n"
    } else {
        headers.into_iter().flat_map(|(name, value)| [name, ": ".to_owned(), value, "\n".to_owned()]).collect()
    };
    print(&text)?;
    if let Some(place) = config.place_without_header() {
        eprint_message(&format!(
            "note: the signature belongs into {place}, not into a header; put the value of the last line there"
        ));
    }
    Ok(exit_code(true))
}

/// The header lines of the options without which the signature would be another: a verifier needs them too. What is not
/// UTF-8 cannot be printed unchanged, and is told on standard error.
fn given_and_signed(signer: &Signer, message: &Message<'_>, made: &[(String, String)]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (at, &(name, value)) in message.headers.iter().enumerate() {
        let others = [&message.headers[..at], &message.headers[at + 1..]].concat();
        let without = signer.headers(&Message { headers: &others, ..*message });
        if without.is_ok_and(|without| without == made) {
            continue;
        }
        match str::from_utf8(value) {
            Ok(value) => found.push((name.to_owned(), value.to_owned())),
            Err(_) => {
                eprint_message(&format!("note: {name} is signed, but its value is not UTF-8, so it is not printed"));
            }
        }
    }
    found
}

/// The algorithm that was asked for beside a file or preset. Among options alone it is part of the scheme already.
fn chosen(args: &SignArgs) -> Result<Option<Algorithm>, CliError> {
    let (Some(beside), Some(name)) = (args.config.given(), &args.config.algorithm) else {
        return Ok(None);
    };
    names::algorithm(name).map(Some).ok_or_else(|| {
        let names = Algorithm::ALL.map(Algorithm::name).join(", ");
        CliError::Config(format!("--algorithm: found {name:?}; beside {beside} it is one of {names}"))
    })
}

/// Names the options that give what is signed and missing.
fn lacking(signer: &Signer, message: &Message<'_>, error: &ConfigError) -> CliError {
    let hint = missing::options_for_sign(&signer.missing_parts(message));
    CliError::Config(format!("{}{hint}", error.message()))
}
