//! `countersign explain`: why a delivery is rejected.

use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;

use countersign::{Cause, Delivery, Explanation};
use serde::Serialize;

use crate::args::ExplainArgs;
use crate::config::{Config, Explainer};
use crate::delivery::DeliveryInput;
use crate::error::{CliError, eprint_message, exit_code};
use crate::input::check_stdin;
use crate::missing::note_missing_parts;
use crate::terminal::{Palette, print, printable, printable_json};
use crate::time::time_or_now;
use crate::verdict::Verdict;
use crate::wrap::{stdout_width, wrapped};

/// The last line for people.
const FOOTER: &str = "No secret, no MAC and no valid signature is ever shown.";

/// Runs the subcommand.
pub(crate) fn run(args: &ExplainArgs) -> Result<ExitCode, CliError> {
    let paths = args.config.secrets.paths().chain(args.delivery.paths());
    check_stdin(paths, "--secret-file, --body, --header-file and --signature-file")?;
    let config = Config::read(&args.config, false)?.with_tolerance(args.time.tolerance.as_deref())?;
    let explainer = Explainer::new(&config)?;
    let now = time_or_now("--now", args.time.now.as_deref())?;
    if config.skips_authentication() {
        eprint_message("note: auth_method is NONE, so nothing is checked and every delivery counts as authentic");
    }
    let whole = DeliveryInput::read(&args.delivery, explainer.header(), config.header_is_secret())?.read_body()?;
    let delivery = whole.delivery();
    let headers: Vec<(&str, &[u8])> =
        delivery.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let Delivery { method, url, body, .. } = delivery;
    let explanation = explainer.explain(&Delivery { method, url, headers: &headers[..], body }, now)?;
    let verdict = match &explanation {
        Explanation::Authentic(verified) => Verdict::Authentic(*verified),
        Explanation::Found { rejection, .. } | Explanation::Unexplained { rejection, .. } => {
            Verdict::Rejected(*rejection)
        }
        // There is no other.
        other => return Err(CliError::Config(other.to_string())),
    };
    if args.json {
        print(&json(verdict, &explanation)?)?;
    } else {
        let place = config.scheme().map(|scheme| scheme.signature_place()).unwrap_or_default();
        print(&render(verdict, &place, &explanation, &Palette::new(args.color, &io::stdout()), stdout_width()))?;
        if let Some(refusal) = explainer.refusal() {
            eprint_message(&format!("note: verify refuses to work with this secret: {refusal}"));
        }
        if matches!(explanation.cause(), None | Some(Cause::MissingPart)) {
            note_missing_parts(config.scheme().ok().as_ref(), &delivery, verdict);
        }
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
    let cause = explanation.cause().map_or("unexplained", Cause::name);
    // What is said may name a header as the sender spelt it.
    let advice = explanation.to_string();
    let _ = writeln!(text, "\n{strong}{cause}{strong:#}\n{}", wrapped(&printable(&advice), width, 0));
    if explanation.cause().is_none() {
        let tried = format!("Tried: {}.", tried(explanation).join(", "));
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
    advice: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tried: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passed_over: Option<Vec<&'static str>>,
}

fn json(verdict: Verdict, explanation: &Explanation) -> Result<String, CliError> {
    let object = ExplanationJson {
        verdict: verdict.name(),
        code: verdict.code(),
        cause: explanation.cause().map(Cause::name),
        advice: explanation.to_string(),
        tried: matches!(explanation, Explanation::Unexplained { .. }).then(|| tried(explanation)),
        passed_over: Some(passed_over(explanation)).filter(|causes| !causes.is_empty()).map(names),
    };
    let text = serde_json::to_string(&object);
    text.map(|text| printable_json(&text).into_owned() + "\n")
        .map_err(|error| CliError::Config(format!("the explanation cannot be printed: {error}")))
}

/// The causes that were tried before a delivery counts as unexplained.
fn tried(explanation: &Explanation) -> Vec<&'static str> {
    let untried = passed_over(explanation);
    names(Cause::all().filter(|cause| !untried.contains(cause)).collect())
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
