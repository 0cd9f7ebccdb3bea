//! `countersign explain`: why a delivery is rejected.

use std::fmt::Write as _;
use std::io;
use std::ops::Deref;
use std::process::ExitCode;
use std::time::SystemTime;

use countersign::{Cause, Delivery, Explanation};
use serde::Serialize;

use crate::args::ExplainArgs;
use crate::config::{Config, Explainer};
use crate::deliveries::FileLine;
use crate::delivery::DeliveryInput;
use crate::error::{CliError, eprint_message, exit_code};
use crate::input::check_stdin;
use crate::missing::{Origin, note_missing_parts};
use crate::terminal::{Palette, print, printable, printable_json};
use crate::time::time_or_now;
use crate::verdict::Verdict;
use crate::wrap::{stdout_width, wrapped};

/// The last line for people.
const FOOTER: &str = "No secret, no MAC and no valid signature is ever shown.";

/// Runs the subcommand.
pub(crate) fn run(args: &ExplainArgs) -> Result<ExitCode, CliError> {
    let paths = args.config.secrets.paths().chain(args.delivery.paths()).chain(&args.deliveries);
    check_stdin(paths, "--secret-file, --body, --header-file, --signature-file and --deliveries")?;
    let config = Config::read(&args.config, false)?.with_tolerance(args.time.tolerance.as_deref())?;
    let explainer = Explainer::new(&config)?;
    let now = time_or_now("--now", args.time.now.as_deref())?;
    if config.skips_authentication() {
        eprint_message("note: auth_method is NONE, so nothing is checked and every delivery counts as authentic");
    }
    if let (Some(path), Some(number)) = (&args.deliveries, args.line) {
        let line = FileLine::read(path, number)?;
        return match line.record(now) {
            Ok((record, at)) => delivery(args, &config, &explainer, &record.delivery(), at, Origin::Record),
            Err(fault) => malformed(args, &fault),
        };
    }
    args.delivery.check_place(config.place_without_header().as_deref())?;
    let whole = DeliveryInput::read(&args.delivery, explainer.header(), config.header_is_secret())?.read_body()?;
    delivery(args, &config, &explainer, &whole.delivery(), now, Origin::Options)
}

/// Explains a delivery.
fn delivery<N: Deref<Target = str>, V: AsRef<[u8]>>(
    args: &ExplainArgs,
    config: &Config<'_>,
    explainer: &Explainer<'_>,
    delivery: &Delivery<'_, [(N, V)]>,
    now: SystemTime,
    origin: Origin,
) -> Result<ExitCode, CliError> {
    let Delivery { method, url, headers, body } = *delivery;
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (&**name, value.as_ref())).collect();
    let delivery = Delivery { method, url, headers: &headers[..], body };
    let explanation = explainer.explain(&delivery, now)?;
    let verdict = match &explanation {
        Explanation::Authentic(verified) => Verdict::Authentic(*verified),
        Explanation::Found { rejection, .. } | Explanation::Unexplained { rejection, .. } => {
            Verdict::Rejected(*rejection)
        }
        // There is no other.
        other => return Err(CliError::Config(other.to_string())),
    };
    if args.json {
        print_json(&json(verdict, &explanation))?;
    } else {
        let place = config.scheme().map(|scheme| scheme.signature_place()).unwrap_or_default();
        print(&render(verdict, &place, &explanation, &Palette::new(args.color, &io::stdout()), stdout_width()))?;
        if let Some(refusal) = explainer.refusal() {
            eprint_message(&format!("note: verify refuses to work with this secret: {refusal}"));
        }
        if matches!(explanation.cause(), None | Some(Cause::MissingPart)) {
            note_missing_parts(config.scheme().ok().as_ref(), &delivery, verdict, origin);
        }
    }
    Ok(exit_code(verdict.is_good()))
}

/// Says what is wrong with a line that is not a delivery.
fn malformed(args: &ExplainArgs, fault: &str) -> Result<ExitCode, CliError> {
    let verdict = Verdict::Malformed;
    if args.json {
        let advice = format!("the line is not a delivery: {fault}");
        let (tried, passed_over) = (None, None);
        print_json(&ExplanationJson {
            verdict: verdict.name(),
            code: verdict.code(),
            cause: None,
            also: None,
            advice,
            tried,
            passed_over,
        })?;
    } else {
        let Palette { bad, .. } = Palette::new(args.color, &io::stdout());
        let start = "✘ malformed line";
        let fault = printable(fault);
        print(&format!("{bad}{start}{bad:#}  {}\n", wrapped(&fault, stdout_width(), start.chars().count() + 2)))?;
    }
    Ok(exit_code(verdict.is_good()))
}

/// What people read.
fn render(verdict: Verdict, place: &str, explanation: &Explanation, palette: &Palette, width: Option<usize>) -> String {
    let mut text = verdict.line(place, palette, width);
    if verdict.is_good() {
        return text;
    }
    let Palette { strong, faint, .. } = palette;
    let also = explanation.also().map_or_else(String::new, |also| format!(" and {also}"));
    let cause = explanation.cause().map_or("unexplained", Cause::name);
    // What is said may name a header as the sender spelt it.
    let advice = explanation.to_string();
    let _ = writeln!(text, "\n{strong}{cause}{also}{strong:#}\n{}", wrapped(&printable(&advice), width, 0));
    let tried = tried(explanation);
    if !tried.is_empty() {
        let tried = format!("Tried: {}.", tried.join(", "));
        let _ = writeln!(text, "\n{}", wrapped(&tried, width, 0));
    }
    let _ = writeln!(text, "\n{faint}{FOOTER}{faint:#}");
    text
}

/// What programs read.
#[derive(Serialize)]
struct ExplanationJson {
    verdict: &'static str,
    code: u8,
    cause: Option<&'static str>,
    /// The second cause, if two mistakes were made at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    also: Option<&'static str>,
    advice: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tried: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passed_over: Option<Vec<&'static str>>,
}

fn json(verdict: Verdict, explanation: &Explanation) -> ExplanationJson {
    ExplanationJson {
        verdict: verdict.name(),
        code: verdict.code(),
        cause: explanation.cause().map(Cause::name),
        also: explanation.also().map(Cause::name),
        advice: explanation.to_string(),
        tried: matches!(explanation, Explanation::Unexplained { .. }).then(|| tried(explanation)),
        passed_over: Some(passed_over(explanation)).filter(|causes| !causes.is_empty()).map(names),
    }
}

fn print_json(object: &ExplanationJson) -> Result<(), CliError> {
    let text = serde_json::to_string(object)
        .map_err(|error| CliError::Config(format!("the explanation cannot be printed: {error}")))?;
    print(&(printable_json(&text).into_owned() + "\n"))
}

/// The causes that were tried before a delivery counts as unexplained.
fn tried(explanation: &Explanation) -> Vec<&'static str> {
    match explanation {
        Explanation::Unexplained { tried, .. } => names(tried.clone()),
        _ => Vec::new(),
    }
}

/// Those that were not, since the delivery is too large.
fn passed_over(explanation: &Explanation) -> Vec<Cause> {
    match explanation {
        Explanation::Unexplained { passed_over, .. } => passed_over.clone(),
        _ => Vec::new(),
    }
}

fn names(causes: Vec<Cause>) -> Vec<&'static str> {
    causes.into_iter().map(Cause::name).collect()
}
