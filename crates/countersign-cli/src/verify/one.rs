//! One delivery, its body read in pieces where the scheme allows that.

use std::io::{self, Read as _};
use std::time::SystemTime;

use countersign::{Rejection, Streaming, Verifier};

use crate::args::VerifyArgs;
use crate::delivery::One;
use crate::exit::{Stop, say};
use crate::input::Input;
use crate::terminal::{Palette, print};
use crate::verdict::Verdict;

const PIECE: usize = 256 * 1024;

/// Verifies the delivery and prints the verdict; true if it is authentic.
pub(super) fn run(args: &VerifyArgs, one: One<'_>, verifier: &Verifier, now: SystemTime) -> Result<bool, Stop> {
    let verdict = match verifier.streaming() {
        Ok(streaming) => in_pieces(&streaming, one, now)?,
        // Something behind the body is signed, or a part of the body alone.
        Err(_) => Verdict::of(verifier.verify(&one.whole()?.delivery(), now)),
    };
    if !args.quiet {
        print(&told(args, verdict))?;
        if !args.json && verdict == Verdict::Rejected(Rejection::MissingPart) && args.one.url.is_none() {
            say("note: if this sender signs the URL, give it with --url");
        }
    }
    Ok(verdict.is_good())
}

fn in_pieces(streaming: &Streaming<'_>, mut one: One<'_>, now: SystemTime) -> Result<Verdict, Stop> {
    let mut stream = match streaming.begin(&one.head(), now) {
        Ok(stream) => stream,
        Err(rejection) => return Ok(Verdict::Rejected(rejection)),
    };
    let body = one.body();
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

fn told(args: &VerifyArgs, verdict: Verdict) -> String {
    if args.json {
        let (before, behind) = verdict.json_frame();
        return format!("{before}\"1\"{behind}");
    }
    let palette = Palette::new(args.color, &io::stdout());
    let (style, mark) = if verdict.is_good() { (palette.good, '✔') } else { (palette.bad, '✘') };
    format!("{style}{mark} {}{style:#}  {}\n", verdict.name(), verdict.detail())
}
