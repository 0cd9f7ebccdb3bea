//! `countersign explain`: why a delivery is rejected.

use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;

use countersign::{Cause, Delivery, Explanation};
use serde::Serialize;

use crate::args::ExplainArgs;
use crate::delivery::{One, note_url};
use crate::exit::{Stop, say, status};
use crate::moment::moment_or_now;
use crate::source::Source;
use crate::terminal::{Palette, print, printable, printable_json};
use crate::verdict::Verdict;

/// The last line for people.
const PROMISE: &str = "No secret, no MAC and no valid signature is ever shown.";

/// Runs the subcommand.
pub(crate) fn run(args: &ExplainArgs) -> Result<ExitCode, Stop> {
    let source = Source::read(&args.source, false)?.with_tolerance(args.time.tolerance.as_deref())?;
    let explainer = source.explainer()?;
    let now = moment_or_now("--now", args.time.now.as_deref())?;
    if source.takes_everything() {
        say("note: auth_method is NONE, so nothing is checked and every delivery counts as authentic");
    }
    let whole = One::read(&args.one, explainer.header(), source.holds_secret())?.whole()?;
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
        other => return Err(Stop::Config(other.to_string())),
    };
    if args.json {
        print(&json(verdict, &explanation)?)?;
    } else {
        print(&told(verdict, &explanation, &Palette::new(args.color, &io::stdout())))?;
        if let Some(refusal) = explainer.refusal() {
            say(&format!("note: verify refuses to work with this secret: {refusal}"));
        }
        if explanation.cause().is_none() {
            note_url(&args.one, explainer.reads_url(), verdict);
        }
    }
    Ok(status(verdict.is_good()))
}

/// What people read.
fn told(verdict: Verdict, explanation: &Explanation, palette: &Palette) -> String {
    let mut text = verdict.line(palette);
    if verdict.is_good() {
        return text;
    }
    let Palette { strong, faint, .. } = palette;
    let cause = explanation.cause().map_or("unexplained", Cause::name);
    // What is said may name a header as the sender spelt it.
    let advice = explanation.to_string();
    let _ = writeln!(text, "\n{strong}{cause}{strong:#}\n{}", printable(&advice));
    if explanation.cause().is_none() {
        let _ = writeln!(text, "\nTried: {}.", tried(explanation).join(", "));
    }
    let _ = writeln!(text, "\n{faint}{PROMISE}{faint:#}");
    text
}

/// What programs read.
#[derive(Serialize)]
struct Told {
    verdict: &'static str,
    code: u8,
    cause: Option<&'static str>,
    advice: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tried: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passed_over: Option<Vec<&'static str>>,
}

fn json(verdict: Verdict, explanation: &Explanation) -> Result<String, Stop> {
    let told = Told {
        verdict: verdict.name(),
        code: verdict.code(),
        cause: explanation.cause().map(Cause::name),
        advice: explanation.to_string(),
        tried: matches!(explanation, Explanation::Unexplained { .. }).then(|| tried(explanation)),
        passed_over: Some(passed_over(explanation)).filter(|causes| !causes.is_empty()).map(names),
    };
    let text = serde_json::to_string(&told);
    text.map(|text| printable_json(&text).into_owned() + "\n")
        .map_err(|error| Stop::Config(format!("the explanation cannot be printed: {error}")))
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
