//! One delivery that is told on the command line: its head at once, its body whole or in pieces.

use countersign::{Delivery, Head, Rejection};

use crate::args::OneArgs;
use crate::exit::{Stop, say};
use crate::input::Input;
use crate::verdict::Verdict;

/// Bodies that must be whole before they are signed or verified. This is far beyond any webhook, and far below any
/// memory.
pub(crate) const BODY_LIMIT: usize = 1 << 30;

/// A header line: its name, and its value without the blanks around it.
pub(crate) type Line<'a> = (&'a str, &'a str);

/// One delivery, its body not read yet.
pub(crate) struct One<'a> {
    method: &'a str,
    url: &'a str,
    headers: Vec<Line<'a>>,
    body: Input,
}

/// One delivery, all of it.
pub(crate) struct Whole<'a> {
    method: &'a str,
    url: &'a str,
    headers: Vec<Line<'a>>,
    body: Vec<u8>,
}

impl<'a> One<'a> {
    /// Reads all but the body, which is opened. `header` is the name of the one that `--signature` stands for.
    pub(crate) fn read(args: &'a OneArgs, header: &'a str) -> Result<Self, Stop> {
        let Some(body) = &args.body else {
            return Err(Stop::Config("which body came with it? give --body FILE, or - for standard input".to_owned()));
        };
        let mut headers = lines(&args.headers)?;
        if let Some(signature) = &args.signature {
            headers.push((header, signature));
        }
        Ok(Self {
            method: method(args.method.as_deref()),
            url: args.url.as_deref().unwrap_or_default(),
            headers,
            body: Input::open(body)?,
        })
    }

    /// All but the body.
    pub(crate) fn head(&self) -> Head<'_, [Line<'a>]> {
        Head { method: self.method, url: self.url, headers: &self.headers }
    }

    /// The body, to be read in pieces.
    pub(crate) fn body(&mut self) -> &mut Input {
        &mut self.body
    }

    /// Reads the body too.
    pub(crate) fn whole(self) -> Result<Whole<'a>, Stop> {
        let Self { method, url, headers, body } = self;
        Ok(Whole { method, url, headers, body: body.read_whole(BODY_LIMIT)? })
    }
}

impl<'a> Whole<'a> {
    /// What a verifier judges.
    pub(crate) fn delivery(&self) -> Delivery<'_, [Line<'a>]> {
        Delivery { method: self.method, url: self.url, headers: &self.headers, body: &self.body }
    }
}

/// Reminds of `--url` where something that is signed is missing and it was not given; true if it did.
pub(crate) fn note_url(args: &OneArgs, verdict: Verdict) -> bool {
    let lacks = verdict == Verdict::Rejected(Rejection::MissingPart) && args.url.is_none();
    if lacks {
        say("note: if this sender signs the URL, give it with --url");
    }
    lacks
}

/// A webhook is a POST unless somebody says otherwise.
pub(crate) fn method(stated: Option<&str>) -> &str {
    stated.unwrap_or("POST")
}

/// Splits header lines `Name: value`. An option may hold several of them, such as all that `sign` prints. No line is
/// shown in an error, because it may hold a token.
pub(crate) fn lines(options: &[String]) -> Result<Vec<Line<'_>>, Stop> {
    let mut found = Vec::new();
    for (i, option) in options.iter().enumerate() {
        for line in option.trim_end_matches(['\r', '\n']).split('\n') {
            match line.split_once(':') {
                Some((name, value)) if !name.trim().is_empty() => {
                    found.push((name.trim(), value.trim_matches([' ', '\t', '\r'])));
                }
                _ => return Err(Stop::Config(format!("--header number {}: expected 'Name: value'", i + 1))),
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(options: &[&str]) -> Result<Vec<(String, String)>, usize> {
        let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        match lines(&options) {
            Ok(lines) => Ok(lines.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()),
            Err(Stop::Config(message)) => Err(message[16..17].parse().unwrap()),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn blanks_around_names_and_values_do_not_count() {
        assert_eq!(
            found(&["A: 1", " B :\t2 ", "C:", "D:a:b"]),
            Ok(pairs(&[("A", "1"), ("B", "2"), ("C", ""), ("D", "a:b")]))
        );
    }

    #[test]
    fn an_option_may_hold_several_lines() {
        assert_eq!(found(&["A: 1\nB: 2\r\n", "C: 3"]), Ok(pairs(&[("A", "1"), ("B", "2"), ("C", "3")])));
    }

    #[test]
    fn what_is_no_header_line_is_counted_and_not_shown() {
        for (options, number) in
            [(&[""][..], 1), (&["A: 1", "token"], 2), (&["A: 1", "B: 2", ": 3"], 3), (&["A: 1\n\nB: 2"], 1)]
        {
            assert_eq!(found(options), Err(number), "{options:?}");
        }
    }
}
