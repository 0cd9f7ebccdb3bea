//! `countersign sign`: the header lines that a sender would send.

use std::process::ExitCode;

use countersign::{Algorithm, ConfigError, Message, Signer};

use crate::args::SignArgs;
use crate::config::Config;
use crate::delivery::{BODY_LIMIT, check_input, method};
use crate::error::{CliError, exit_code};
use crate::headers;
use crate::input::Input;
use crate::terminal::{print, printable_json};
use crate::time::time_or_now;

/// Runs the subcommand.
pub(crate) fn run(args: &SignArgs) -> Result<ExitCode, CliError> {
    let config = Config::read(&args.config, true)?;
    let signer = config.signer(chosen(args)?)?;
    if args.label && !config.allows_label() {
        let message = "--label has no place here: the scheme itself says how a signature is written";
        return Err(CliError::Config(message.to_owned()));
    }
    let input = [&args.message.body].into_iter().chain(&args.message.header_files);
    check_input(input, "--body and --header-file")?;
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
    // The signature's line is the last.
    if let (true, Some((_, value))) = (args.label, headers.last_mut()) {
        let label = signer.algorithm().name().replace('_', "").to_ascii_lowercase();
        *value = format!("{label}={value}");
    }
    let text = if args.json {
        let json = serde_json::json!({ "headers": headers }).to_string();
        printable_json(&json).into_owned() + "\n"
    } else {
        headers.into_iter().flat_map(|(name, value)| [name, ": ".to_owned(), value, "\n".to_owned()]).collect()
    };
    print(&text)?;
    Ok(exit_code(true))
}

/// The algorithm that was asked for beside a file or preset. Among options alone it is part of the scheme already.
fn chosen(args: &SignArgs) -> Result<Option<Algorithm>, CliError> {
    let (Some(beside), Some(name)) = (args.config.given(), &args.config.algorithm) else {
        return Ok(None);
    };
    Algorithm::from_name(name).map(Some).ok_or_else(|| {
        let names = Algorithm::ALL.map(Algorithm::name).join(", ");
        CliError::Config(format!("--algorithm: found {name:?}; beside {beside} it is one of {names}"))
    })
}

/// Names the options that would give what is signed and missing: those without which it cannot be signed even if all
/// others were given.
fn lacking(signer: &Signer, message: &Message<'_>, error: &ConfigError) -> CliError {
    let with = |id: bool, url: bool| Message {
        id: if id && message.id.is_empty() { "id" } else { message.id },
        url: if url && message.url.is_empty() { "https://example.com/" } else { message.url },
        ..*message
    };
    let can = |message: Message<'_>| signer.headers(&message).is_ok();
    let options: Vec<&str> = if can(with(true, true)) {
        [("--id ID", can(with(false, true))), ("--url URL", can(with(true, false)))]
            .into_iter()
            .filter_map(|(option, is_needless)| (!is_needless).then_some(option))
            .collect()
    } else {
        Vec::new()
    };
    let hint = if !options.is_empty() {
        format!("; give {}", options.join(" and "))
    } else if error.message().contains("{header:") {
        "; give --header LINE".to_owned()
    } else {
        String::new()
    };
    CliError::Config(format!("{}{hint}", error.message()))
}
