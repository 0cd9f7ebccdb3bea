//! One delivery, its body read in pieces where the scheme allows that.

use std::io::{self, IsTerminal as _, Read as _};
use std::time::SystemTime;

use countersign::{Streaming, Verifier};

use crate::args::VerifyArgs;
use crate::delivery::{One, note_url};
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
        // A script reads the exit status; the hint is for whoever sits there and wonders.
        if !args.json
            && !note_url(&args.one, verifier.reads_url(), verdict)
            && !verdict.is_good()
            && io::stderr().is_terminal()
        {
            say("note: countersign explain with the same options tells why");
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
    verdict.line(&Palette::new(args.color, &io::stdout()))
}
