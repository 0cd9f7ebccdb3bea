//! `countersign sign`: the header line that a sender would send.

use std::io::{self, Write as _};
use std::process::ExitCode;

use countersign::Algorithm;

use crate::args::SignArgs;
use crate::exit::{Stop, status};
use crate::input::Input;
use crate::source::Source;

/// Bodies are signed whole. This is far beyond any webhook, and far below any memory.
const BODY_LIMIT: usize = 1 << 30;

/// Runs the subcommand.
pub(crate) fn run(args: &SignArgs) -> Result<ExitCode, Stop> {
    let source = Source::read(&args.source, true)?;
    let signer = source.signer(chosen(args)?)?;
    let body = Input::open(&args.body)?.read_whole(BODY_LIMIT)?;
    let mut headers = signer.headers(&body);
    if args.label {
        let label = signer.algorithm().name().replace('_', "").to_ascii_lowercase();
        for (_, value) in &mut headers {
            *value = format!("{label}={value}");
        }
    }
    let text = if args.json {
        format!("{}\n", serde_json::json!({ "headers": headers }))
    } else {
        headers.into_iter().flat_map(|(name, value)| [name, ": ".to_owned(), value, "\n".to_owned()]).collect()
    };
    let mut out = io::stdout();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Stop::writing("standard output", &error))?;
    Ok(status(true))
}

/// The algorithm that was asked for beside a connection file. Without one, it is part of the connection already.
fn chosen(args: &SignArgs) -> Result<Option<Algorithm>, Stop> {
    let (Some(_), Some(name)) = (&args.source.connection, &args.source.algorithm) else {
        return Ok(None);
    };
    Algorithm::from_name(name).map(Some).ok_or_else(|| {
        let names = Algorithm::ALL.map(Algorithm::name).join(", ");
        Stop::Config(format!("--algorithm: found {name:?}; with a connection it is one of {names}"))
    })
}
