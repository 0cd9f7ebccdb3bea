//! One delivery, its body read in pieces where the scheme allows that.

use std::io::{self, IsTerminal as _, Read as _};
use std::time::SystemTime;

use countersign::{Delivery, Head, Scheme, Streaming, Verifier};

use crate::args::VerifyArgs;
use crate::delivery::DeliveryInput;
use crate::error::{CliError, eprint_message};
use crate::headers::Line;
use crate::input::Input;
use crate::missing::{Origin, note_missing_parts};
use crate::terminal::{Palette, print};
use crate::verdict::{Verdict, push_json_end, push_json_start};
use crate::wrap::stdout_width;

const PIECE: usize = 256 * 1024;

/// Verifies the delivery and prints the verdict; true if it is authentic.
pub(super) fn run(
    args: &VerifyArgs,
    mut input: DeliveryInput<'_>,
    verifier: &Verifier,
    scheme: Option<&Scheme>,
    now: SystemTime,
) -> Result<bool, CliError> {
    if let Ok(streaming) = verifier.streaming() {
        let verdict = in_pieces(&streaming, &mut input, now)?;
        let Head { method, url, headers } = input.head();
        // What is missing is seen in the head alone.
        report(args, scheme, &Delivery { method, url, headers, body: b"" }, verdict)
    } else {
        // Something behind the body is signed, or a part of the body alone.
        let whole = input.read_body()?;
        let delivery = whole.delivery();
        report(args, scheme, &delivery, Verdict::of(verifier.verify(&delivery, now)))
    }
}

fn report(
    args: &VerifyArgs,
    scheme: Option<&Scheme>,
    delivery: &Delivery<'_, [Line]>,
    verdict: Verdict,
) -> Result<bool, CliError> {
    if !args.quiet {
        print(&render(args, &scheme.map(Scheme::signature_place).unwrap_or_default(), verdict))?;
        // A script reads the exit status; the hint is for whoever sits there and wonders.
        if !args.json
            && !note_missing_parts(scheme, delivery, verdict, Origin::Options)
            && !verdict.is_good()
            && io::stderr().is_terminal()
        {
            eprint_message("note: countersign explain with the same options tells why");
        }
    }
    Ok(verdict.is_good())
}

fn in_pieces(streaming: &Streaming<'_>, input: &mut DeliveryInput<'_>, now: SystemTime) -> Result<Verdict, CliError> {
    let mut stream = match streaming.begin(&input.head(), now) {
        Ok(stream) => stream,
        Err(rejection) => return Ok(Verdict::Rejected(rejection)),
    };
    let body = input.body();
    let mut piece = vec![0; PIECE];
    loop {
        match body.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => stream.update(&piece[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Input::unreadable(&body.name, &error)),
        }
    }
    Ok(Verdict::of(stream.finish()))
}

fn render(args: &VerifyArgs, place: &str, verdict: Verdict) -> String {
    if args.json {
        let mut text = String::new();
        push_json_start(&mut text, None, 1);
        text.push_str(&verdict.json_fields());
        push_json_end(&mut text, None);
        return text;
    }
    verdict.line(place, &Palette::new(args.color, &io::stdout()), stdout_width())
}
