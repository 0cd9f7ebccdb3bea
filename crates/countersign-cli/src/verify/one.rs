//! One delivery, its body read in pieces.

use std::io::{self, Read as _, Write as _};
use std::path::Path;

use countersign::Verifier;

use crate::args::VerifyArgs;
use crate::exit::Stop;
use crate::input::Input;
use crate::source::Source;
use crate::terminal::Palette;
use crate::verdict::Verdict;

const PIECE: usize = 256 * 1024;

/// Verifies the delivery and prints the verdict; true if it is authentic.
pub(super) fn run(args: &VerifyArgs, body: &Path, source: &Source, verifier: &Verifier) -> Result<bool, Stop> {
    let mut headers = args.one.headers.iter().enumerate().map(header).collect::<Result<Vec<_>, _>>()?;
    if let Some(signature) = &args.one.signature {
        headers.push((source.header(), signature));
    }
    let verdict = verify(verifier, &headers, Input::open(body)?)?;
    if !args.quiet {
        print(args, verdict).map_err(|error| Stop::writing("standard output", &error))?;
    }
    Ok(verdict.is_good())
}

/// No scheme of this version signs the method, the URL or a time, so headers and body are all there is to look at.
fn verify(verifier: &Verifier, headers: &[(&str, &str)], mut body: Input) -> Result<Verdict, Stop> {
    let mut stream = match verifier.begin(headers) {
        Ok(stream) => stream,
        Err(rejection) => return Ok(Verdict::Rejected(rejection)),
    };
    let mut piece = vec![0; PIECE];
    loop {
        match body.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => stream.update(&piece[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Input::unreadable(&body.name, &error)),
        }
    }
    Ok(stream.finish().map_or_else(Verdict::Rejected, Verdict::Authentic))
}

/// Splits `Name: value`. The line is not shown in the error, because it may hold a token.
fn header((i, line): (usize, &String)) -> Result<(&str, &str), Stop> {
    match line.split_once(':') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim(), value)),
        _ => Err(Stop::Config(format!("--header number {}: expected 'Name: value'", i + 1))),
    }
}

fn print(args: &VerifyArgs, verdict: Verdict) -> io::Result<()> {
    let mut out = io::stdout();
    let text = if args.json {
        let (before, behind) = verdict.json_frame();
        format!("{before}\"1\"{behind}")
    } else {
        let palette = Palette::new(args.color, &out);
        let (style, mark) = if verdict.is_good() { (palette.good, '✔') } else { (palette.bad, '✘') };
        format!("{style}{mark} {}{style:#}  {}\n", verdict.name(), verdict.detail())
    };
    out.write_all(text.as_bytes())?;
    out.flush()
}
