//! Header lines, from arguments, files and environment variables. A line may hold a token, which is a secret: no error shows
//! a value, and what holds one is wiped.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::error::CliError;
use crate::input::Input;
use crate::place_name;

/// The name, and the value without the blanks around it.
pub(crate) type Line = (String, Zeroizing<Vec<u8>>);

/// Far more than any request has; keeps a wrong file name from filling the memory.
const LIMIT: usize = 1 << 20;

/// The lines of `--header`. An option may hold several of them, such as all that `sign` prints.
pub(crate) fn of_options(options: &[String]) -> Result<Vec<Line>, CliError> {
    let mut found = Vec::new();
    for (i, option) in options.iter().enumerate() {
        let place = |_| format!("--header number {}", i + 1);
        found.extend(lines(option.as_bytes(), place)?);
    }
    Ok(found)
}

/// The lines of `--header-file`. An empty file holds none. The request line or status line on top of what a program has
/// recorded is passed over, and so are the pseudo-headers of HTTP/2 and HTTP/3 (`:method: POST`) that stand in its place.
pub(crate) fn of_files(paths: &[PathBuf]) -> Result<Vec<Line>, CliError> {
    let mut found = Vec::new();
    for path in paths {
        let (name, text) = read("--header-file", path)?;
        let (start, rest) = split_line(&text);
        let (mut first, mut text) = if is_start_line(start) { (2, rest) } else { (1, &text[..]) };
        while let (start, rest) = split_line(text)
            && is_pseudo_header(start)
        {
            (first, text) = (first + 1, rest);
        }
        if !text.trim_ascii().is_empty() {
            found.extend(lines(text, |line| format!("{name}:{}", first + line - 1))?);
        }
    }
    Ok(found)
}

/// The value of `--signature-file`. One newline at its end is left out, nothing else.
pub(crate) fn value_of_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, CliError> {
    let (_, mut text) = read("--signature-file", path)?;
    let kept = text.strip_suffix(b"\n").map(|rest| rest.strip_suffix(b"\r").unwrap_or(rest).len());
    text.truncate(kept.unwrap_or(usize::MAX));
    Ok(text)
}

/// The value of `--signature-env`.
pub(crate) fn value_of_env(name: &OsStr) -> Result<Zeroizing<Vec<u8>>, CliError> {
    let value = std::env::var_os(name).map(|value| Zeroizing::new(value.into_encoded_bytes()));
    value.ok_or_else(|| place_name::missing_variable("--signature-env", name, "the value of the header"))
}

fn read(option: &str, path: &Path) -> Result<(String, Zeroizing<Vec<u8>>), CliError> {
    place_name::check_file(option, path)?;
    let input = Input::open(path)?;
    let name = input.name.clone();
    Ok((name, Zeroizing::new(input.read_whole(LIMIT)?)))
}

/// The first line, with its newline, and the rest.
fn split_line(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(memchr::memchr(b'\n', text).map_or(text.len(), |newline| newline + 1))
}

/// Whether this is `:method: POST` or the like (RFC 9113, section 8.3), which stand in front of all header lines.
fn is_pseudo_header(line: &[u8]) -> bool {
    let name = without_curl_mark(line).strip_prefix(b":").and_then(|rest| rest.split(|byte| *byte == b':').next());
    name.is_some_and(|name| {
        ["method", "scheme", "authority", "path", "status", "protocol"]
            .iter()
            .any(|known| known.as_bytes() == name.trim_ascii())
    })
}

/// Splits lines `Name: value`. `place` says where the one with a number is.
fn lines(text: &[u8], place: impl Fn(usize) -> String) -> Result<Vec<Line>, CliError> {
    let end = text.iter().rposition(|byte| !b"\r\n".contains(byte)).map_or(0, |last| last + 1);
    let split = text[..end].split(|&byte| byte == b'\n').zip(1..);
    split
        .map(|(line, number)| {
            self::line(line).ok_or_else(|| {
                let hint = if is_start_line(line) { "; leave the line with method and URL out" } else { "" };
                CliError::Config(format!("{}: expected 'Name: value'{hint}", place(number)))
            })
        })
        .collect()
}

/// The line without what `curl --verbose` puts in front of it.
fn without_curl_mark(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"> ").or_else(|| line.strip_prefix(b"< ")).unwrap_or(line)
}

/// Whether this is `POST /hook HTTP/1.1` or `HTTP/2 200`, which stand above the header lines of a message.
fn is_start_line(line: &[u8]) -> bool {
    let is_version = |word: &[u8]| {
        let version = word.strip_prefix(b"HTTP/");
        version.is_some_and(|rest| !rest.is_empty() && rest.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'))
    };
    let words: Vec<&[u8]> = without_curl_mark(line).trim_ascii().split(|byte| *byte == b' ').collect();
    match words.as_slice() {
        [version, status, ..] if is_version(version) => status.len() == 3 && status.iter().all(u8::is_ascii_digit),
        [method, target, version] => {
            let is_method = str::from_utf8(method).is_ok_and(is_name);
            is_method && !target.is_empty() && is_version(version)
        }
        _ => false,
    }
}

fn line(line: &[u8]) -> Option<Line> {
    let line = without_curl_mark(line);
    let (name, value) = line.split_at_checked(memchr::memchr(b':', line)?)?;
    let name = str::from_utf8(name).ok()?.trim();
    let value = value.strip_prefix(b":")?;
    let start = value.iter().position(|byte| !b" \t\r".contains(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !b" \t\r".contains(byte)).map_or(start, |last| last + 1);
    is_name(name).then(|| (name.to_owned(), Zeroizing::new(value[start..end].to_vec())))
}

/// RFC 9110, section 5.6.2.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(options: &[&str]) -> Result<Vec<(String, String)>, String> {
        let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        match of_options(&options) {
            Ok(lines) => {
                let text = |value: Zeroizing<Vec<u8>>| String::from_utf8(value.to_vec()).unwrap();
                Ok(lines.into_iter().map(|(name, value)| (name, text(value))).collect())
            }
            Err(CliError::Config(message)) => Err(message),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn blanks_around_names_and_values_do_not_count() {
        assert_eq!(
            found(&["A: 1", " B :\t2 ", "C:", "D:a:b", "E: a b"]),
            Ok(pairs(&[("A", "1"), ("B", "2"), ("C", ""), ("D", "a:b"), ("E", "a b")]))
        );
    }

    #[test]
    fn lines_of_curl_are_understood() {
        assert_eq!(found(&["> A: 1", "< B: 2"]), Ok(pairs(&[("A", "1"), ("B", "2")])));
        assert_eq!(found(&["> A: 1\r\n> B: <2>"]), Ok(pairs(&[("A", "1"), ("B", "<2>")])));
        assert!(found(&["* Connected to example.com: 80"]).is_err());
        assert!(found(&["<A>: 1"]).is_err() && found(&["A\u{e9}: 1"]).is_err());
    }

    #[test]
    fn start_lines_of_messages_are_known() {
        for line in [
            "POST /hook HTTP/1.1\r\n",
            "> POST /hook?a=b HTTP/2",
            "M-SEARCH * HTTP/1.0",
            "HTTP/1.1 200 OK",
            "< HTTP/2 204",
        ] {
            assert!(is_start_line(line.as_bytes()), "{line}");
        }
        for line in
            ["", "A: b", "A: /x HTTP/1.1", "POST /hook", "POST /hook HTTP/", "HTTP/1.1", "HTTP/1.1 OK", "HTTP/1.1: 200"]
        {
            assert!(!is_start_line(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn pseudo_headers_are_known() {
        for line in [":method: POST\r\n", "> :path: /hook?a=b:c", ":status: 200", ":authority:", ":scheme : https\n"] {
            assert!(is_pseudo_header(line.as_bytes()), "{line}");
        }
        for line in ["", ":", "method: POST", ": POST", ":method POST", ":token: s", "::method: POST", "A: :method:"] {
            assert!(!is_pseudo_header(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn an_option_may_hold_several_lines() {
        assert_eq!(found(&["A: 1\nB: 2\r\n", "C: 3"]), Ok(pairs(&[("A", "1"), ("B", "2"), ("C", "3")])));
    }

    #[test]
    fn what_is_no_header_line_is_counted_and_not_shown() {
        for (options, number) in [
            (&[""][..], 1),
            (&["A: 1", "token"], 2),
            (&["A: 1", "B: 2", ": 3"], 3),
            (&["A: 1\n\nB: 2"], 1),
            (&["A B: 1"], 1),
        ] {
            assert_eq!(found(options), Err(format!("--header number {number}: expected 'Name: value'")), "{options:?}");
        }
    }
}
